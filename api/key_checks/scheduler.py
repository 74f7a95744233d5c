"""Makes scheduled key checks. A caller runs it periodically."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from time import monotonic

from api.errors import Problem
from api.logs import log_event, log_failure
from api.services.container import Checker
from api.storage.schedules import DueCheck, Schedules

_CONCURRENT_CHECKS = 4
_BATCH_SIZE = 200


class ScheduledChecks:
    """Makes the checks that are due. `clock` returns epoch seconds."""

    def __init__(self, schedules: Schedules, checker: Checker, clock: Callable[[], float]) -> None:
        self._schedules = schedules
        self._checker = checker
        self._clock = clock

    def run(self, seconds: float = inf) -> int:
        """Make every check that is due, and return their number.

        Only one process makes each check. If several runs of a check were missed, it is made once.
        After `seconds`, no further check is started; the remaining ones are due at the next call.
        """
        end = monotonic() + seconds
        total = 0
        while due := self._schedules.due(int(self._clock()), _BATCH_SIZE):
            with ThreadPoolExecutor(_CONCURRENT_CHECKS) as threads:
                done = sum(threads.map(lambda check: self._check(check, end), due))
            total += done
            if len(due) < _BATCH_SIZE or not done:
                break
        return total

    def _check(self, due: DueCheck, end: float) -> bool:
        if monotonic() >= end or not self._schedules.claim(due, int(self._clock())):
            return False
        try:
            result = self._checker.check(due.username, due.key_id)
        except Problem as problem:
            log_event("check_failed", level="warning", key_id=due.key_id, code=problem.code)
        except Exception:
            log_failure("check_failed")
        else:
            log_event("key_checked", key_id=due.key_id, outcome=result.outcome)
        return True
