"""The documentation page, rendered from the OpenAPI document, and its style sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.docs_page.reading import areas, problems, prose, records

_FOLDER = Path(__file__).resolve().parent


def render(document: dict[str, Any]) -> str:
    """The whole page, as HTML without scripts."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    return environment.get_template("docs.html").render(
        info=document["info"],
        areas=areas(document),
        records=records(document),
        problems=problems(),
        schemes=document["components"]["securitySchemes"],
        headers=document["components"]["headers"],
    )


def style() -> str:
    """The page's style sheet."""
    return (_FOLDER / "docs.css").read_text(encoding="utf-8")
