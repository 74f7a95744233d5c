"""Calls in progress are counted exactly, over all worker processes."""

from __future__ import annotations

import contextlib
import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.errors import Problem
from api.http.upgrade import Upgrade
from api.proxy import call_slots
from api.proxy.call_slots import CallSlots, Slot, shared_bytes


def refusal(slots: CallSlots, *call: str | None) -> str | None:
    """Take a slot that is never released. Return the code of the problem, None if it was free."""
    try:
        slots.acquire(*call)  # type: ignore[arg-type]
    except Problem as problem:
        assert dict(problem.headers)["Retry-After"] == "5"
        return problem.code
    return None


@pytest.mark.parametrize("other", [("ada", "other", "t2"), ("bob", "test", "t2")])
def test_an_api_of_a_user_has_a_limit(other: tuple[str, str, str]) -> None:
    slots = CallSlots(2, 10)
    assert [refusal(slots, "ada", "test", "t1"), refusal(slots, "ada", "test", None)] == [None] * 2

    assert refusal(slots, "ada", "test", "t3") == "too_many_api_calls"
    assert refusal(slots, *other) is None


def test_a_token_has_a_limit_over_all_apis() -> None:
    slots = CallSlots(10, 2)
    assert refusal(slots, "ada", "a", "t1") is refusal(slots, "ada", "b", "t1") is None

    assert refusal(slots, "ada", "c", "t1") == "too_many_token_calls"
    assert refusal(slots, "ada", "a", "t2") is refusal(slots, "ada", "a", None) is None


def test_a_refused_call_counts_nowhere() -> None:
    slots = CallSlots(1, 2)
    held = slots.acquire("ada", "test", "t1")
    for _ in range(5):
        assert refusal(slots, "ada", "test", "t1") == "too_many_api_calls"

    assert slots.in_progress("t1") == slots.in_progress(("ada", "test")) == 1
    held.release()
    assert slots.in_progress("t1") == slots.in_progress(("ada", "test")) == 0


def test_a_slot_is_released_once() -> None:
    slots = CallSlots(2, 2)
    first, second = (slots.acquire("ada", "test", "t1") for _ in range(2))
    for _ in range(3):
        first.release()

    assert slots.in_progress("t1") == 1
    second.release()
    assert slots.in_progress("t1") == 0


@pytest.mark.parametrize("limits", [(0, 0), (0, 100), (100, 0)])
def test_0_means_no_limit(limits: tuple[int, int]) -> None:
    slots = CallSlots(*limits)
    assert [refusal(slots, "ada", "test", "t") for _ in range(100)] == [None] * 100


def processes(number: int, limit: int) -> list[CallSlots]:
    """Return what processes that share memory have."""
    memory = bytearray(shared_bytes(number))
    made = [CallSlots(limit, limit, memory) for _ in range(number)]
    for row, slots in enumerate(made):
        slots.use_row(row)
    return made


def test_processes_count_together() -> None:
    first, second, third = processes(3, 3)
    held = [slots.acquire("ada", "test", "t1") for slots in (first, second, third)]

    for slots in (first, second, third):
        assert refusal(slots, "ada", "other", "t1") == "too_many_token_calls"
        assert refusal(slots, "ada", "test", "t2") == "too_many_api_calls"

    held[2].release()
    assert refusal(first, "ada", "test", "t1") is None
    assert refusal(second, "ada", "test", "t1") == "too_many_token_calls"


def test_the_successor_of_a_killed_process_frees_its_slots() -> None:
    first, second = processes(2, 3)
    first.acquire("ada", "test", "t1")
    for _ in range(2):
        second.acquire("ada", "test", "t1")
    assert refusal(first, "ada", "test", "t1") is not None

    second.use_row(1)

    assert first.in_progress("t1") == second.in_progress(("ada", "test")) == 1


def test_a_process_beyond_the_rows_counts_its_own_calls_besides() -> None:
    memory = bytearray(shared_bytes(1))
    first, beyond = (CallSlots(2, 2, memory) for _ in range(2))
    beyond.use_row(1)
    first.acquire("ada", "test", "t1")

    assert refusal(beyond, "ada", "test", "t1") is None
    assert refusal(beyond, "ada", "test", "t1") is not None
    assert first.in_progress("t1") == 1


