"""Usernames: one canonical form, and the skeleton under which look-alikes meet (S21)."""

from __future__ import annotations

import re
import unicodedata

_ALLOWED = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "m": "rn"})

RULE = (
    "A username has 1 to 64 characters: letters a to z, digits, and '.', '_' or '-' between them."
)


def canonical(text: str) -> str | None:
    """The canonical form (NFKC, lower case) or None when the name cannot be one.

    The positive list is ASCII, so no look-alike from another script can be registered at all.
    """
    if len(text) > 256:
        return None
    name = unicodedata.normalize("NFKC", text).casefold()
    return name if _ALLOWED.fullmatch(name) else None


def skeleton(name: str) -> str:
    """Names that look the same share one skeleton (after Unicode TR 39, for our ASCII list).

    Digit zero looks like o, digit one like l and m like rn; only one name of a skeleton can be
    registered.
    """
    return name.translate(_LOOK_ALIKES)
