"""A secret that cannot be logged or shown by accident: every rendering of it is masked."""

from __future__ import annotations


class Secret:
    """Holds a secret text; `reveal()` is the only way to read it.

    `str()`, `repr()`, formatting and JSON encoders never see the text (habit 7 of the house style).
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The clear text. Call it where the secret is used, not where it is passed on."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never pickled")


def hint(secret: str) -> str:
    """The masked hint a listing may show: the last four characters, of very short secrets none."""
    return "…" + secret[-4:] if len(secret) >= 8 else "…"
