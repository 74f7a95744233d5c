"""Secrets that cannot be logged or shown by accident."""

from __future__ import annotations

import msgspec


class Secret:
    """A secret text; only `reveal()` returns it.

    `str()`, `repr()`, formatting and JSON encoders get a mask.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text. Call it only where the secret is used."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")


class Credential(msgspec.Struct, frozen=True):
    """What a key sends: its secret, and the header fields with further secrets, by name."""

    secret: Secret
    extra_headers: tuple[tuple[str, Secret], ...] = ()


def hint(secret: str) -> str:
    """Return the last four characters of a secret, which may be shown; none of a short secret."""
    return "…" + secret[-4:] if len(secret) >= 8 else "…"
