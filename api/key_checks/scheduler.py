"""Makes scheduled key checks and reconciliations. A caller runs it periodically."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from time import monotonic
from typing import Protocol

from api.errors import Problem
from api.logs import log_event, log_failure
from api.schemas.reconciliation import ReconciliationView
from api.services.container import Checker
from api.storage.schedules import DueCheck, Schedules

_CONCURRENT_CHECKS = 4
_BATCH_SIZE = 200


class Reconciler(Protocol):
    """Compares what an API cost with its provider's own figures."""

    def run(self, username: str, api_name: str) -> ReconciliationView:
        """Read the provider's figures, compare and store them."""


class ScheduledChecks:
    """Makes the checks and reconciliations that are due. `clock` returns epoch seconds."""

    def __init__(
        self,
        schedules: Schedules,
        checker: Checker,
        reconciler: Reconciler,
        clock: Callable[[], float],
    ) -> None:
        self._schedules = schedules
        self._checker = checker
        self._reconciler = reconciler
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
        if due.api_name is not None:
            self._reconcile(due.username, due.api_name)
            return True
        try:
            result = self._checker.check(due.username, due.key_id)
        except Problem as problem:
            log_event("check_failed", level="warning", key_id=due.key_id, code=problem.code)
        except Exception:
            log_failure("check_failed")
        else:
            log_event("key_checked", key_id=due.key_id, outcome=result.outcome)
        return True

    def _reconcile(self, username: str, api_name: str) -> None:
        try:
            result = self._reconciler.run(username, api_name)
        except Problem as problem:
            log_event(
                "reconciliation_failed", level="warning", api_name=api_name, code=problem.code
            )
        except Exception:
            log_failure("reconciliation_failed")
        else:
            log_event("reconciled", api_name=api_name, state=result.state)
