"""The status of a limit after a call was counted in it."""

from __future__ import annotations

import msgspec


class LimitStatus(msgspec.Struct, frozen=True):
    """A limit after the call was counted: `success` tells whether the call is within it.

    `limit` is the most that this caller may use in the window, `remaining` what is left of it until
    `reset_at` (epoch seconds).
    """

    name: str
    limit: int
    window: int
    remaining: int
    reset_at: float
    success: bool
