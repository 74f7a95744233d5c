"""A thread for work that needs the processor for long, with a short queue (S41)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import TypeVar

from gevent.threadpool import ThreadPool

from api.errors import Problem

Result = TypeVar("Result")

# Hashing a password takes 20 to 40 ms and 19 MiB, so the last one waits for about 0.3 s.
QUEUE = 8
RETRY_AFTER = 1
# Proxied calls come first (setpriority(2)).
_NICE = 10


class ProcessorPool:
    """Runs work in one thread of each process. See `api.processor_work.Processor`."""

    def __init__(self) -> None:
        self._threads = ThreadPool(1)
        self._accepted = 0
        # Start the thread now: later the process may not get one.
        self._threads.apply(_with_low_priority, (int,))

    def require_free(self) -> None:
        """Raise Problem(server_busy) if the queue is full."""
        if self._accepted >= QUEUE:
            raise Problem(
                "server_busy",
                "Too many sign-ins are in progress. Try again in a moment.",
                headers=(("Retry-After", str(RETRY_AFTER)),),
            )

    def run(self, work: Callable[[], Result]) -> Result:
        """Return the result of `work`. Raises Problem(server_busy), and what `work` raises."""
        self.require_free()
        self._accepted += 1
        try:
            result: Result = self._threads.apply(_with_low_priority, (work,))
            return result
        finally:
            self._accepted -= 1


def _with_low_priority(work: Callable[[], Result]) -> Result:
    if sys.platform == "linux":  # Elsewhere it would be that of the whole process.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    return work()
