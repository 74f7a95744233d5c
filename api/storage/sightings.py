"""What an upstream last said of one key's limits, as text short enough for the rate-limit item.

The item of an API has a place for each of the (at most six) keys of its pool item. It costs one
write unit (1 kB) with all its counters, so the places share what those leave; the windows that
matter least are left out where they do not fit.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

SLOTS = 6
"""As many as a pool item has keys."""

_WRITE_UNIT = 1024
# Names and values of every counter (up to a million), of eight tokens with the times of their use,
# of what was last observed, and of the hour; and 3 bytes for the name of each place.
_OTHER_BYTES = 572
_PLACE_BYTES = 3
_MOST = 400
_ESSENTIAL = 4


REQUESTS = "requests"
_UNITS = {
    "token": "tokens",
    "complexity": "complexity",
    "byte": "bytes",
    "cost": "cost",
    "point": "points",
    "credit": "credits",
    "character": "characters",
    "concurren": "concurrent-requests",
}
"""What a window counts, by what its name holds."""


class SeenWindow(msgspec.Struct, frozen=True, array_like=True):
    """One quota as it was seen. `reset_at` in epoch seconds, `pace` in units a second, `window` in
    seconds; `said_unit` is the unit where the API named one.
    """

    name: str
    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None
    pace: float | None = None
    window: int | None = None
    said_unit: str | None = None

    @property
    def unit(self) -> str:
        """What is counted: `requests` unless the API or the window's name says otherwise."""
        return self.said_unit or unit_of(self.name)


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """What was seen of a key (`key`: the `short` form of its id) at epoch second `at`."""

    key: str
    at: int
    windows: tuple[SeenWindow, ...]


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(tuple[str, int, list[list[str | float | int | None]]])


@lru_cache(maxsize=256)
def unit_of(name: str) -> str:
    """What a window of that name counts."""
    lower = name.lower()
    return next((unit for part, unit in _UNITS.items() if part in lower), REQUESTS)


def short(key_id: str) -> str:
    """The beginning of a key's random part, which tells it from the others of its pool."""
    return key_id.rpartition(".")[2][:8]


def room(username: str, api_name: str, places: int) -> int:
    """The bytes that each of so many places may take."""
    names = len(f"USER#{username}") + len(f"RATELIMIT#{api_name}")
    return min(_MOST, (_WRITE_UNIT - _OTHER_BYTES - names) // max(1, places) - _PLACE_BYTES)


def encode(sighting: Sighting, most: int) -> str:
    """The text of a sighting in at most that many bytes: if need be the windows with most left are
    left out, and of the last one what is more than limit, remaining and reset.
    """
    rows = [_trimmed(window) for window in sighting.windows]
    while True:
        text = _encode((sighting.key, sighting.at, rows))
        if len(text) <= most or not rows:
            return text.decode()
        if len(rows) == 1 and len(rows[0]) > _ESSENTIAL:
            rows[0] = rows[0][:_ESSENTIAL]
        else:
            rows.remove(max(rows, key=_share_left))


def _share_left(row: list[str | float | int | None]) -> float:
    _, limit, remaining, *_ = (*row, None, None)
    if not isinstance(limit, int) or not isinstance(remaining, int):
        return 2.0  # nothing is lost with one that says so little
    return remaining / limit if limit else 1.0


def decode(text: str) -> Sighting:
    """The sighting of a text."""
    key, at, rows = _decoder.decode(text)
    return Sighting(key, at, tuple(msgspec.convert(row, SeenWindow) for row in rows))


def _trimmed(window: SeenWindow) -> list[str | float | int | None]:
    row = list(msgspec.structs.astuple(window))
    while row and row[-1] is None:
        row.pop()
    return row
