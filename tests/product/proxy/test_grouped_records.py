"""Many calls that end together are recorded in few transactions, none twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.errors import Problem, StorageUnavailable
from api.proxy import groups
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.recording import Recorder, call_record
from api.storage.requests import LogEntry, LogFilter
from api.storage.token_uses import TokenUse
from api.storage.usage_records import HOUR
from api.wiring import Storage, build_recorder
from tests.support.accounts import new_username
from tests.support.machine import until
from tests.support.products import Clock, storage_of

CALLS = 120
# A few seconds into an hour.
START = int(time.time()) // HOUR * HOUR + 5


@pytest.fixture
def storage(environment: dict[str, str]) -> Storage:
    return storage_of(environment)


class Gate:
    """Holds the first trip until all other calls wait. Counts transactions."""

    def __init__(
        self, storage: Storage, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.transactions = 0
        self.failure: Exception | None = None
        self._is_held = True
        self._waiting = recorder._grouped.groups.waiting
        self._batch, self._transact = storage.table.batch, storage.table.transact
        monkeypatch.setattr(groups, "give_way", lambda: None)  # the first trip is alone
        monkeypatch.setattr(storage.table, "batch", self._first)
        monkeypatch.setattr(storage.table, "transact", self._counted)

    def _first(self, operations: Any) -> Any:
        if self._is_held:
            self._is_held = False
            until(lambda: len(self._waiting) == CALLS - 1)
        if self.failure is not None:
            raise self.failure
        return self._batch(operations)

    def _counted(self, operations: Any) -> None:
        self.transactions += 1
        if self.failure is not None:
            raise self.failure
        self._transact(operations)


def entry(number: int, at: float) -> LogEntry:
    """Return the entry of a call to one of two APIs with one of three tokens."""
    return LogEntry(
        request_id=f"{number:016x}",
        at=at,
        api_name=f"api{number % 2}",
        method="GET",
        host="localhost",
        path="/x",
        status=200,
        duration_ms=7,
        upstream_ms=5,
        bytes_out=10,
        token_id=f"token{number % 3}",
        client=("curl", "my-script")[number // 6 % 2],
    )


def record_all(recorder: Recorder, users: list[str], at: float) -> list[Problem | None]:
    """Record the calls at the same time. Return what each raised."""

    def record(number: int) -> Problem | None:
        try:
            recorder.record(users[number % 2], call_record(entry(number, at)))
        except Problem as problem:
            return problem
        return None

    with ThreadPoolExecutor(CALLS) as threads:
        return list(threads.map(record, range(CALLS)))


def recorded(storage: Storage, username: str, at: float) -> list[str]:
    """Return the ids of the log entries of a user. Each is counted once."""
    page = storage.log.page(
        username, LogFilter(), limit=CALLS, after=None, start=None, end=None, now=at
    )
    counts = [limit.counters for limit in storage.usage.rate_limits(username, at)]
    assert sum(counters["n"] for counters in counts) == len(page.items)
    assert sum(counters["bo"] for counters in counts) == 10 * len(page.items)
    return sorted(item.request_id for item in page.items)


def test_calls_that_end_together_are_recorded_in_groups(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, clock = [new_username(), new_username()], Clock(START)
    recorder = build_recorder(storage, KeyStateCache(clock), clock, is_grouped=True)
    gate = Gate(storage, recorder, monkeypatch)

    assert record_all(recorder, users, START) == [None] * CALLS

    # The first is alone and needs none, and a group has 33 calls at most.
    assert gate.transactions == 4
    for position, username in enumerate(users):
        ids = [f"{number:016x}" for number in range(position, CALLS, 2)]
        assert recorded(storage, username, START) == ids
        limits = storage.usage.rate_limits(username, START)
        assert [limit.api_name for limit in limits] == [f"api{position}"]
        assert limits[0].uses == {
            TokenUse(f"token{token}", client): START
            for token in range(3)
            for client in ("curl", "my-script")
        }


def test_calls_of_a_new_hour_are_recorded_in_that_hour(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, clock = [new_username()] * 2, Clock(START)
    recorder = build_recorder(storage, KeyStateCache(clock), clock, is_grouped=True)
    recorder.record(users[0], call_record(entry(1_000, START)))
    clock.now += HOUR
    Gate(storage, recorder, monkeypatch)

    assert record_all(recorder, users, clock.now) == [None] * CALLS

    finished = storage.usage.records.hours(users[0], START - 5, START + HOUR, clock.now)
    assert sum(hour.counters["n"] for hour in finished) == 1
    limits = storage.usage.rate_limits(users[0], clock.now)
    assert sum(limit.counters["n"] for limit in limits) == CALLS


def test_if_a_group_cannot_be_recorded_each_of_its_calls_says_so(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, clock = [new_username()] * 2, Clock(START)
    recorder = build_recorder(storage, KeyStateCache(clock), clock, is_grouped=True)
    gate = Gate(storage, recorder, monkeypatch)
    gate.failure = StorageUnavailable("it is down")

    problems = record_all(recorder, users, START)

    assert {problem.code if problem else None for problem in problems} == {"usage_not_recorded"}
    gate.failure = None
    recorder.record(users[0], call_record(entry(1, START)))
    assert recorded(storage, users[0], START) == [f"{1:016x}"]


def test_a_call_that_the_database_refuses_does_not_fail_those_of_its_group(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    users, clock = [new_username()] * 2, Clock(START)
    recorder = build_recorder(storage, KeyStateCache(clock), clock, is_grouped=True)
    Gate(storage, recorder, monkeypatch)
    put_op = storage.log.put_op

    def put(username: str, entry: LogEntry) -> Any:
        operation, payload = put_op(username, entry)
        if int(entry.request_id, 16) == CALLS // 2:
            payload["Item"]["SK"] = {"S": "LOG#" + "x" * 1024}
        return operation, payload

    monkeypatch.setattr(storage.log, "put_op", put)

    problems = record_all(recorder, users, START)

    refused = [number for number, problem in enumerate(problems) if problem is not None]
    assert refused == [CALLS // 2]
    page = storage.log.page(
        users[0], LogFilter(), limit=CALLS, after=None, start=None, end=None, now=START
    )
    assert len(page.items) == CALLS - 1
