"""The unit that a quota window counts, derived from the window's name."""

from functools import lru_cache

REQUESTS = "requests"
"""The default unit, also in the IETF header fields."""

_UNITS_BY_NAME_PART = {
    "token": "tokens",
    "complexity": "complexity",
    "byte": "bytes",
    "cost": "cost",
    "point": "points",
    "credit": "credits",
    "character": "characters",
    "concurren": "concurrent-requests",
}


@lru_cache(maxsize=256)
def unit_of(name: str) -> str:
    """Return the unit that a window of this name counts."""
    lower = name.lower()
    return next((unit for part, unit in _UNITS_BY_NAME_PART.items() if part in lower), REQUESTS)
