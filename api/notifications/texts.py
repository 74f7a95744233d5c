"""Clean the texts of notifications, which can contain names that somebody else chose (S51).

What looks like a credential is masked, in case somebody pasted one into a name.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Mapping

from api.logs import masked

MAX_TITLE = 200
"""Characters of a title."""
MAX_TEXT = 1500
"""Characters of a text. Discord's messages have at most 2,000, and escaping makes texts longer."""
MAX_NAME = 60
"""Characters of a name in a text."""

# Controls, formats (also those that reverse the direction of text), unassigned and private
# characters, surrogates, and the separators of lines and paragraphs.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EVENT_WORDS = {
    "quota": "quotas",
    "budget": "budgets",
    "key": "keys",
    "token": "tokens",
    "sign_in": "sign-ins",
    "backup": "backups",
    "target": "notification targets",
}


def clean_title(text: str) -> str:
    """Return a title: one line of visible characters, at most MAX_TITLE."""
    return _shortened(_visible(text, ""), MAX_TITLE)


def clean_text(text: str) -> str:
    """Return a text: lines of visible characters, at most MAX_TEXT in all."""
    return _shortened(_visible(text, "\n"), MAX_TEXT)


def named(name: str) -> str:
    """Return a name that somebody chose, in one line and in quotes, for use in a text."""
    return f"“{_shortened(_visible(name, ''), MAX_NAME)}”"


def counted_text(counted: Mapping[str, int], hour: int) -> tuple[str, str]:
    """Return title and text about notifications of an hour (epoch seconds) that were counted."""
    total = sum(counted.values())
    parts = ", ".join(
        f"{number} about {_EVENT_WORDS.get(event, 'other events')}"
        for event, number in sorted(counted.items())
    )
    start, end = (time.strftime("%H:%M", time.gmtime(at)) for at in (hour, hour + 3600))
    noun = "notification" if total == 1 else "notifications"
    return (
        f"{total} more {noun}",
        f"From {start} to {end} UTC there were too many notifications to send one by one: "
        f"{total} more ({parts}).",
    )


def _visible(text: str, kept: str) -> str:
    characters = [
        character if character in kept or unicodedata.category(character) not in _UNWANTED else " "
        for character in text
    ]
    lines = [re.sub(r"\s+", " ", line).strip() for line in "".join(characters).split("\n")]
    return masked("\n".join(lines).strip())


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
