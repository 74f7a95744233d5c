"""Run work that needs the processor for long, such as hashing a password (S41).

By default it runs in the calling thread. The server of one machine gives it a thread of its own
(api/local/server/processor_pool.py), so that other calls go on, and refuses more than a few at a
time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Processor(Protocol):
    """How this process runs such work."""

    def require_free(self) -> None:
        """Raise Problem(server_busy) if `run` would."""
        ...

    def run(self, work: Callable[[], Result]) -> Result:
        """Return the result of `work`. Raises Problem(server_busy), and what `work` raises."""
        ...


class CallingThread:
    """Runs work in the calling thread, and is never busy."""

    def require_free(self) -> None:
        """Do nothing."""

    def run(self, work: Callable[[], Result]) -> Result:
        """Return the result of `work`."""
        return work()


_processor: Processor = CallingThread()


def set_processor(processor: Processor) -> None:
    """Run such work with `processor` from now on."""
    global _processor
    _processor = processor


def require_free() -> None:
    """Raise Problem(server_busy) if no more work is accepted now.

    Call it before an attempt is counted, so that a refused one does not count.
    """
    _processor.require_free()


def run_work(work: Callable[[], Result]) -> Result:
    """Return the result of `work`. Raises Problem(server_busy), and what `work` raises."""
    return _processor.run(work)
