"""Decodes text repeatedly: each server of a chain may decode a path, query or form once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import unquote


def percent_decode(text: str) -> str:
    """Percent-decode a text of bytes, which is latin-1 as in WSGI."""
    return unquote(text, encoding="latin-1")


def decoded_forms(text: str, decode: Callable[[str], str], most: int = 4) -> Iterator[str]:
    """Yield a text, then what it is after each decoding, until nothing changes or `most` times."""
    yield text
    for _ in range(most):
        decoded = decode(text)
        if decoded == text:
            return
        text = decoded
        yield text
