"""Texts of the OpenAPI document as HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")


def paragraphs(text: str) -> Markup:
    """Return the text as paragraphs, with code where it has backticks."""
    parts = [inline(part) for part in text.split("\n\n")]
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts)


def inline(text: str) -> Markup:
    """Return the text with code where it has backticks."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
