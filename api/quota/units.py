"""The unit that a quota window counts, derived from the window's name."""

import re
from functools import lru_cache

REQUESTS = "requests"
"""The default unit, also in the IETF header fields."""

_UNITS_BY_NAME_PART = {
    "tokens": "tokens",
    "complexity": "complexity",
    "query-time": "milliseconds",
    "byte": "bytes",
    "cost": "cost",
    "point": "points",
    "credit": "credits",
    "character": "characters",
    "concurren": "concurrent-requests",
}
# A token may also be a credential, as in `api-token`, or be part of an algorithm's name.
_COUNTED_TOKEN = (
    r"(?<!api[-_])(?<!access[-_])(?<!auth[-_])(?<!user[-_])(?<!per[-_])token(?![-_]bucket)"
)


@lru_cache(maxsize=256)
def unit_of(name: str) -> str:
    """Return the unit that a window of this name counts."""
    lower = name.lower()
    counted = lower.replace("endpoint", "")
    for part, unit in _UNITS_BY_NAME_PART.items():
        if part in counted:
            return unit
    return "tokens" if "token" in lower and re.search(_COUNTED_TOKEN, lower) else REQUESTS
