"""Throttles: every concurrent attempt counts, and a past window does not."""

from __future__ import annotations

import secrets

import pytest

from api.storage.table import Table
from api.storage.throttles import ThrottleScope
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel

START = NOW - NOW % 900


@pytest.fixture
def scope() -> ThrottleScope:
    return ThrottleScope("sign_in", "192.0.2.1", 900, secrets.token_hex(8))


@pytest.fixture
def other() -> ThrottleScope:
    return ThrottleScope("sign_in", "192.0.2.1", 900, secrets.token_hex(8))


def test_s22_concurrent_attempts_are_all_counted(
    storage: Storage, scope: ThrottleScope, parallel: Parallel
) -> None:
    counts = parallel(40, lambda _: storage.throttles.count([scope], NOW)[0])
    assert sorted(counts) == list(range(1, 41))


def test_several_scopes_are_counted_separately_in_one_trip(
    storage: Storage, scope: ThrottleScope, other: ThrottleScope
) -> None:
    assert storage.throttles.count([scope], NOW) == [1]
    assert storage.throttles.count([scope, other], NOW) == [2, 1]


def test_a_past_window_does_not_count_although_its_item_exists(
    storage: Storage, table: Table, scope: ThrottleScope
) -> None:
    for _ in range(3):
        storage.throttles.count([scope], START + 899)
    assert storage.throttles.count([scope], START + 900) == [1]
    day = START // 86_400 * 86_400
    old = table.get(f"THROTTLE#{day}", f"SIGNIN#192.0.2.1#{scope.name}#{START // 900}")
    assert old is not None and old["attempts"] == 3
    assert old["ttl"] > START + 900


def test_an_attempt_can_be_uncounted_and_a_scope_reset(
    storage: Storage, scope: ThrottleScope, other: ThrottleScope
) -> None:
    for _ in range(3):
        storage.throttles.count([scope, other], NOW)
    storage.throttles.succeeded([other], [scope], NOW)
    assert storage.throttles.count([scope, other], NOW) == [3, 1]


def test_retry_after_is_the_end_of_the_window(storage: Storage, scope: ThrottleScope) -> None:
    assert storage.throttles.retry_after(scope, START) == 900
    assert storage.throttles.retry_after(scope, START + 899) == 1
    long = ThrottleScope("unknown_long", "any", 21_600)
    assert 1 <= storage.throttles.retry_after(long, START) <= 21_600


def test_windows_of_other_lengths_are_counted_separately(storage: Storage) -> None:
    name = secrets.token_hex(8)
    short = ThrottleScope("unknown", "any", 900, name)
    long = ThrottleScope("unknown_long", "any", 21_600, name)
    begin = START - START % 21_600
    assert storage.throttles.count([short, long], begin) == [1, 1]
    assert storage.throttles.count([short, long], begin + 900) == [1, 2]
    assert storage.throttles.count([short, long], begin + 21_600) == [1, 1]


def test_sweeping_deletes_only_the_counters_of_past_days(
    storage: Storage, table: Table, scope: ThrottleScope
) -> None:
    days = [NOW - 86_400 * back for back in (0, 1, 3)]
    for day in days:
        storage.throttles.count([scope], day)
    storage.throttles.sweep(NOW)
    left = [
        table.get(f"THROTTLE#{d // 86_400 * 86_400}", f"SIGNIN#192.0.2.1#{scope.name}#{d // 900}")
        for d in days
    ]
    assert [item is not None for item in left] == [True, False, False]
