"""Limits and their windows: how many requests count, in which window, and when it resets."""

from __future__ import annotations

import math

import msgspec


class LimitRule(msgspec.Struct, frozen=True):
    """A limit of `limit` requests in each window of `window` seconds, counted from `window_start`.

    `scope` names what is limited: `api:…` for a policy, `token:{token_id}` for a token's own limit.
    `extra_counters` are other counters that a request increments, each with its upper bound.
    """

    scope: str
    limit: int
    window: int
    window_start: float
    extra_counters: tuple[tuple[str, int], ...] = ()

    @property
    def effective_limit(self) -> int:
        """The number of requests that this caller can make in one window."""
        return max(0, min([self.limit, *(bound for _, bound in self.extra_counters)]))

    def same_window(self, other: LimitRule) -> bool:
        """Return whether both rules count in the same windows."""
        return (self.scope, self.window, self.window_start) == (
            other.scope,
            other.window,
            other.window_start,
        )

    def number(self, now: float) -> int:
        """Return the number of the window that contains `now` (epoch seconds), counted from 0."""
        return max(0, math.floor((now - self.window_start) / self.window))

    def reset_at(self, now: float) -> float:
        """Return when the current window ends, in epoch seconds."""
        return self.window_start + (self.number(now) + 1) * self.window

    def remaining(self, counters: dict[str, int]) -> int:
        """Return how many requests remain if the window's counters have these values."""
        bounds = (("used", self.limit), *self.extra_counters)
        return max(0, min(bound - counters.get(name, 0) for name, bound in bounds))
