"""Reservations: the part of a policy's limit that is reserved for one token.

A reservation of r requests guarantees that all other callers together use at most `limit - r`
requests as long as the token has not used its r. With several reservations this must hold for every
set S of them. A request of a token outside S is allowed when

    (requests of all callers except the tokens of S)  <  limit - (sum of the reservations of S)

A window therefore keeps one counter for each set. A request adds 1 to the counters of all sets that
do not contain its token, on condition that each counter is below its bound. This is one conditional
update of one item, in whatever order requests arrive. `used` is the counter of the empty set.
Requests beyond a token's reservation count against the bounds of the other sets as usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import msgspec

MAX_RESERVATIONS = 5
"""The largest number of reservations of one API. A window has up to 2 ** MAX_RESERVATIONS
counters.
"""

_MILLION = 1_000_000


class Reservation(msgspec.Struct, frozen=True, array_like=True):
    """`amount` requests in each window, or `share` millionths of the limit, reserved for a token.

    `slot` (0 to 4) identifies the reservation in counter names. The reservation ends with its token
    at `expires_at` (epoch seconds; None means never).
    """

    token_id: str
    slot: int
    amount: int | None
    share: int | None
    expires_at: int | None = None

    def requests(self, limit: int) -> int:
        """Return how many of `limit` requests are reserved, rounded down."""
        if self.amount is not None:
            return self.amount
        return limit * (self.share or 0) // _MILLION

    def is_active(self, now: float) -> bool:
        """Return whether the token has not expired."""
        return self.expires_at is None or self.expires_at > now


def active(reservations: Sequence[Reservation], now: float) -> tuple[Reservation, ...]:
    """Return the reservations whose token has not expired."""
    return tuple(item for item in reservations if item.is_active(now))


def extra_counters(
    reservations: Sequence[Reservation], limit: int, token_id: str | None, now: float
) -> tuple[tuple[str, int], ...]:
    """Return the counters besides `used` for a caller's request, each with its bound."""
    return _extra_counters(active(reservations, now), limit, token_id)


def requests_of_token(reservation: Reservation, counters: dict[str, int]) -> int:
    """Return how many requests of a window the token has made since it got the reservation."""
    return counters.get("used", 0) - counters.get(_counter((reservation,)), 0)


def initial_counters(
    added: Reservation, reservations: Sequence[Reservation]
) -> list[tuple[str, str]]:
    """Return the counters that a new reservation adds to the current window.

    Each comes with the counter whose value it starts with, because the token has made no request
    under the reservation yet.
    """
    return [
        (_counter((*chosen, added)), _counter(chosen) if chosen else "used")
        for chosen in _subsets([other for other in reservations if other.slot != added.slot])
    ]


def free_slot(reservations: Sequence[Reservation]) -> int | None:
    """Return the lowest unused slot, or None if all are in use."""
    used = {reservation.slot for reservation in reservations}
    return next((slot for slot in range(MAX_RESERVATIONS) if slot not in used), None)


@lru_cache(maxsize=1024)
def _extra_counters(
    reservations: tuple[Reservation, ...], limit: int, token_id: str | None
) -> tuple[tuple[str, int], ...]:
    others = [other for other in reservations if other.token_id != token_id]
    return tuple(
        (_counter(chosen), limit - sum(other.requests(limit) for other in chosen))
        for chosen in _subsets(others)
        if chosen
    )


def _subsets(reservations: Sequence[Reservation]) -> list[tuple[Reservation, ...]]:
    return [
        chosen
        for size in range(len(reservations) + 1)
        for chosen in combinations(reservations, size)
    ]


def _counter(chosen: Sequence[Reservation]) -> str:
    """Return the name of a set's counter: `m` and the sum of 2 ** slot over its reservations."""
    return f"m{sum(1 << reservation.slot for reservation in chosen)}"
