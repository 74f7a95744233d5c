"""Database trips in sequence and capacity units of a call with budgets."""

from __future__ import annotations

import pytest

from api.spend.budgets import Budget
from api.spend.money import NANO
from api.wiring import Storage
from tests.product.budgets.conftest import NOW
from tests.support.budgeted import API, BudgetedAccount, BudgetedProcess
from tests.support.capacity import units
from tests.support.products import Clock
from tests.support.recording import RecordingClient

SMALL = NANO // 50


@pytest.fixture
def account(unlimited: BudgetedAccount) -> BudgetedAccount:
    return unlimited


def cost_of(
    storage: Storage,
    process: BudgetedProcess,
    account: BudgetedAccount,
    bound: int,
    cost: int = 1000,
) -> list[int]:
    """Return the trips, read units and write units of a call."""
    client = storage.table.client
    recording = RecordingClient(client)
    storage.table.client = recording  # type: ignore[assignment]
    try:
        process.call(account, bound, cost)
        costs = [units(trip, recording) for trip in list(recording.trips)]
    finally:
        storage.table.client = client
    return [len(costs), *(sum(part) for part in zip(*costs, strict=True))]


@pytest.mark.parametrize("is_grouped", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_each_budget_costs_one_write_unit_more_and_no_trip(
    storage: Storage, account: BudgetedAccount, number: int, is_grouped: bool
) -> None:
    process = BudgetedProcess(storage, Clock(NOW), is_grouped=is_grouped)
    budgets = [
        Budget("account", "month", NANO),
        Budget(f"api:{API}", "week", NANO),
        account.token_budget("day", NANO),
    ]
    account.set_budgets(*budgets[:number])
    for _ in range(2):
        process.call(account, SMALL, 1000)
    for _ in range(3):
        assert cost_of(storage, process, account, SMALL) == [2, 2, 2 + number]
    for budget in budgets[:number]:
        assert account.state(budget, NOW).spent == 5000


def test_a_call_that_keeps_nothing_takes_two_trips_too(
    storage: Storage, account: BudgetedAccount
) -> None:
    process = BudgetedProcess(storage, Clock(NOW))
    account.set_budgets(Budget("account", "month", NANO))
    for _ in range(2):
        process.call(account, SMALL + 1, 1000)
    assert cost_of(storage, process, account, SMALL + 1) == [2, 2, 2 + 2]


def test_a_call_that_certainly_costs_nothing_writes_no_more(
    storage: Storage, account: BudgetedAccount
) -> None:
    process = BudgetedProcess(storage, Clock(NOW))
    account.set_budgets(Budget("account", "month", NANO))
    process.call(account, 0, 0)
    assert cost_of(storage, process, account, 0, 0) == [2, 2, 2]