def test_two_processes_that_take_the_last_slot_at_once_never_both_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other process counts between the own count and the sum, and gives up once."""
    first, second = processes(2, 1)
    find = first._elsewhere
    steps: list[Callable[[], object]] = [
        lambda: second._add("t1", 1),
        lambda: second._add("t1", -1),
    ]

    def interrupted(number: int) -> int:
        if steps:
            steps.pop(0)()
        return find(number)

    monkeypatch.setattr(first, "_elsewhere", interrupted)

    assert refusal(first, "ada", "test", "t1") is None
    assert refusal(second, "ada", "test", "t1") == "too_many_token_calls"


def test_threads_count_exactly() -> None:
    slots = CallSlots(50, 50)

    def use(_: int) -> int:
        refused = 0
        for _ in range(300):
            try:
                slots.acquire("ada", "test", "t1").release()
            except Problem:
                refused += 1
        return refused

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(use, range(8))) == 0
    assert slots.in_progress("t1") == 0


@pytest.fixture
def colliding(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give all that is counted one of a few places in a row, next to one another."""
    numbers: dict[object, int] = {}

    def number(counted: object) -> int:
        found = numbers.setdefault(counted, len(numbers))
        return (found + 1) * call_slots._PAIRS + found % 3

    monkeypatch.setattr(call_slots, "_hash", number)
    yield


@pytest.mark.parametrize("tokens", [5, 30])
def test_counts_stay_exact_when_hashes_collide(colliding: None, tokens: int) -> None:
    shared = processes(3, 1000)
    chance = random.Random(7)
    held: list[tuple[Slot, str]] = []
    expected: Counter[str] = Counter()
    for _ in range(3000):
        if held and chance.random() < 0.5:
            slot, token = held.pop(chance.randrange(len(held)))
            slot.release()
            expected[token] -= 1
        else:
            token = f"t{chance.randrange(tokens)}"
            held.append((chance.choice(shared).acquire("ada", token, None), token))
            expected[token] += 1
        checked = f"t{chance.randrange(tokens)}"
        for slots in shared:
            assert slots.in_progress(("ada", checked)) == expected[checked]
    for slot, _ in held:
        slot.release()

    assert all(not word for slots in shared for word in slots._own), "the memory is clean again"


def test_a_full_row_counts_in_its_own_process(colliding: None) -> None:
    first, second = processes(2, 2)
    held = [first.acquire("ada", f"api{number}", None) for number in range(100)]

    assert refusal(first, "ada", "api99", None) is None
    assert refusal(first, "ada", "api99", None) == "too_many_api_calls"
    assert second.in_progress(("ada", "api0")) == 1
    for slot in held:
        slot.release()
    assert first.in_progress(("ada", "api50")) == 0


class Closed:
    """A body that ends, fails or is closed."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error
        self.is_closed = False

    def __iter__(self) -> Closed:
        return self

    def __next__(self) -> bytes:
        raise self.error

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("error", [StopIteration, OSError, KeyboardInterrupt])
def test_a_stream_holds_its_slot_until_it_ends_or_fails(error: type[BaseException]) -> None:
    slots = CallSlots(1, 1)
    body = slots.acquire("ada", "test", "t1").held(Closed(error))
    assert slots.in_progress("t1") == 1

    with pytest.raises(error):
        next(body)

    assert slots.in_progress("t1") == 0


def test_a_closed_stream_releases_its_slot() -> None:
    slots = CallSlots(1, 1)
    body = Closed(StopIteration)
    held = slots.acquire("ada", "test", "t1").held(body)

    held.close()  # type: ignore[attr-defined]

    assert body.is_closed and slots.in_progress("t1") == 0


@pytest.mark.parametrize("error", [None, OSError, KeyboardInterrupt])
def test_a_websocket_holds_its_slot_until_it_ends(error: type[BaseException] | None) -> None:
    slots = CallSlots(1, 1)
    seen = []

    class WebSocket(Upgrade):
        def run(self, sock: socket.socket, received: bytes) -> None:
            seen.append((received, slots.in_progress("t1")))
            if error is not None:
                raise error

    held = slots.acquire("ada", "test", "t1").held(WebSocket())
    assert isinstance(held, Upgrade), "the server recognises it"

    with socket.socket() as sock, pytest.raises(error) if error else contextlib.nullcontext():
        held.run(sock, b"first")

    assert seen == [(b"first", 1)] and slots.in_progress("t1") == 0
