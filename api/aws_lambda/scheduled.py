"""What the schedule's event makes the function do: key checks, then deliveries of notifications."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

# Seconds after which no check, and no delivery of those that follow, is started. A check may take
# 20 more and a delivery ten, and the function has 29.
_RUN_SECONDS = 7.0
# Seconds until deliveries begin although checks are still going on, because an API hangs.
_LONGEST_WAIT = 9.0

Run = Callable[[float], int]
"""Starts work for a number of seconds, and returns how much it did."""


def run_scheduled(checks: Run, deliveries: Run) -> dict[str, int]:
    """Run checks and deliveries. What the checks find is delivered in the same run."""
    with ThreadPoolExecutor(1) as threads:
        checking = threads.submit(checks, _RUN_SECONDS)
        wait([checking], _LONGEST_WAIT)
        delivered = deliveries(_RUN_SECONDS)
        return {"checks": checking.result(), "deliveries": delivered}
