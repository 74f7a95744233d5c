"""Usernames: their canonical form, and the skeleton that look-alikes share (S21)."""

from __future__ import annotations

import re
import unicodedata

_ALLOWED = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "m": "rn"})

RULE = (
    "A username has 1 to 64 characters: letters a to z and digits, with '.', '_' or '-' between "
    "them. Choose a username of this form."
)


def canonical(text: str) -> str | None:
    """Return the canonical form of a username (NFKC, lower case), or None if it is not allowed.

    Only ASCII characters are allowed, so a look-alike from another script cannot be registered.
    """
    if len(text) > 256:
        return None
    name = unicodedata.normalize("NFKC", text).casefold()
    return name if _ALLOWED.fullmatch(name) else None


def skeleton(name: str) -> str:
    """Return the skeleton of a canonical username; usernames that look alike have the same one.

    0 looks like o, 1 like l, and m like rn (after Unicode TR 39). Only one username of a skeleton
    can be registered.
    """
    return name.translate(_LOOK_ALIKES)
