"""Calls that share a trip are counted as exactly as those that do not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from api.limits.rules import LimitRule
from api.proxy import groups
from api.proxy.authorization_trips import AuthorizationTrip, AuthorizationTrips
from api.storage.authorization_reads import authorization_keys
from api.storage.limits import Count
from api.storage.table import Table
from api.wiring import Storage
from tests.storage.conftest import NOW
from tests.support.machine import until

CALLS = 40


def together(work: Callable[[int], Any]) -> list[Any]:
    """Call a function with 0, 1, ... at the same time. Return its results in order."""
    with ThreadPoolExecutor(CALLS) as threads:
        return list(threads.map(work, range(CALLS)))


class Shared:
    """Trips of which the first lasts until all others wait. Counts the trips."""

    def __init__(self, table: Table, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(groups, "give_way", lambda: None)  # the first trip is alone
        self.trips = 0
        self.made = AuthorizationTrips(table, storage.limits, is_grouped=True)
        self.batch = table.batch
        monkeypatch.setattr(table, "batch", self._held)

    def _held(self, operations: Any) -> Any:
        self.trips += 1
        made = self.made.groups
        assert made is not None
        if self.trips == 1:
            until(lambda: len(made.waiting) == CALLS - 1)
        return self.batch(operations)

    def counts(self, username: str, rules: Sequence[Sequence[LimitRule]]) -> list[list[Count]]:
        """Count calls at the same time, each in its rules. Return what each learned."""

        def count(number: int) -> list[Count]:
            keys = authorization_keys(username, "openai", token_id=f"t{number % 3}")
            trip = AuthorizationTrip(username, keys, rules[number], NOW + 1)
            self.made.make(trip)
            assert [rule for rule, _ in trip.counted] == list(rules[number])
            return [counted for _, counted in trip.counted]

        return together(count)


@pytest.fixture
def shared(
    table: Table, storage: Storage, username: str, monkeypatch: pytest.MonkeyPatch
) -> Shared:
    return Shared(table, storage, monkeypatch)


def left(rule: LimitRule, counts: Sequence[Sequence[Count]]) -> list[int]:
    """Return what remains after each call, the most first, -1 for a rejected call."""
    remaining = [-1 if count is None else rule.remaining(count) for (count,) in counts]
    return sorted(remaining, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 17, 33, 39, 40, 50])
def test_exactly_the_limit_succeeds_and_each_call_learns_what_remains(
    shared: Shared, storage: Storage, username: str, limit: int
) -> None:
    rule = LimitRule("api:openai", limit, 60, NOW)

    counts = shared.counts(username, [[rule]] * CALLS)

    passed = min(limit, CALLS)
    after = range(limit - 1, limit - 1 - passed, -1)
    assert left(rule, counts) == [*after, *[-1] * (CALLS - passed)]
    assert storage.limits.used(username, [rule], NOW + 1) == [passed]


def test_calls_within_the_limit_need_one_trip_for_33(shared: Shared, username: str) -> None:
    rules = [LimitRule(scope, 1000, 60, NOW) for scope in ("api:openai", "token:t1")]
    shared.counts(username, [rules] * CALLS)
    assert shared.trips == 3  # the first call is alone


def test_an_exhausted_limit_needs_no_further_trip(
    shared: Shared, storage: Storage, table: Table, username: str
) -> None:
    exhausted = LimitRule("api:openai", CALLS, 60, NOW)
    shared.batch([storage.limits.take_op(username, exhausted, NOW, CALLS)])

    counts = shared.counts(username, [[exhausted]] * CALLS)

    assert counts == [[None]] * CALLS
    assert shared.trips == 3


def test_reserved_requests_are_not_taken_by_others(
    shared: Shared, storage: Storage, username: str
) -> None:
    """30 in all, 10 of which are reserved: what others use counts in `n1`, at most 20."""
    owner = LimitRule("api:openai", 30, 60, NOW)
    other = LimitRule("api:openai", 30, 60, NOW, extra_counters=(("n1", 20),))
    rules = [[owner] if number % 4 == 0 else [other] for number in range(CALLS)]

    counts = shared.counts(username, rules)

    of_owner = [count for number, (count,) in enumerate(counts) if number % 4 == 0]
    of_others = [count for number, (count,) in enumerate(counts) if number % 4]
    assert None not in of_owner and len(of_owner) == 10
    assert sum(count is not None for count in of_others) == 20
    stored = storage.limits.counts(username, [owner], NOW + 1)[0]
    assert (stored["used"], stored["n1"]) == (30, 20)


def test_each_call_gets_its_own_records(shared: Shared, storage: Storage, table: Table) -> None:
    names = [f"u{secrets.token_hex(6)}" for _ in range(2)]
    for name in names:
        shared.batch([table.put_op({"PK": f"USER#{name}", "SK": "API#openai", "api_name": name})])

    def read(number: int) -> str | None:
        username = [*names, "nobody"][number % 3]
        trip = AuthorizationTrip(username, authorization_keys(username, "openai"), (), NOW)
        shared.made.make(trip)
        return trip.records.pool.api_name if trip.records.pool is not None else None

    found = together(read)

    assert found == [[*names, None][number % 3] for number in range(CALLS)]


@pytest.mark.parametrize("length", [49, 1021, 16_000])
def test_a_name_that_no_api_has_does_not_fail_the_calls_of_others(
    shared: Shared, table: Table, username: str, length: int
) -> None:
    shared.batch([table.put_op({"PK": f"USER#{username}", "SK": "API#openai", "api_name": "o"})])

    def read(number: int) -> bool:
        api_name = "\xe9" * length if number % 4 == 0 else "openai"
        trip = AuthorizationTrip(username, authorization_keys(username, api_name), (), NOW)
        shared.made.make(trip)
        return trip.records.pool is not None

    assert together(read) == [number % 4 != 0 for number in range(CALLS)]


def test_an_item_that_cannot_be_decoded_fails_only_the_calls_that_read_it(
    shared: Shared, table: Table
) -> None:
    names = [f"u{secrets.token_hex(6)}" for _ in range(4)]
    for name in names:
        pool = {"PK": f"USER#{name}", "SK": "API#openai", "api_name": "openai"}
        damaged = {"key:k1": "{"} if name == names[0] else {}
        shared.batch([table.put_op({**pool, **damaged})])

    def read(number: int) -> str:
        username = names[number % 4]
        trip = AuthorizationTrip(username, authorization_keys(username, "openai"), (), NOW)
        try:
            shared.made.make(trip)
        except msgspec.DecodeError:
            return "damaged"
        assert trip.records.pool is not None
        return trip.records.pool.api_name

    assert together(read) == ["damaged", "openai", "openai", "openai"] * (CALLS // 4)
