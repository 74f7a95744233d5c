"""Rate-limit policies: the limit that a user sets for an API, with its reservations."""

from __future__ import annotations

import msgspec

from api.limits.reservations import Reservation, active, extra_counters
from api.limits.rules import LimitRule


class Policy(msgspec.Struct, frozen=True):
    """A limit of `limit` requests in each window of `window` seconds.

    Windows are counted from `window_start` (epoch seconds). `revision` counts changes, for
    conditional writes.
    """

    limit: int
    window: int
    window_start: float
    reservations: tuple[Reservation, ...] = ()
    revision: int = 1

    def rule(self, api_name: str, token_id: str | None = None, now: float = 0.0) -> LimitRule:
        """Return the rule for a token's requests, or for callers without a reservation if None."""
        return LimitRule(
            f"api:{api_name}:{self.limit}:{self.window}",
            self.limit,
            self.window,
            self.window_start,
            extra_counters(self.reservations, self.limit, token_id, now)
            if self.reservations
            else (),
        )

    def reserved(self, now: float, except_for: str | None = None) -> int:
        """Return how many requests are reserved for tokens other than `except_for`."""
        return sum(
            reservation.requests(self.limit)
            for reservation in active(self.reservations, now)
            if reservation.token_id != except_for
        )

    def reservation(self, token_id: str) -> Reservation | None:
        """Return a token's reservation, None when it has none."""
        return next((item for item in self.reservations if item.token_id == token_id), None)
