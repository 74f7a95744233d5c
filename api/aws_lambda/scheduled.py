"""What the schedule's event makes the function do: key checks, then notifications.

A scan looks for what users are to be notified of; then what is due is delivered.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

# Seconds after which no check, and no delivery of those that follow, is started. A check may take
# 20 more and a delivery ten, and the function has 29.
_RUN_SECONDS = 7.0
# Seconds until the scan begins although checks are still going on, because an API hangs.
_LONGEST_WAIT = 8.0
# Seconds after which no account is scanned.
_SCAN_SECONDS = 4.0

Run = Callable[[float], int]
"""Starts work for a number of seconds, and returns how much it did."""


def run_scheduled(checks: Run | None, scan: Run, deliveries: Run) -> dict[str, int]:
    """Run all three. What the checks and the scan find is delivered in the same run.

    `checks` is None if keys are not checked on a schedule.
    """
    if checks is None:
        return {"notifications": scan(_RUN_SECONDS), "deliveries": deliveries(_RUN_SECONDS)}
    with ThreadPoolExecutor(1) as threads:
        checking = threads.submit(checks, _RUN_SECONDS)
        wait([checking], _LONGEST_WAIT)
        queued = scan(_SCAN_SECONDS)
        delivered = deliveries(_RUN_SECONDS)
        return {"checks": checking.result(), "notifications": queued, "deliveries": delivered}
