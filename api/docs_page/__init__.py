"""The documentation page, rendered from the OpenAPI document, and its style sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.docs_page.document import find_areas, find_models, list_problems
from api.docs_page.text import paragraphs

_FOLDER = Path(__file__).resolve().parent
# In this order: the rules for narrow windows, in the last file, override the others.
_STYLES = ("layout.css", "content.css")


def render(document: dict[str, Any]) -> str:
    """Return the page as HTML without scripts."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["paragraphs"] = paragraphs
    return environment.get_template("docs.html").render(
        info=document["info"],
        areas=find_areas(document),
        models=find_models(document),
        problems=list_problems(),
        schemes=document["components"]["securitySchemes"],
        headers=document["components"]["headers"],
    )


def style() -> str:
    """Return the page's style sheet."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _STYLES)
