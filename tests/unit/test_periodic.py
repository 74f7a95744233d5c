"""A periodic task goes on after a failure and ends with its context."""

from __future__ import annotations

import threading

from api.local.periodic import Periodic


def test_a_task_is_repeated_even_after_it_failed() -> None:
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


def test_no_turn_begins_after_the_end() -> None:
    began = threading.Event()
    with Periodic(began.set, first=0.2, interval=0.2):
        pass
    assert not began.wait(0.5)
