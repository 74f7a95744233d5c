"""A periodic task continues after a failure and ends with its context."""

from __future__ import annotations

import threading

from api.local.periodic import Periodic


def test_a_task_is_repeated_after_a_failure() -> None:
    turns: list[int] = []
    enough = threading.Event()

    def task() -> None:
        turns.append(len(turns))
        if len(turns) == 1:
            raise RuntimeError("the first turn fails")
        if len(turns) == 3:
            enough.set()

    with Periodic(task, first=0, interval=0.001):
        assert enough.wait(20)


def test_the_task_is_not_called_after_the_end() -> None:
    began = threading.Event()
    with Periodic(began.set, first=0.2, interval=0.2):
        pass
    assert not began.wait(0.5)
