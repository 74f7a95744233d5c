"""Exact limits: of any number of concurrent requests at most the limit succeed."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from api.limits.policies import Policy
from api.limits.rules import LimitRule
from api.settings import read_settings
from api.storage.limits import Limits, window_sort_key
from api.storage.table import ConditionFailed, Table
from api.wiring import Storage, build_storage
from tests.storage.conftest import NOW, Parallel
from tests.support.products import keep
from tests.support.relay import Relay

SCOPES = ["api:openai", "token:t1"]


@pytest.mark.parametrize("scope", SCOPES)
def test_of_concurrent_requests_exactly_the_limit_succeed(
    storage: Storage, table: Table, username: str, parallel: Parallel, scope: str
) -> None:
    bound = LimitRule(scope, 50, 60, NOW)

    def take(_: int) -> int:
        outcome = table.batch([storage.limits.take_op(username, bound, NOW + 1)])[0]
        counters = Limits.counters(outcome)
        return -1 if counters is None else bound.remaining(counters)

    left = parallel(150, take)
    assert sorted(left, reverse=True) == [*range(49, -1, -1), *[-1] * 100]
    assert storage.limits.used(username, [bound], NOW + 59) == [50]


def test_a_new_window_starts_at_zero_while_the_old_item_exists(
    storage: Storage, table: Table, username: str
) -> None:
    bound = LimitRule("api:openai", 1, 60, NOW)
    take = storage.limits.take_op
    table.run(take(username, bound, NOW + 59.9))
    with pytest.raises(ConditionFailed):
        table.run(take(username, bound, NOW + 59.95))
    table.run(take(username, bound, NOW + 60))
    assert storage.limits.used(username, [bound], NOW + 60) == [1]
    assert storage.limits.used(username, [bound], NOW + 10_000_000) == [0]
    items = table.query_all(f"USER#{username}", prefix="LIMIT#")
    assert [(item["used"], item["ttl"]) for item in items] == [
        (1, NOW + 60 + 3600),
        (1, NOW + 120 + 3600),
    ]


def test_a_limit_with_a_new_start_counts_from_zero(
    storage: Storage, table: Table, username: str
) -> None:
    old, new = LimitRule("api:a", 1, 60, NOW), LimitRule("api:a", 2, 60, NOW + 5)
    table.run(storage.limits.take_op(username, old, NOW + 6))
    assert storage.limits.used(username, [old, new], NOW + 6) == [1, 0]


def test_limits_of_users_apis_and_tokens_are_counted_separately(
    storage: Storage, table: Table, username: str
) -> None:
    bounds = [LimitRule(scope, 9, 60, NOW) for scope in ("api:a", "api:ab", "token:a")]
    table.run(storage.limits.take_op(username, bounds[0], NOW))
    assert storage.limits.used(username, bounds, NOW) == [1, 0, 0]
    assert storage.limits.used(username + "a", bounds, NOW) == [0, 0, 0]


def test_a_count_can_be_given_back_once(storage: Storage, table: Table, username: str) -> None:
    bound = LimitRule("api:a", 1, 60, NOW)
    back = storage.limits.give_back_op(username, bound, NOW)
    table.batch([back])
    table.run(storage.limits.take_op(username, bound, NOW))
    table.batch([back])
    table.batch([back])
    assert storage.limits.used(username, [bound], NOW) == [0]
    table.run(storage.limits.take_op(username, bound, NOW))
    with pytest.raises(ConditionFailed):
        table.run(storage.limits.take_op(username, bound, NOW))


def test_a_lowered_limit_applies_to_the_current_window(
    storage: Storage, table: Table, username: str
) -> None:
    wide, narrow = LimitRule("api:a", 10, 60, NOW), LimitRule("api:a", 2, 60, NOW)
    for _ in range(3):
        table.run(storage.limits.take_op(username, wide, NOW))
    with pytest.raises(ConditionFailed):
        table.run(storage.limits.take_op(username, narrow, NOW))


@pytest.mark.parametrize("window_start", [1_900_000_000.0, 1_900_000_000.125])
def test_a_policy_names_the_same_counters_before_and_after_it_was_stored(
    storage: Storage, username: str, window_start: float
) -> None:
    made = Policy(5, 60, window_start)
    storage.policies.replace(username, "openai", None, made)
    pool = storage.pools.get(username, "openai")
    assert pool is not None and pool.policy is not None
    before, after = made.rule("openai"), pool.policy.rule("openai")
    assert window_sort_key(before, window_start + 1) == window_sort_key(after, window_start + 1)


class LosingRelay(Relay):
    """A relay to an emulator that loses the responses to the next `losing` updates."""

    def __init__(self, endpoint: str) -> None:
        self.losing = 0
        super().__init__(endpoint, self._passes)

    def _passes(self, request: BaseHTTPRequestHandler) -> bool:
        if self.losing and "UpdateItem" in request.headers["X-Amz-Target"]:
            self.losing -= 1
            return False
        return True


@pytest.fixture
def losing(endpoint: str) -> Iterator[LosingRelay]:
    relay = LosingRelay(endpoint)
    yield relay
    relay.close()


def test_a_count_is_not_given_back_twice_after_a_lost_response(
    storage: Storage, table: Table, username: str, losing: LosingRelay
) -> None:
    bound = LimitRule("api:openai", 5, 60, NOW)
    for _ in range(3):
        table.run(storage.limits.take_op(username, bound, NOW))
    behind = build_storage(
        read_settings({"AWS_ENDPOINT_URL_DYNAMODB": losing.url, "DYNAMODB_TABLE": table.name})
    )
    keep(behind)
    losing.losing = 1

    give_back = behind.limits.give_back_op(username, bound, NOW)
    read = behind.table.batch_get_op([(f"USER#{username}", window_sort_key(bound, NOW))])
    outcomes = behind.table.batch([give_back, read])

    assert not any(isinstance(outcome, ConditionFailed) for outcome in outcomes)
    assert storage.limits.used(username, [bound], NOW) == [2]
