"""Reservations that are kept for the next call: less writes, and never more than the budget."""

from __future__ import annotations

import pytest

from api.errors import Problem, StorageUnavailable
from api.proxy.authorization import CallRejected
from api.proxy.kept_ids import KeptIds
from api.spend.budgets import Budget
from api.spend.money import NANO
from api.wiring import Storage
from tests.product.budgets.conftest import BUDGET, NOW
from tests.support.budgeted import BudgetedAccount, BudgetedProcess, StubCost
from tests.support.products import Clock

SMALL = NANO // 50


@pytest.fixture
def account(limited: BudgetedAccount) -> BudgetedAccount:
    return limited


def test_a_call_takes_what_the_last_one_kept(
    process: BudgetedProcess, account: BudgetedAccount, clock: Clock
) -> None:
    process.call(account, SMALL, 1000)
    kept = account.state(BUDGET, NOW).reservations
    assert [item.amount for item in kept] == [SMALL]
    begun = process.begin(account, StubCost(SMALL // 2))
    assert account.state(BUDGET, NOW).reservations == kept
    process.end(begun, 500)
    assert account.state(BUDGET, NOW).spent == 1500
    assert account.state(BUDGET, NOW).reserved(NOW) == SMALL


@pytest.mark.parametrize(
    ("bound", "spent", "is_kept"),
    [
        (SMALL, NANO // 2 - SMALL, True),
        (SMALL, NANO // 2 + 1, False),
        (SMALL + 1, 1, False),
    ],
)
def test_only_a_small_reservation_of_a_budget_with_room_is_kept(
    process: BudgetedProcess, account: BudgetedAccount, bound: int, spent: int, is_kept: bool
) -> None:
    process.call(account, NANO // 4, spent)
    process.call(account, bound, 0)
    assert account.state(BUDGET, NOW).reserved(NOW) == bound * is_kept


def test_a_larger_call_reserves_for_itself(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    process.call(account, SMALL // 2, 0)
    process.end(process.begin(account, StubCost(SMALL)), 10)
    state = account.state(BUDGET, NOW)
    assert sorted(item.amount for item in state.reservations) == [SMALL // 2, SMALL]
    assert state.spent == 10


def test_what_no_call_uses_is_given_back(
    process: BudgetedProcess, account: BudgetedAccount, clock: Clock
) -> None:
    process.call(account, SMALL, 1000)
    clock.now += 4
    process.budgets.run()
    assert account.state(BUDGET, NOW).reserved(NOW) == SMALL
    clock.now += 1
    process.budgets.run()
    assert account.state(BUDGET, NOW).total == 1000


def test_what_a_process_keeps_makes_room_for_its_own_call(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    begun = [process.begin(account, StubCost(SMALL)) for _ in range(3)]
    for call in begun:
        process.end(call, 1000)
    assert account.state(BUDGET, NOW).reserved(NOW) == 3 * SMALL
    large = process.begin(account, StubCost(NANO - 3000))
    assert account.state(BUDGET, NOW).total == NANO
    process.end(large, 5)
    assert account.state(BUDGET, NOW).total == account.state(BUDGET, NOW).spent == 3005


def test_another_process_of_this_machine_ends_what_is_kept_if_it_needs_the_room(
    storage: Storage, account: BudgetedAccount, clock: Clock
) -> None:
    ids = KeptIds(is_complete=True)
    process, another = (BudgetedProcess(storage, clock, kept_ids=ids) for _ in range(2))
    begun = [process.begin(account, StubCost(SMALL)) for _ in range(3)]
    for call in begun:
        process.end(call, 1000)
    in_use = process.begin(account, StubCost(SMALL))
    with pytest.raises(CallRejected):
        another.begin(account, StubCost(NANO - 3000))
    large = another.begin(account, StubCost(NANO - SMALL - 3000))
    assert account.state(BUDGET, NOW).total == NANO
    # The first process finds that its reservations are gone.
    with pytest.raises(CallRejected):
        process.begin(account, StubCost(SMALL))
    process.end(in_use, 7)
    another.end(large, 7)
    assert account.state(BUDGET, NOW).total == account.state(BUDGET, NOW).spent == 3014


@pytest.mark.parametrize("spent", [0.0, 0.4, 0.9])
def test_calls_of_several_processes_use_a_budget_up(
    storage: Storage, account: BudgetedAccount, clock: Clock, spent: float
) -> None:
    """What idle processes keep refuses no call, at no time."""
    ids = KeptIds(is_complete=True)
    processes = [BudgetedProcess(storage, clock, kept_ids=ids) for _ in range(4)]
    if spent:
        processes[0].call(account, int(spent * NANO), int(spent * NANO))
    served = 0
    with pytest.raises(CallRejected) as caught:
        for number in range(51):
            processes[number % 4].call(account, SMALL, SMALL)
            served += 1
    assert served == round((1 - spent) * 50)
    assert "is used up" in caught.value.problem.detail
    assert "reserved" not in caught.value.problem.detail
    assert account.state(BUDGET, NOW).total == int(spent * NANO) + served * SMALL


def test_what_processes_elsewhere_keep_is_little_of_what_is_left(
    storage: Storage, account: BudgetedAccount, clock: Clock
) -> None:
    process = BudgetedProcess(storage, clock, kept_ids=KeptIds())
    process.call(account, NANO // 200, 0)
    assert account.state(BUDGET, NOW).reserved(NOW) == 0
    for _ in range(20):
        BudgetedProcess(storage, clock, kept_ids=KeptIds()).call(account, NANO // 250, 0)
    assert NANO // 25 < account.state(BUDGET, NOW).reserved(NOW) <= NANO // 20


def test_a_process_that_ends_gives_back_what_it_keeps(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    begun = [process.begin(account, StubCost(SMALL)) for _ in range(3)]
    for call in begun:
        process.end(call, 1000)
    process.budgets.close()
    assert account.state(BUDGET, NOW).total == 3000


def test_a_refused_call_leaves_what_is_kept(
    storage: Storage, process: BudgetedProcess, account: BudgetedAccount
) -> None:
    account.set_policy(2, 60, NOW)
    process.call(account, SMALL, 1000)
    process.call(account, SMALL, 1000)
    kept = account.state(BUDGET, NOW).reservations
    with pytest.raises(CallRejected) as caught:
        process.begin(account, StubCost(SMALL))
    assert "BUDGET#" not in str(caught.value.give_back_ops)
    assert account.state(BUDGET, NOW).reservations == kept
    account.set_policy(9, 60, NOW)
    process.call(account, SMALL, 1000)
    assert account.state(BUDGET, NOW).reserved(NOW) == SMALL


@pytest.mark.parametrize("amount", [SMALL - 1, 10 * NANO])
def test_a_changed_budget_ends_what_is_kept(
    process: BudgetedProcess, account: BudgetedAccount, amount: int
) -> None:
    process.call(account, SMALL, 1000)
    changed = Budget("account", "month", amount)
    account.set_budgets(changed)
    if amount < SMALL:
        with pytest.raises(CallRejected):
            process.begin(account, StubCost(SMALL))
        assert account.state(changed, NOW).total == 1000
    else:
        process.call(account, SMALL, 1000)
        assert account.state(changed, NOW).reserved(NOW) == SMALL


def test_nothing_is_kept_over_the_end_of_a_period(
    process: BudgetedProcess, account: BudgetedAccount, clock: Clock
) -> None:
    budget = Budget("account", "day", NANO)
    account.set_budgets(budget)
    midnight = (NOW // 86_400 + 1) * 86_400
    clock.now = midnight - 1.0
    process.call(account, SMALL, 1000)
    clock.now = midnight + 1.0
    process.call(account, SMALL, 30)
    assert account.state(budget, midnight - 1).spent == 1000
    assert account.state(budget, midnight + 1).spent == 30
    process.rest()
    assert account.state(budget, midnight - 1).total == 1000
    assert account.state(budget, midnight + 1).total == 30


def test_the_item_of_a_counter_stays_within_one_write_unit(
    storage: Storage, account: BudgetedAccount, clock: Clock
) -> None:
    """A hundred processes keep no more than what fits beside the calls in progress."""
    for _ in range(40):
        BudgetedProcess(storage, clock).call(account, SMALL // 100, 7)
    state = account.state(BUDGET, NOW)
    assert state.spent == 280
    assert 20 <= len(state.reservations) <= 24


def test_what_is_kept_needs_room_when_it_is_kept(
    storage: Storage, process: BudgetedProcess, account: BudgetedAccount, clock: Clock
) -> None:
    """The budget was half empty when the call began, and is full when it ends."""
    begun = process.begin(account, StubCost(SMALL))
    another = BudgetedProcess(storage, clock)
    another.call(account, NANO - SMALL, NANO - SMALL)
    process.end(begun, SMALL)
    state = account.state(BUDGET, NOW)
    assert state.total == state.spent == NANO


def test_a_process_keeps_at_most_a_tenth_of_a_budget(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    begun = [process.begin(account, StubCost(SMALL)) for _ in range(9)]
    for call in begun:
        process.end(call, 1)
    assert account.state(BUDGET, NOW).reserved(NOW) == 5 * SMALL


def test_a_record_that_fails_after_the_settlement_keeps_no_reservation_twice(
    process: BudgetedProcess,
    account: BudgetedAccount,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process.call(account, SMALL, 0)
    clock.now += 3600  # the first call of an hour makes another trip to record it
    begun = process.begin(account, StubCost(SMALL))

    def fail(*_: object) -> None:
        raise StorageUnavailable("test")

    monkeypatch.setattr(process.recorder._usage, "after_record", fail)
    with pytest.raises(Problem):
        process.end(begun, 5)
    monkeypatch.undo()
    process.budgets.run()

    calls = [process.begin(account, StubCost(SMALL)) for _ in range(2)]

    assert account.state(BUDGET, clock.now).reserved(clock.now) >= 2 * SMALL
    for call in calls:
        process.end(call, SMALL)
    assert account.state(BUDGET, clock.now).spent == 2 * SMALL + 5
