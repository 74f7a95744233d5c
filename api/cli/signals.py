"""Signals that wait for the end of a step, or interrupt like Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


def interrupt_on_sigterm() -> None:
    """Make SIGTERM interrupt like Ctrl-C, so that processes are stopped and parts removed."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


@contextlib.contextmanager
def signals_deferred() -> Iterator[None]:
    """Deliver SIGINT, SIGTERM and SIGHUP at the end of the block, if this is the main thread.

    Used around a request whose response must be saved, such as new refresh tokens. A second signal
    raises KeyboardInterrupt at once, for a user who does not wait for a server that hangs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, remember) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for each in received:
            signal.raise_signal(each)
