"""The text in which a log entry stores the units of a call: `input:12,output:34,requests=1`.

A name that ends with `_tokens` is stored without that, and with a colon.
"""

from __future__ import annotations

from collections.abc import Mapping

MAX_UNITS = 96
"""The longest text. Units beyond it are left out."""

_TOKENS = "_tokens"


def encode_units(units: Mapping[str, int]) -> str:
    """Return units as text, in their order."""
    parts: list[str] = []
    left = MAX_UNITS
    for name, count in units.items():
        short = name.removesuffix(_TOKENS)
        part = f"{short}={count}" if short == name else f"{short}:{count}"
        if not part.isascii() or len(part) + 1 > left:
            continue
        left -= len(part) + 1
        parts.append(part)
    return ",".join(parts)


def decode_units(text: str) -> dict[str, int]:
    """Return the units that a text has."""
    units = {}
    for part in text.split(",") if text else ():
        short, colon, count = part.partition(":")
        if colon:
            units[short + _TOKENS] = int(count)
        else:
            name, _, count = part.partition("=")
            units[name] = int(count)
    return units
