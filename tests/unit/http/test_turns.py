"""A call waits for its turn until another call wakes it, with threads and with greenlets."""

from __future__ import annotations

import threading
from collections.abc import Callable

import gevent
import pytest

from api.http.waiting import SelectWaiting, Turn
from api.local.server.gevent_waiting import GeventWaiting


def in_a_thread(work: Callable[[], None]) -> Callable[[], None]:
    """Start `work`. Return what waits for its end."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread.join


def in_a_greenlet(work: Callable[[], None]) -> Callable[[], None]:
    """Start `work`. Return what waits for its end."""
    return gevent.spawn(work).join  # type: ignore[no-any-return]


KINDS = pytest.mark.parametrize(
    ("new_turn", "start"),
    [(SelectWaiting().turn, in_a_thread), (GeventWaiting().turn, in_a_greenlet)],
    ids=["thread", "greenlet"],
)
Start = Callable[[Callable[[], None]], Callable[[], None]]


@KINDS
@pytest.mark.parametrize("seconds", [None, 60.0])
def test_a_wait_ends_when_another_call_wakes_it(
    new_turn: Callable[[], Turn], start: Start, seconds: float | None
) -> None:
    turn = new_turn()
    end = start(turn.wake)
    assert turn.wait(seconds)
    end()


@KINDS
@pytest.mark.parametrize("seconds", [None, 60.0])
def test_a_wait_that_begins_after_the_wake_ends_at_once(
    new_turn: Callable[[], Turn], start: Start, seconds: float | None
) -> None:
    turn = new_turn()
    start(turn.wake)()
    assert turn.wait(seconds)


@KINDS
def test_a_wait_ends_after_its_seconds_and_can_begin_again(
    new_turn: Callable[[], Turn], start: Start
) -> None:
    turn = new_turn()
    assert not turn.wait(0.0)
    assert not turn.wait(0.001)
    end = start(turn.wake)
    assert turn.wait(None)
    end()
