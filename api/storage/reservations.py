"""Reservations: what a token is sure to get of a policy's limit, exact under any number of calls.

A reservation of r requests says: all others together never use more than the limit less r, as long
as the token has not used its r. With several reservations that must hold for every set S of them:

    (requests of all but the tokens of S)  <  limit - (sum of the reservations of S)

for a request of a token outside S. So a window keeps one counter for each set, and a request of a
caller adds one to the counters of all sets that the caller is not in, on condition that each stays
below its bound. That is one conditional update of one item, whatever the order of calls; `used` is
the counter of the empty set. What a token takes beyond its reservation comes from the rest, since
its requests then count against the bounds of everybody else's sets like any others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import msgspec

MOST_RESERVATIONS = 5
"""Of one API; there are 2 to that power counters."""

_MILLION = 1_000_000


class Reservation(msgspec.Struct, frozen=True, array_like=True):
    """`amount` requests in each window, or `share` millionths of the limit, for a token.

    `slot` (0 to 4) is its place in the names of the counters. It ends with the token at
    `expires_at` (epoch seconds; None: never).
    """

    token_id: str
    slot: int
    amount: int | None
    share: int | None
    expires_at: int | None = None

    def of(self, limit: int) -> int:
        """The number of requests out of a limit, rounded down."""
        if self.amount is not None:
            return self.amount
        return limit * (self.share or 0) // _MILLION

    def holds(self, now: float) -> bool:
        """Whether the token can still use it."""
        return self.expires_at is None or self.expires_at > now


def live(reservations: Sequence[Reservation], now: float) -> tuple[Reservation, ...]:
    """Those whose token has not expired."""
    return tuple(one for one in reservations if one.holds(now))


def bounds(
    reservations: Sequence[Reservation], limit: int, token_id: str | None, now: float
) -> tuple[tuple[str, int], ...]:
    """The counters that a caller's request counts in beside `used`, each with its bound."""
    return _bounds(live(reservations, now), limit, token_id)


def used_by(reservation: Reservation, counters: dict[str, int]) -> int:
    """How many requests of a window were the token's, since it has the reservation."""
    return counters.get("used", 0) - counters.get(_name((reservation,)), 0)


def begun(added: Reservation, others: Sequence[Reservation]) -> list[tuple[str, str]]:
    """The counters that a new reservation needs in a window that has begun, each with the one
    whose value it begins with: nothing was the token's so far.
    """
    return [
        (_name((*chosen, added)), _name(chosen) if chosen else "used")
        for chosen in _subsets([other for other in others if other.slot != added.slot])
    ]


def free_slot(reservations: Sequence[Reservation]) -> int | None:
    """A slot that none of them has."""
    taken = {one.slot for one in reservations}
    return next((slot for slot in range(MOST_RESERVATIONS) if slot not in taken), None)


@lru_cache(maxsize=1024)
def _bounds(
    reservations: tuple[Reservation, ...], limit: int, token_id: str | None
) -> tuple[tuple[str, int], ...]:
    others = [one for one in reservations if one.token_id != token_id]
    return tuple(
        (_name(chosen), limit - sum(one.of(limit) for one in chosen))
        for chosen in _subsets(others)
        if chosen
    )


def _subsets(reservations: Sequence[Reservation]) -> list[tuple[Reservation, ...]]:
    return [
        chosen
        for size in range(len(reservations) + 1)
        for chosen in combinations(reservations, size)
    ]


def _name(chosen: Sequence[Reservation]) -> str:
    """The counter of a set: `m` and the sum of 2 to the power of each slot."""
    return f"m{sum(1 << one.slot for one in chosen)}"
