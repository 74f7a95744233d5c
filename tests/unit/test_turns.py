"""A limited number of calls goes on at the same time, and nobody's turn is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

import api.aws.turns as turns_module
from api.aws.turns import Turns


def test_no_more_calls_than_turns_go_on_at_the_same_time() -> None:
    turns = Turns(3)
    going_on: list[int] = []
    most = []

    def call(number: int) -> None:
        assert turns.acquire(20)
        going_on.append(number)
        most.append(len(going_on))
        going_on.remove(number)
        turns.release()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(call, range(2000)))

    assert len(most) == 2000
    assert max(most) <= 3
    assert [turns.acquire(0) for _ in range(4)] == [True, True, True, False]


def test_a_call_without_a_turn_is_refused() -> None:
    turns = Turns(1)
    assert turns.acquire(0)
    assert not turns.acquire(0.01)

    turns.release()

    assert turns.acquire(0)


def test_calls_get_their_turn_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = SimpleQueue[None]()

    class Lock:
        """Tells when a call waits for it."""

        def __init__(self) -> None:
            self._lock = threading.Lock()
            self.release = self._lock.release

        def acquire(self, timeout: float | None = None) -> bool:
            if timeout is None:
                return self._lock.acquire()
            waiting.put(None)
            return self._lock.acquire(timeout=timeout)

    monkeypatch.setattr(turns_module, "threading", SimpleNamespace(Lock=Lock))
    turns = Turns(1)
    assert turns.acquire(0)
    order: list[int] = []

    def call(number: int) -> None:
        assert turns.acquire(20)
        order.append(number)
        turns.release()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=call, args=(number,)))
        threads[-1].start()
        waiting.get(timeout=20)
    turns.release()
    for thread in threads:
        thread.join(20)

    assert order == [0, 1, 2, 3, 4]


class Ended(BaseException):
    """Ends a call during its wait, as the stop of the server does."""


@pytest.mark.parametrize("in_time", [True, False])
def test_the_turn_of_a_call_that_was_ended_goes_to_another(
    monkeypatch: pytest.MonkeyPatch, in_time: bool
) -> None:
    turns = Turns(1)
    assert turns.acquire(0)

    class Lock:
        """Ends the call that waits for it, just before or just after it gets its turn."""

        def acquire(self, timeout: float | None = None) -> bool:
            if timeout is None:
                return True
            if not in_time:
                turns.release()
            raise Ended

        def release(self) -> None: ...

    with monkeypatch.context() as patched:
        patched.setattr(turns_module, "threading", SimpleNamespace(Lock=Lock))
        with pytest.raises(Ended):
            turns.acquire(20)
    if in_time:
        turns.release()

    assert turns.acquire(0)
    assert not turns.acquire(0)
