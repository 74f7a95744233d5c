"""Conversion of parsed JSON and query parameters to typed values, with errors that name a field."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from api.errors import Problem
from api.schemas.fields import PATTERN_MESSAGES

# The wording of msgspec's errors, the only place where they name the field and the fault.
_FIELD_PATH = re.compile(r"at `\$((?:\.[A-Za-z_][A-Za-z0-9_]*|\[[^\]]*\])+)`$")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")
_MISSING_FIELD = re.compile(r"missing required field `([^`]*)`")
_PATTERN_MISMATCH = re.compile(r"Expected `[^`]*` matching regex ('.*'|\".*\")", re.DOTALL)


def convert(value: Any, kind: type, strict: bool = True) -> Any:
    """Return `value` as a `kind`. Raises Problem(invalid_field) that names the field.

    Without `strict`, text is converted to numbers and booleans, as query parameters need.
    """
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        text = str(error)
        detail = _pattern_message(text) or f"{text.partition(' - at `')[0][:300]}."
        raise Problem("invalid_field", detail, field=_field(text)[:200]) from error


def _field(text: str) -> str:
    """Return the path of the field that an error is about, or "body"."""
    path = _FIELD_PATH.search(text)
    names = [path[1].lstrip(".")] if path else []
    for pattern in (_UNKNOWN_FIELD, _MISSING_FIELD):
        named = pattern.search(text)
        if named:
            names.append(named[1])
    return ".".join(names) or "body"


def _pattern_message(text: str) -> str | None:
    """Return the description of the pattern that a text does not match, or None."""
    mismatch = _PATTERN_MISMATCH.match(text)
    if mismatch is None:
        return None
    messages = (
        words for pattern, words in PATTERN_MESSAGES.items() if repr(pattern) == mismatch[1]
    )
    return next(messages, "The text does not have the required form.")
