"""The text of one key's quota in the rate-limit item of its API.

The item has one slot for each of the at most six keys in the pool item. To cost one write unit
(1 kB) with all its counters, the slots share the bytes that the counters leave. If they do not
fit, the windows with the largest remaining share are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.quota.windows import QuotaWindow

SLOTS = 6
"""The number of slots, one for each inline key."""

_WRITE_UNIT = 1024
# Names and values of every counter (up to a million), of eight uses of tokens (token_uses.py), of
# the primary window, and of the hour.
_OTHER_BYTES = 580
_SLOT_NAME_BYTES = 3
_MAX_BYTES = 400
# Name, limit, remaining and reset.
_ESSENTIAL_FIELDS = 4

_Row = list[str | float | int | None]
_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(tuple[str, int, list[_Row]])


class KeyQuota(msgspec.Struct, frozen=True):
    """The quota of one key as the upstream last reported it.

    `short_id` is the short form of the key's id, `seen_at` is in epoch seconds.
    """

    short_id: str
    seen_at: int
    windows: tuple[QuotaWindow, ...]


def short_id(key_id: str) -> str:
    """Return the first characters of a key's random part. They are unique in its pool."""
    return key_id.rpartition(".")[2][:8]


def encode_quota(
    username: str, api_name: str, key_id: str, windows: Sequence[QuotaWindow], slots: int, now: int
) -> str:
    """Return the text for a key's slot in an item with `slots` slots, reported at `now`.

    If the text is too long, the windows with the largest remaining share are dropped first, then
    the optional fields of the last window, then that window.
    """
    rows = [_to_row(window) for window in windows]
    available_bytes = _slot_bytes(username, api_name, slots)
    while True:
        text = _encode((short_id(key_id), now, rows))
        if len(text) <= available_bytes or not rows:
            return text.decode()
        if len(rows) == 1 and len(rows[0]) > _ESSENTIAL_FIELDS:
            rows[0] = rows[0][:_ESSENTIAL_FIELDS]
        else:
            rows.remove(max(rows, key=_share_left))


def decode_quota(text: str) -> KeyQuota:
    """Return the quota of a slot's text."""
    key, seen_at, rows = _decoder.decode(text)
    return KeyQuota(key, seen_at, tuple(msgspec.convert(row, _WindowRow).window() for row in rows))


class _WindowRow(msgspec.Struct, frozen=True, array_like=True):
    """The fields of a window in the order in which they are stored."""

    name: str
    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None
    consumption_rate: float | None = None
    length: int | None = None
    stated_unit: str | None = None

    def window(self) -> QuotaWindow:
        return QuotaWindow(
            self.name,
            self.limit,
            self.remaining,
            self.reset_at,
            self.length,
            self.stated_unit,
            self.consumption_rate,
        )


def _to_row(window: QuotaWindow) -> _Row:
    """Return the fields in the stored order, without None at the end."""
    row: _Row = [
        window.name,
        window.limit,
        window.remaining,
        window.reset_at,
        window.consumption_rate,
        window.window,
        window.stated_unit,
    ]
    while row[-1] is None:
        row.pop()
    return row


def _slot_bytes(username: str, api_name: str, slots: int) -> int:
    keys = len(f"USER#{username}") + len(f"RATELIMIT#{api_name}")
    return min(_MAX_BYTES, (_WRITE_UNIT - _OTHER_BYTES - keys) // max(1, slots) - _SLOT_NAME_BYTES)


def _share_left(row: _Row) -> float:
    _, limit, remaining, *_ = (*row, None, None)
    if not isinstance(limit, int) or not isinstance(remaining, int):
        return 2.0  # a window without both numbers is the least useful
    return remaining / limit if limit else 1.0
