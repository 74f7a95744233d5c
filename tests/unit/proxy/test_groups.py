"""Calls that arrive while a group is processed form the next group."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.errors import StorageUnavailable
from api.proxy import groups
from api.proxy.groups import Groups, Member

SIZE = 4


@pytest.fixture(autouse=True)
def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads may run in between, so the first group would be of any size."""
    monkeypatch.setattr(groups, "give_way", lambda: None)


class Numbered(Member):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Work:
    """Notes the groups. The first lasts until `members` wait; `failure` is raised by a group."""

    def __init__(self, members: int) -> None:
        self.worked: list[list[int]] = []
        self.failures: dict[int, BaseException] = {}
        self.groups = Groups(self._work, SIZE)
        self._members = members
        self._is_working = threading.Lock()

    def _work(self, group: Sequence[Numbered]) -> None:
        assert self._is_working.acquire(blocking=False)
        try:
            if not self.worked:
                while len(self.groups.waiting) < self._members - 1:
                    pass
            self.worked.append([member.number for member in group])
            if len(self.worked) in self.failures:
                raise self.failures[len(self.worked)]
        finally:
            self._is_working.release()

    def run_all(self) -> list[BaseException | None]:
        """Run the members at the same time. Return what each raised."""

        def run(number: int) -> BaseException | None:
            try:
                self.groups.run(Numbered(number))
            except BaseException as error:
                return error
            return None

        with ThreadPoolExecutor(self._members) as threads:
            return list(threads.map(run, range(self._members)))


def test_the_first_is_alone_and_the_others_share_groups() -> None:
    work = Work(10)

    assert work.run_all() == [None] * 10

    assert [len(group) for group in work.worked] == [1, 4, 4, 1]
    assert sorted(number for group in work.worked for number in group) == list(range(10))
    assert not work.groups.waiting


def test_one_that_finds_no_work_begins_at_once() -> None:
    work = Work(1)
    for number in range(3):
        work.groups.run(Numbered(number))
    assert work.worked == [[0], [1], [2]]


def test_each_of_a_failed_group_gets_the_failure_and_the_next_group_is_worked_on() -> None:
    work = Work(9)
    work.failures[2] = StorageUnavailable("down")

    raised = work.run_all()

    assert [len(group) for group in work.worked] == [1, 4, 4]
    failed = [error for error in raised if error is not None]
    assert [type(error) for error in failed] == [StorageUnavailable] * 4
    # Each caller adds header fields of its own.
    assert len({id(error) for error in failed}) == 4


def test_an_interrupted_group_holds_up_nobody() -> None:
    work = Work(9)
    work.failures[2] = KeyboardInterrupt()

    raised = work.run_all()

    assert [len(group) for group in work.worked] == [1, 4, 4]
    kinds = sorted(type(error).__name__ for error in raised if error is not None)
    assert kinds == ["KeyboardInterrupt", *["StorageUnavailable"] * 3]


def test_those_that_come_before_the_first_has_its_turn_go_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = Work(4)
    others = [threading.Thread(target=work.groups.run, args=(Numbered(n),)) for n in range(1, 4)]

    def join() -> None:
        for other in others:
            other.start()
        while len(work.groups.waiting) < 4:
            pass

    monkeypatch.setattr(groups, "give_way", join)
    work.worked.append([])
    work.groups.run(Numbered(0))
    for other in others:
        other.join()
    assert [sorted(group) for group in work.worked] == [[], [0, 1, 2, 3]]


def test_nobody_waits_for_ever() -> None:
    begun, ended = threading.Event(), threading.Event()
    worked: list[list[int]] = []

    def work(group: Sequence[Numbered]) -> None:
        begun.set()
        assert ended.wait(60)
        worked.append([member.number for member in group])

    patient: Groups[Numbered] = Groups(work, SIZE, patience=0.01)
    first = threading.Thread(target=patient.run, args=(Numbered(0),))
    first.start()
    assert begun.wait(60)
    with pytest.raises(StorageUnavailable):
        patient.run(Numbered(1))
    ended.set()
    first.join()
    patient.run(Numbered(2))
    assert worked == [[0], [2]]


def test_many_are_worked_on_once_each() -> None:
    members = 40
    work = Work(members)
    assert work.run_all() == [None] * members
    assert sorted(number for group in work.worked for number in group) == list(range(members))
    assert max(len(group) for group in work.worked) == SIZE


class Interrupted(BaseException):
    """What ends a wait that nothing should end."""


class Leaving(Numbered):
    """A member whose wait is interrupted, after it was chosen for the work if `is_chosen`."""

    def __init__(self, number: int, *, is_chosen: bool) -> None:
        super().__init__(number)
        self._is_chosen = is_chosen

    def wait(self, seconds: float | None = None) -> bool:
        self.is_next = self._is_chosen
        raise Interrupted


def test_a_first_member_that_is_interrupted_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(1)

    def interrupt() -> None:
        raise Interrupted

    with monkeypatch.context() as interrupting:
        interrupting.setattr(groups, "give_way", interrupt)
        with pytest.raises(Interrupted):
            work.groups.run(Numbered(0))
    work.groups.run(Numbered(1))
    assert work.worked == [[1]]


@pytest.mark.parametrize("is_chosen", [False, True])
def test_a_waiting_member_that_is_interrupted_stops_nobody(is_chosen: bool) -> None:
    worked: list[list[int]] = []
    waiting = Numbered(2)
    waiting.prepare_to_wait()

    def work(group: Sequence[Numbered]) -> None:
        worked.append([member.number for member in group])
        if group[0].number == 0:
            with pytest.raises(Interrupted):
                several.run(Leaving(1, is_chosen=is_chosen))
            several.waiting.append(waiting)

    several: Groups[Numbered] = Groups(work, SIZE)
    several.run(Numbered(0))
    assert worked == [[0]]
    assert waiting.is_next and waiting.wait(0)
    assert several.waiting == [waiting]
