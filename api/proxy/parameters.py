"""Names of query parameters and form fields, compared as the most lenient servers do."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote_plus

from api.proxy.decoding import decoded_forms


def decode_pair(text: str) -> str:
    """Decode form text up to four times, because each server of a chain may decode it once."""
    if "%" not in text and "+" not in text:
        return text
    *_, decoded = decoded_forms(text, unquote_plus)
    return decoded


def folded(name: str) -> str:
    """Return a name without case. PHP turns dots and spaces into `_`."""
    return re.sub(r"[. ]", "_", name.partition("\0")[0].strip().casefold())


def is_among(name: str, names: Collection[str]) -> bool:
    """Return whether a folded name, or what it is an element of (`name[]`), is among `names`."""
    return name in names or name.partition("[")[0] in names
