"""The status of a limit after a call was counted in it."""

from __future__ import annotations

import msgspec


class LimitStatus(msgspec.Struct, frozen=True):
    """A limit after the call was counted. `success` is true if the call is within the limit.

    `limit` is the number of requests that this caller may make in the window, and `remaining` the
    number that remains until `reset_at` (epoch seconds). A budget counts in another `unit`. One for
    all time has the window 0 and an infinite `reset_at`.
    """

    name: str
    limit: int
    window: int
    remaining: int
    reset_at: float
    success: bool
    unit: str = "requests"
