"""Times as people read them."""

from __future__ import annotations

import time

from api.cli.durations import format_duration


def ago(moment: float | None, now: float | None = None) -> str:
    """Return how long ago a time in epoch seconds was, such as `3h ago`, or `never`."""
    if moment is None:
        return "never"
    return f"{_largest((time.time() if now is None else now) - moment)} ago"


def until(moment: float | None, now: float | None = None) -> str:
    """Return how long it is until a time in epoch seconds, such as `in 12h`, or `-`."""
    if moment is None:
        return "-"
    seconds = moment - (time.time() if now is None else now)
    return f"in {format_duration(seconds)}" if seconds > 0 else "now"


def _largest(seconds: float) -> str:
    return format_duration(seconds).split()[0]
