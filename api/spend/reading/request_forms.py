"""The fields of a form that concern its cost: `model` and `stream`."""

from __future__ import annotations

from urllib.parse import parse_qs

from api.lazy_pattern import lazy_pattern

_FIELDS = ("model", "stream")
_LONGEST = 300
# A form's fields that are no files are short; files come before or behind them.
_PART = (
    rb'name="?%b"?[ \t]*\r?\n(?:[A-Za-z-]{1,40}:[^\r\n]{0,200}\r?\n){0,4}\r?\n([^\r\n]{1,%d})\r?\n'
)
_PATTERNS = {name: lazy_pattern(_PART % (name.encode(), _LONGEST)) for name in _FIELDS}
_LARGEST_URLENCODED = 1 << 16


def read_form(media_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a form, which may be cut off. Any other body has none."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        found = {name: pattern.search(body) for name, pattern in _PATTERNS.items()}
        return {name: match[1].decode("utf-8", "replace") for name, match in found.items() if match}
    if kind == "application/x-www-form-urlencoded" and len(body) <= _LARGEST_URLENCODED:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=None)
        return {name: fields[name][-1][:_LONGEST] for name in _FIELDS if name in fields}
    return {}
