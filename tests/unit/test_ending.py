"""A stop ends calls early enough that all of them can be recorded."""

from __future__ import annotations

import dataclasses

import pytest

from api.local.server.ending import ENDED_PER_SECOND, calls_to_end


@dataclasses.dataclass(frozen=True)
class Connection:
    """A connection. The smallest number is the oldest."""

    number: int
    is_upgraded: bool = False


def connections(count: int) -> list[Connection]:
    return [Connection(number) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "seconds", "processes", "ended"),
    [
        (20, 5.0, 2, 0),
        (500, 5.0, 2, 0),
        (501, 5.0, 2, 1),
        (1_000, 5.0, 2, 500),
        (1_000, 25.0, 2, 0),
        (1_000, 5.0, 1, 0),
        (5_000, 25.0, 1, 0),
        (20, 0.0, 2, 20),
        (20, -0.1, 2, 20),
    ],
)
def test_only_calls_that_could_not_be_recorded_later_are_ended(
    count: int, seconds: float, processes: int, ended: int
) -> None:
    left = connections(count)
    assert calls_to_end(left, seconds, processes) == left[:ended]


def test_websockets_are_ended_at_once_and_first() -> None:
    websocket = Connection(1, is_upgraded=True)
    call = Connection(0)
    assert calls_to_end([call, websocket], 60.0, 2) == [websocket]
    assert calls_to_end([call, websocket], 0.0, 2) == [websocket, call]


@pytest.mark.parametrize(("count", "processes", "seconds"), [(1_000, 2, 5.0), (2_000, 1, 25.0)])
def test_a_crowd_is_ended_at_the_rate_at_which_calls_are_recorded(
    count: int, processes: int, seconds: float
) -> None:
    """No call is left at the end, and no second ends more calls than can be recorded in it."""
    left = connections(count)
    at_once = len(calls_to_end(left, seconds, processes))
    left = left[at_once:]
    for second in range(1, int(seconds) + 1):
        due = calls_to_end(left, seconds - second, processes)
        assert len(due) <= ENDED_PER_SECOND / processes
        left = left[len(due) :]
    assert left == []
