"""Run a task periodically in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from api.logs import log_failure


class Periodic:
    """Calls `task` in a thread: after `first` seconds, then every `interval` seconds.

    A failure is logged, and the task is called again after the interval. Leaving the context does
    not wait for a running task, so the task must tolerate being interrupted.
    """

    def __init__(self, task: Callable[[], object], first: float, interval: float) -> None:
        self._task = task
        self._first = first
        self._interval = interval
        self._ended = threading.Event()

    def start(self) -> None:
        """Call the task until the process ends, unless the context is left."""
        threading.Thread(target=self._repeat, name="periodic", daemon=True).start()

    def __enter__(self) -> Periodic:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()

    def _repeat(self) -> None:
        pause = self._first
        while not self._ended.wait(pause):
            try:
                self._task()
            except Exception:
                if self._ended.is_set():
                    return
                log_failure("periodic_task_failed")
            pause = self._interval
