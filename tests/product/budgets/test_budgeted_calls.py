"""Calls with budgets: what is settled and reserved never exceeds a budget, whatever fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from api.errors import Problem
from api.proxy.authorization import CallRejected
from api.spend.budgets import Budget
from api.spend.money import NANO
from api.wiring import Storage
from tests.product.budgets.conftest import BUDGET, NOW
from tests.support.budgeted import (
    BudgetedAccount,
    BudgetedProcess,
    StubCost,
    with_faults,
)
from tests.support.products import Clock


@pytest.fixture
def account(limited: BudgetedAccount) -> BudgetedAccount:
    return limited


def refused(work: Callable[[], object]) -> CallRejected:
    """Return why a call was refused."""
    with pytest.raises(CallRejected) as caught:
        work()
    return caught.value


def test_a_call_reserves_its_bound_and_settles_its_cost(
    account: BudgetedAccount, process: BudgetedProcess
) -> None:
    begun = process.begin(account, StubCost(300))
    state = account.state(BUDGET, NOW)
    assert (state.spent, state.reserved(NOW)) == (0, 300)
    process.end(begun, 120)
    process.rest()
    assert account.state(BUDGET, NOW).total == account.state(BUDGET, NOW).spent == 120


@pytest.mark.parametrize(("bound", "cost"), [(100, 100), (100, 0), (100, 700), (0, 5), (100, None)])
def test_whatever_the_bound_the_cost_is_settled(
    account: BudgetedAccount, process: BudgetedProcess, bound: int, cost: int | None
) -> None:
    for _ in range(2):
        process.end(process.begin(account, StubCost(bound)), cost)
    process.rest()
    state = account.state(BUDGET, NOW)
    assert (state.spent, state.reserved(NOW)) == (2 * (cost or 0), 0)


def test_a_negative_cost_counts_as_nothing(
    account: BudgetedAccount, process: BudgetedProcess
) -> None:
    process.call(account, 100, 30)
    process.call(account, 100, -50)
    process.rest()
    assert account.state(BUDGET, NOW).total == 30


@pytest.mark.parametrize("warm", [False, True])
def test_a_call_counts_in_every_budget_that_applies(
    account: BudgetedAccount, process: BudgetedProcess, warm: bool
) -> None:
    budgets = [
        BUDGET,
        Budget("account", "day", NANO),
        Budget("api:openai", "week", NANO, "Asia/Tokyo"),
        account.token_budget("total", NANO),
    ]
    account.set_budgets(*budgets)
    if warm:
        process.call(account, 0, 0)
    begun = process.begin(account, StubCost(300))
    assert [account.state(budget, NOW).total for budget in budgets] == [300] * 4
    process.end(begun, 100)
    process.rest()
    assert [account.state(budget, NOW).total for budget in budgets] == [100] * 4


@pytest.mark.parametrize("warm", [False, True])
def test_a_call_that_one_budget_refuses_reserves_in_no_other(
    storage: Storage, account: BudgetedAccount, process: BudgetedProcess, warm: bool
) -> None:
    narrow = account.token_budget("day", 99)
    account.set_budgets(BUDGET, narrow)
    if warm:
        process.call(account, 0, 0)
    rejection = refused(lambda: process.begin(account, StubCost(100)))
    assert rejection.problem.code == "budget_exceeded"
    assert rejection.problem.extra["budget"]["id"] == narrow.budget_id
    storage.table.batch(rejection.give_back_ops)
    process.rest()
    assert account.state(BUDGET, NOW).total == account.state(narrow, NOW).total == 0


@pytest.mark.parametrize("warm", [False, True])
def test_a_call_that_a_limit_refuses_reserves_nothing(
    storage: Storage, account: BudgetedAccount, process: BudgetedProcess, warm: bool
) -> None:
    account.set_policy(1 + warm, 60, NOW)
    if warm:
        process.call(account, 0, 0)
    process.call(account, 100, 7)
    rejection = refused(lambda: process.begin(account, StubCost(100)))
    assert rejection.problem.code == "rate_limited"
    storage.table.batch(rejection.give_back_ops)
    process.rest()
    assert account.state(BUDGET, NOW).total == 7


def test_a_call_beyond_the_token_reserves_nothing(
    storage: Storage, account: BudgetedAccount, process: BudgetedProcess
) -> None:
    process.call(account, 100, 7)
    table = storage.table
    key = f"USER#{account.username}", f"TOKEN#{account.token_id}"
    table.run(table.update_op(*key, "SET methods = :m", {":m": ["GET"]}))
    rejection = refused(lambda: process.begin(account, StubCost(100), "POST"))
    table.batch(rejection.give_back_ops)
    process.rest()
    assert account.state(BUDGET, NOW).total == 7

    table.run(table.delete_op(*key))
    with pytest.raises(Problem) as revoked:
        process.begin(account, StubCost(100))
    assert revoked.value.code == "authentication_required"
    assert account.state(BUDGET, NOW).total == 7


def test_a_call_that_certainly_costs_nothing_passes_an_exhausted_budget(
    account: BudgetedAccount, process: BudgetedProcess
) -> None:
    account.set_budgets(Budget("account", "month", 0))
    process.call(account, 0, 0)
    process.call(account, 0, 0)
    unknown = StubCost(0, is_certain=False)
    for _ in range(2):
        assert refused(lambda: process.begin(account, unknown)).problem.code == "budget_exceeded"


def test_an_unbounded_call_is_refused_before_it_reserves(
    account: BudgetedAccount, process: BudgetedProcess
) -> None:
    unbounded = StubCost(100, is_certain=False, refuses=True)
    for _ in range(2):
        rejection = refused(lambda: process.begin(account, unbounded))
        assert (rejection.problem.code, rejection.give_back_ops) == ("cost_unbounded", [])
    assert account.state(BUDGET, NOW).total == 0
    process.call(account, 100, 5)
    process.end(process.begin(account, StubCost(100, is_certain=False)), 500)
    assert account.state(BUDGET, NOW).spent == 505


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [
        ((), (BUDGET,), True),
        ((BUDGET,), (), True),
        ((BUDGET,), (Budget("account", "month", 50),), False),
        ((Budget("account", "month", 50),), (BUDGET,), True),
        ((BUDGET,), (Budget("account", "month", 160),), True),
        ((BUDGET,), (Budget("account", "day", NANO),), True),
        ((BUDGET,), (BUDGET, Budget("api:openai", "day", 99)), False),
    ],
)
def test_definitions_that_another_process_changed_apply_at_once(
    storage: Storage,
    account: BudgetedAccount,
    process: BudgetedProcess,
    before: tuple[Budget, ...],
    after: tuple[Budget, ...],
    passes: bool,
) -> None:
    account.set_budgets(*before)
    for _ in range(2):
        process.call(account, 25, 20)
    account.set_budgets(*after)
    if passes:
        process.call(account, 100, 40)
    else:
        rejection = refused(lambda: process.begin(account, StubCost(100)))
        storage.table.batch(rejection.give_back_ops)
    process.rest()
    counters = {(budget.scope, budget.period) for budget in before}
    for budget in {*before, *after}:
        spent = 40 * ((budget.scope, budget.period) in counters)
        if passes and (budget in after or budget.period in {one.period for one in after}):
            spent += 40
        assert account.state(budget, NOW).total == account.state(budget, NOW).spent == spent


def test_a_call_belongs_to_the_period_in_which_it_began(
    account: BudgetedAccount, process: BudgetedProcess, clock: Clock
) -> None:
    budget = Budget("account", "day", NANO)
    account.set_budgets(budget)
    spent = {}
    for jump in (86_400, 40 * 86_400, -2 * 86_400, 0):
        process.call(account, 500, 1)
        began = clock.now
        begun = process.begin(account, StubCost(500))
        clock.now += jump
        process.end(begun, 30)
        spent[began] = 31
        for at, settled in spent.items():
            assert account.state(budget, at).spent == settled


@pytest.mark.parametrize("seed", range(3))
def test_whatever_fails_the_sum_never_exceeds_and_every_cost_is_settled(
    storage: Storage,
    account: BudgetedAccount,
    clock: Clock,
    seed: int,
) -> None:
    """Trips fail before or after they are carried out, and some calls are never ended."""
    budgets = [BUDGET, account.token_budget("day", NANO // 2)]
    account.set_budgets(*budgets)
    behind = with_faults(storage, 0.3, seed)
    processes = [BudgetedProcess(behind, clock, is_grouped=seed % 2 == 1) for _ in range(2)]
    draw = random.Random(seed)
    served = killed = 0
    for _ in range(40):
        process = draw.choice(processes)
        try:
            begun = process.begin(account, StubCost(draw.randrange(100_000_000)))
        except CallRejected as rejection:
            try:
                behind.table.batch(rejection.give_back_ops)
            except Problem:
                killed += 100_000_000
            continue
        except Problem:
            continue
        assert all(account.state(budget, NOW).total <= budget.amount for budget in budgets)
        if draw.random() < 0.1:
            killed += 100_000_000
            continue  # the provider may bill it, but nobody knows what
        bound = begun.authorization.budgets
        cost = draw.randrange((bound.bound.amount if bound is not None else 0) + 1)
        served += cost
        with suppress(Problem):
            process.end(begun, cost)
    assert served > 0
    for process in processes:
        process.rest()
    for budget in budgets:
        state = account.state(budget, NOW)
        assert state.total <= budget.amount
        assert state.spent == served
        assert state.reserved(NOW) <= killed


def test_the_reservation_of_a_killed_process_expires(
    storage: Storage, account: BudgetedAccount, process: BudgetedProcess, clock: Clock
) -> None:
    lost = process.begin(account, StubCost(NANO))
    another = BudgetedProcess(storage, clock)
    with pytest.raises(CallRejected):
        another.begin(account, StubCost(1))
    clock.now += 2 * 3600
    another.call(account, NANO, 400_000_000)
    assert account.state(BUDGET, NOW).total == 400_000_000
    # It ran all the time, and ends now.
    process.end(lost, 5)
    assert account.state(BUDGET, NOW).total == 400_000_005


def test_a_call_that_is_not_recorded_is_given_back_unless_it_may_have_been_sent(
    account: BudgetedAccount, process: BudgetedProcess
) -> None:
    first, second = (process.begin(account, StubCost(100)) for _ in range(2))
    process.recorder.forget(first.call)
    sent = process.open_calls.get(second.call.request_id)
    assert sent is not None
    sent.host = "api.example.com"
    process.recorder.forget(second.call)
    process.budgets.run()
    assert account.state(BUDGET, NOW).reserved(NOW) == 100


def test_without_budgets_nothing_is_asked_or_loaded(
    storage: Storage, account: BudgetedAccount, process: BudgetedProcess
) -> None:
    account.set_budgets()
    cost = StubCost(100)
    process.end(process.begin(account, cost), 50)
    assert cost.asked == 0
    assert process.budgets.reserver is None
    assert storage.table.query_all(f"USER#{account.username}", prefix="BUDGET#") == []
