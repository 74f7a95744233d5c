"""How messages name things, amounts and times. Nothing in them is a secret."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from api.logs import masked

_LONGEST_NAME = 60
# A longer word with many digits, or a long part with any, is rather a secret than a name.
_LONGEST_WORD = 20
_MANY_DIGITS = 5
_LONG_PART = 16
_CENT = 10_000_000
_DOLLAR = 100 * _CENT
# The year 9999: a wrong clock or a hostile upstream must not fail a scan.
_LAST = 253_402_300_799


def utc(at: float) -> str:
    """Return a time in epoch seconds, such as `2026-12-01 14:05 UTC`."""
    moment = datetime.fromtimestamp(min(max(at, 0), _LAST), UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def amount_text(nano: int) -> str:
    """Return an amount in dollars, such as `$12.50`: in cents, below a dollar more exactly."""
    cents, rest = divmod(nano, _CENT)
    if nano < _DOLLAR and rest:
        return f"${nano / _DOLLAR:.6f}"
    return f"${cents // 100:,}.{cents % 100:02d}"


def shown_name(text: str) -> str:
    """Return a name that a user gave, on one line, at most 60 characters, without secrets.

    Control characters and those that change the direction of text are left out.
    """
    visible = "".join(
        character if character.isprintable() else " " * character.isspace() for character in text
    )
    words = [_shown(word) for word in masked(visible).split()]
    line = " ".join(words)
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1].rstrip()}…"


def key_name(api_name: str, key_id: str, description: str = "") -> str:
    """Return how a message names a key, such as `openai key #a1b2c3 (research)`."""
    label = shown_name(description)
    return f"{api_name} key #{key_id[-6:]}" + (f" ({label})" if label else "")


def counted(number: int, unit: str) -> str:
    """Return a number of units, such as `1,200 requests`."""
    return f"{number:,} {unit}"


def _shown(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    parts = [part for part in re.split(r"[\W_]", word) if len(part) >= _LONG_PART]
    digits = _digits(word)
    return "***" if digits >= _MANY_DIGITS or any(map(_digits, parts)) else word


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
