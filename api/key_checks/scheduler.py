"""Checks of keys on the schedules that their users chose, whenever somebody says to look."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from time import monotonic

from api.errors import Problem
from api.logs import log_event, log_failure
from api.services.container import Checker
from api.storage.schedules import DueCheck, Schedules

_AT_ONCE = 4
_MOST = 200


class ScheduledChecks:
    """Makes the checks that are due. `clock` gives epoch seconds."""

    def __init__(self, schedules: Schedules, checker: Checker, clock: Callable[[], float]) -> None:
        self._schedules = schedules
        self._checker = checker
        self._clock = clock

    def run(self, seconds: float = inf) -> int:
        """Make every check that is due, each by one process only; how many there were.

        A check that was missed while nothing ran is made once, not as often as it was missed.
        After so many `seconds` none is begun any more: what is left is due the next time.
        """
        end = monotonic() + seconds
        made = 0
        while due := self._schedules.due(int(self._clock()), _MOST):
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                done = sum(threads.map(lambda one: self._check(one, end), due))
            made += done
            if len(due) < _MOST or not done:
                break
        return made

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
