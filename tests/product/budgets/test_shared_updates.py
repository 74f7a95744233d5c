"""Calls that share a trip share the updates of their budgets, and none loses or gains by that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.aws.json_client import ServiceUnavailable
from api.proxy import groups
from api.proxy.authorization import CallRejected
from api.spend.money import NANO
from api.spend.periods import period_of
from api.spend.reservations import BudgetState, new_reservation
from api.storage.budget_counters import BudgetCounters
from api.wiring import Storage
from tests.product.budgets.conftest import BUDGET, NOW
from tests.support.budgeted import BegunCall, BudgetedAccount, BudgetedProcess, StubCost
from tests.support.machine import until
from tests.support.products import Clock

CALLS = 40
CENT = NANO // 100


class Gate:
    """Holds a trip until all other calls wait. Keeps the names of all operations by trip."""

    def __init__(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(groups, "give_way", lambda: None)  # the first trip is alone
        self.waiting: list[Any] = []
        self.is_held = False
        self.trips: list[list[str]] = []
        self._batch = storage.table.client.batch
        monkeypatch.setattr(storage.table.client, "batch", self._send)

    def together(self, waiting: list[Any], work: Callable[[int], Any]) -> list[Any]:
        """Call a function with 0, 1, ... at the same time."""
        self.waiting, self.is_held, self.trips = waiting, True, []
        with ThreadPoolExecutor(CALLS) as threads:
            return list(threads.map(work, range(CALLS)))

    def updates(self) -> int:
        """Return how many trips wrote to a budget."""
        return sum("BUDGET#" in name for trip in self.trips for name in trip)

    def _send(self, calls: Any) -> Any:
        self.trips.append([str(call) for call in calls])
        if self.is_held:
            self.is_held = False
            until(lambda: len(self.waiting) == CALLS - 1)
        return self._batch(calls)


@pytest.fixture
def account(limited: BudgetedAccount) -> BudgetedAccount:
    return limited


@pytest.fixture
def gate(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(storage, monkeypatch)


@pytest.fixture
def process(storage: Storage, account: BudgetedAccount) -> BudgetedProcess:
    made = BudgetedProcess(storage, Clock(NOW), is_grouped=True)
    made.call(account, 0, 0)
    return made


def begin_all(
    gate: Gate, process: BudgetedProcess, account: BudgetedAccount, bound: int
) -> list[BegunCall]:
    """Authorize all calls at the same time. Return those that passed."""

    def begin(_: int) -> BegunCall | None:
        try:
            return process.begin(account, StubCost(bound))
        except CallRejected:
            return None

    made = process.authorizer._trips.groups
    assert made is not None
    return [call for call in gate.together(made.waiting, begin) if call is not None]


@pytest.mark.parametrize("fitting", [0, 1, 20, 33, 34, 39, 40, 100])
def test_exactly_what_fits_is_reserved_and_settled(
    gate: Gate, process: BudgetedProcess, account: BudgetedAccount, fitting: int
) -> None:
    bound = NANO // fitting if fitting else NANO + 1

    begun = begin_all(gate, process, account, bound)

    assert len(begun) == min(fitting, CALLS)
    assert account.state(BUDGET, NOW).reserved(NOW) == len(begun) * bound
    for number, call in enumerate(begun):
        process.end(call, number)
    process.rest()
    state = account.state(BUDGET, NOW)
    assert state.total == state.spent == sum(range(len(begun)))


def test_calls_that_end_together_share_an_update(
    gate: Gate, process: BudgetedProcess, account: BudgetedAccount
) -> None:
    begun = begin_all(gate, process, account, NANO // CALLS)
    assert gate.updates() == 3  # the first call is alone, and a group has 33 calls at most
    waiting = process.recorder._grouped.groups.waiting

    gate.together(waiting, lambda number: process.end(begun[number], number))

    assert gate.updates() == 3
    assert len(gate.trips) == 3
    process.rest()
    state = account.state(BUDGET, NOW)
    assert state.total == state.spent == sum(range(CALLS))


def test_one_expired_reservation_does_not_hinder_the_others(
    gate: Gate, process: BudgetedProcess, account: BudgetedAccount
) -> None:
    old = process.begin(account, StubCost(NANO // 2))
    process.clock.now += 3 * 3600
    process.call(account, NANO, 0)  # gives back what has expired
    begun = [*begin_all(gate, process, account, NANO // CALLS)[1:], old]
    waiting = process.recorder._grouped.groups.waiting

    gate.together(waiting, lambda number: process.end(begun[number], 10))

    process.rest()
    assert account.state(BUDGET, NOW).spent == CALLS * 10


def test_hundreds_of_reservations_of_a_killed_process_are_given_back(
    storage: Storage, process: BudgetedProcess, account: BudgetedAccount
) -> None:
    counters, span = BudgetCounters(storage.table), period_of(BUDGET, NOW)
    for _ in range(8):
        left = [new_reservation(NANO // 160, NOW - 600) for _ in range(20)]
        storage.table.run(counters.reserve_op(account.username, BUDGET, span, left))
    process.call(account, NANO // 2, CENT)
    assert account.state(BUDGET, NOW) == BudgetState(CENT, CENT)


def test_calls_whose_database_fails_are_settled_later(
    storage: Storage,
    gate: Gate,
    process: BudgetedProcess,
    account: BudgetedAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = begin_all(gate, process, account, NANO // CALLS)
    waiting = process.recorder._grouped.groups.waiting
    send = storage.table.client.batch

    def losing(calls: Any) -> Any:
        send(calls)
        raise ServiceUnavailable("test")

    monkeypatch.setattr(storage.table.client, "batch", losing)

    def end(number: int) -> str:
        try:
            process.end(begun[number], 10)
        except Exception as error:
            return getattr(error, "code", "")
        return ""

    assert gate.together(waiting, end) == ["usage_not_recorded"] * CALLS
    monkeypatch.setattr(storage.table.client, "batch", send)
    process.rest()
    state = account.state(BUDGET, NOW)
    assert state.total == state.spent == CALLS * 10
