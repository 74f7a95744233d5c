"""Throttles: every attempt counts, also side by side, and a window that is over counts no more."""

from __future__ import annotations

import secrets

import pytest

from api.storage.table import Table
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel

START = NOW - NOW % 900


@pytest.fixture
def scope() -> str:
    return f"SIGNIN#192.0.2.1#{secrets.token_hex(8)}"


def test_s22_attempts_side_by_side_are_all_counted(
    storage: Storage, scope: str, parallel: Parallel
) -> None:
    counts = parallel(40, lambda _: storage.throttles.count([scope], NOW)[0])
    assert sorted(counts) == list(range(1, 41))


def test_several_scopes_are_counted_in_one_trip_each_for_itself(
    storage: Storage, scope: str
) -> None:
    assert storage.throttles.count([scope], NOW) == [1]
    assert storage.throttles.count([scope, f"{scope}x"], NOW) == [2, 1]


def test_a_window_that_is_over_is_not_counted_though_its_item_is_there(
    storage: Storage, table: Table, scope: str
) -> None:
    for _ in range(3):
        storage.throttles.count([scope], START + 899)
    assert storage.throttles.count([scope], START + 900) == [1]
    day = START // 86_400 * 86_400
    old = table.get(f"THROTTLE#{day}", f"{scope}#{START // 900}")
    assert old is not None and old["attempts"] == 3
    assert old["ttl"] > START + 900


def test_an_attempt_can_be_taken_back_and_a_scope_forgotten(storage: Storage, scope: str) -> None:
    for _ in range(3):
        storage.throttles.count([scope, f"{scope}x"], NOW)
    storage.throttles.discount([scope], NOW)
    storage.throttles.forget(f"{scope}x", NOW)
    assert storage.throttles.count([scope, f"{scope}x"], NOW) == [3, 1]


def test_the_wait_ends_with_the_window(storage: Storage) -> None:
    assert storage.throttles.retry_after(START) == 900
    assert storage.throttles.retry_after(START + 899) == 1


def test_sweeping_removes_the_counters_of_past_days_alone(
    storage: Storage, table: Table, scope: str
) -> None:
    days = [NOW - 86_400 * back for back in (0, 1, 3)]
    for day in days:
        storage.throttles.count([scope], day)
    storage.throttles.sweep(NOW)
    left = [table.get(f"THROTTLE#{d // 86_400 * 86_400}", f"{scope}#{d // 900}") for d in days]
    assert [item is not None for item in left] == [True, False, False]
