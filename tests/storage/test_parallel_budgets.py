"""Of any number of parallel calls, no more than a budget is reserved or settled."""

from __future__ import annotations

import random

import pytest

from api.proxy.authorization import CallRejected
from api.spend.budgets import Budget
from api.spend.money import NANO
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.support.budgeted import BudgetedAccount, BudgetedProcess, StubCost
from tests.support.products import Clock

BUDGET = Budget("account", "month", NANO)


@pytest.mark.parametrize("bound", [50_000_000, 20_000_000, 3_000_000])
@pytest.mark.parametrize("is_grouped", [False, True])
def test_500_parallel_calls_of_two_processes_never_exceed_a_dollar(
    storage: Storage,
    username: str,
    parallel: Parallel,
    endpoint_name: str,
    is_grouped: bool,
    bound: int,
) -> None:
    calls = 500 if endpoint_name != "moto" else 12  # moto is slow
    clock, account = Clock(NOW), BudgetedAccount(storage, username, NOW)
    account.set_budgets(BUDGET)
    processes = [BudgetedProcess(storage, clock, is_grouped=is_grouped) for _ in range(2)]
    draw = random.Random(7)
    costs = [draw.randrange(bound // 2, bound + 1) for _ in range(calls)]
    totals = []

    def call(number: int) -> int:
        made = processes[number % 2]
        try:
            begun = made.begin(account, StubCost(bound))
        except CallRejected as rejection:
            storage.table.batch(rejection.give_back_ops)
            return 0
        if number % 25 == 0:
            totals.append(account.state(BUDGET, NOW).total)
        made.end(begun, costs[number])
        return costs[number]

    served = sum(parallel(calls, call))

    state = account.state(BUDGET, NOW)
    assert state.spent == served
    assert state.spent <= NANO
    assert max([*totals, state.total]) <= NANO
