"""Budget counters: no order of writes, repetitions and losses exceeds a budget or counts twice."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from api.settings import read_settings
from api.spend.budgets import Budget
from api.spend.money import NANO
from api.spend.periods import PeriodSpan, period_of
from api.spend.reservations import (
    SLOT,
    BudgetState,
    CostReservation,
    Settlement,
    new_reservation,
)
from api.storage.budget_counters import BudgetCounters
from api.storage.table import ConditionFailed, Table
from api.wiring import build_storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_limits import LosingRelay
from tests.support.products import keep

BUDGET = Budget("api:openai", "month", NANO)
SPAN = period_of(BUDGET, NOW)


@pytest.fixture
def counters(table: Table) -> BudgetCounters:
    return BudgetCounters(table)


@pytest.fixture
def losing(endpoint: str) -> Iterator[LosingRelay]:
    relay = LosingRelay(endpoint)
    yield relay
    relay.close()


@pytest.fixture
def behind(losing: LosingRelay, table: Table) -> Table:
    """The same table behind a relay that can lose responses."""
    storage = build_storage(
        read_settings({"AWS_ENDPOINT_URL_DYNAMODB": losing.url, "DYNAMODB_TABLE": table.name})
    )
    keep(storage)
    return storage.table


def reservation(amount: int) -> CostReservation:
    return new_reservation(amount, NOW + 100)


def state_of(
    counters: BudgetCounters, username: str, budget: Budget = BUDGET, span: PeriodSpan = SPAN
) -> BudgetState:
    """Return the stored state. Its total is always what is spent and reserved."""
    (state,) = counters.read(username, [(budget, span)])
    assert state.total == state.spent + sum(item.amount for item in state.reservations)
    return state


def test_of_500_parallel_calls_only_as_many_as_fit_reserve(
    counters: BudgetCounters,
    table: Table,
    username: str,
    parallel: Parallel,
    endpoint_name: str,
) -> None:
    """Each reserves 7 cents: 14 of them fit in a dollar."""
    calls = 500 if endpoint_name != "moto" else 30  # moto is slow

    def reserve(_: int) -> bool:
        operation = counters.reserve_op(username, BUDGET, SPAN, [reservation(70_000_000)])
        return not isinstance(table.batch([operation])[0], ConditionFailed)

    assert sum(parallel(calls, reserve)) == 14
    assert state_of(counters, username).reserved(NOW) == 14 * 70_000_000


def test_a_settlement_replaces_the_reservation_by_the_cost(
    counters: BudgetCounters, table: Table, username: str
) -> None:
    made = reservation(NANO)
    table.run(counters.reserve_op(username, BUDGET, SPAN, [made]))
    settled = table.run(counters.settle_op(username, BUDGET, SPAN, [Settlement(made, 123)]))
    assert counters.state(settled) == BudgetState(123, 123)
    with pytest.raises(ConditionFailed):
        table.run(counters.settle_op(username, BUDGET, SPAN, [Settlement(made, 123)]))
    assert state_of(counters, username) == BudgetState(123, 123)


def test_a_kept_reservation_takes_the_place_of_the_settled_one(
    counters: BudgetCounters, table: Table, username: str
) -> None:
    made, kept = reservation(100), reservation(100)
    table.run(counters.reserve_op(username, BUDGET, SPAN, [made]))
    table.run(counters.settle_op(username, BUDGET, SPAN, [Settlement(made, 30, kept)]))
    assert state_of(counters, username) == BudgetState(130, 30, (kept,))


@pytest.mark.parametrize(
    ("amount", "wanted", "spare", "fits"),
    [
        (0, 0, 0, True),
        (0, 0, 1, False),
        (0, 1, 0, False),
        (5, 5, 0, True),
        (5, 5, 1, False),
        (5, 6, 0, False),
        (10**15, 10**15, 0, True),
        (10**15, 10**15 + 1, 0, False),
    ],
)
def test_a_first_reservation_must_fit_in_the_amount(
    counters: BudgetCounters,
    table: Table,
    username: str,
    amount: int,
    wanted: int,
    spare: int,
    fits: bool,
) -> None:
    budget = Budget("account", "total", amount)
    span = period_of(budget, NOW)
    operation = counters.reserve_op(username, budget, span, [reservation(wanted)], spare=spare)
    assert isinstance(table.batch([operation])[0], ConditionFailed) is not fits
    assert state_of(counters, username, budget, span).total == (wanted if fits else 0)


def test_several_reservations_are_made_together_or_not_at_all(
    counters: BudgetCounters, table: Table, username: str
) -> None:
    wanted = [reservation(NANO // 3) for _ in range(4)]
    with pytest.raises(ConditionFailed):
        table.run(counters.reserve_op(username, BUDGET, SPAN, wanted))
    assert state_of(counters, username) == BudgetState()
    table.run(counters.reserve_op(username, BUDGET, SPAN, wanted[:3]))
    assert len(state_of(counters, username).reservations) == 3


def test_an_ended_reservation_makes_room_in_the_same_write(
    counters: BudgetCounters, table: Table, username: str
) -> None:
    first, second, third = (reservation(NANO) for _ in range(3))
    table.run(counters.reserve_op(username, BUDGET, SPAN, [first]))
    table.run(counters.reserve_op(username, BUDGET, SPAN, [second], [first]))
    with pytest.raises(ConditionFailed):  # it can make room once
        table.run(counters.reserve_op(username, BUDGET, SPAN, [third], [first]))
    assert state_of(counters, username).reservations == (second,)


def test_a_lost_response_reserves_settles_and_adds_once(
    counters: BudgetCounters,
    behind: Table,
    losing: LosingRelay,
    username: str,
) -> None:
    made = reservation(1000)
    writing = BudgetCounters(behind)
    losing.losing = 1
    again = behind.batch([writing.reserve_op(username, BUDGET, SPAN, [made])])[0]
    assert isinstance(again, ConditionFailed)
    assert made in writing.state(again).reservations
    assert state_of(counters, username) == BudgetState(1000, 0, (made,))

    losing.losing = 1
    again = behind.batch([writing.settle_op(username, BUDGET, SPAN, [Settlement(made, 7)])])[0]
    assert isinstance(again, ConditionFailed)
    assert state_of(counters, username) == BudgetState(7, 7)


def test_one_call_marks_a_threshold(
    counters: BudgetCounters, table: Table, username: str, parallel: Parallel
) -> None:
    def mark(_: int) -> bool:
        outcome = table.batch([counters.mark_op(username, BUDGET, SPAN, 80)])[0]
        return not isinstance(outcome, ConditionFailed)

    assert sum(parallel(24, mark)) == 1
    state = state_of(counters, username)
    assert (state.warned_at(NANO), state.warned_at(2 * NANO)) == (80, 0)
    with pytest.raises(ConditionFailed):
        table.run(counters.mark_op(username, BUDGET, SPAN, 50))
    table.run(counters.mark_op(username, BUDGET, SPAN, 100))
    assert state_of(counters, username).warned_at(NANO) == 100


def test_counters_of_past_periods_are_kept_for_400_days(
    counters: BudgetCounters, table: Table, username: str
) -> None:
    total = Budget("account", "total", NANO)
    for budget in (BUDGET, total):
        span = period_of(budget, NOW)
        table.run(counters.reserve_op(username, budget, span, [reservation(5)]))
    assert SPAN.ends_at is not None
    counters.sweep(username, SPAN.ends_at + 399 * 86_400)
    assert state_of(counters, username).total == 5
    counters.sweep(username, SPAN.ends_at + 402 * 86_400)
    assert state_of(counters, username).total == 0
    assert state_of(counters, username, total, period_of(total, NOW)).total == 5


@pytest.mark.parametrize("seed", range(3))
def test_no_order_of_writes_loses_or_invents_money(
    counters: BudgetCounters, table: Table, username: str, endpoint_name: str, seed: int
) -> None:
    """Reserve, settle, repeat, expire and release at random: the state is that of the model."""
    draw = random.Random(seed)
    spent, held = 0, dict[CostReservation, None]()
    ended: list[CostReservation] = []
    for _ in range(60 if endpoint_name != "moto" else 15):
        wanted = new_reservation(draw.randrange(NANO // 4), NOW + draw.randrange(4) * SLOT)
        choice = draw.random()
        some = draw.sample(list(held), min(len(held), draw.randrange(3)))
        if choice < 0.5:
            operation = counters.reserve_op(username, BUDGET, SPAN, [wanted], some)
            left = NANO - spent - sum(item.amount for item in held if item not in some)
            outcome = table.batch([operation])[0]
            assert isinstance(outcome, ConditionFailed) is (wanted.amount > left)
            if wanted.amount <= left:
                held = {item: None for item in [*held, wanted] if item not in some}
                ended += some
        elif some:
            costs = [draw.randrange(item.amount + 1) for item in some]
            done = [Settlement(*pair) for pair in zip(some, costs, strict=True)]
            table.run(counters.settle_op(username, BUDGET, SPAN, done))
            spent += sum(costs)
            held = {item: None for item in held if item not in some}
            ended += some
        elif ended:
            done = [Settlement(draw.choice(ended), NANO)]
            with pytest.raises(ConditionFailed):
                table.run(counters.settle_op(username, BUDGET, SPAN, done))
        state = state_of(counters, username)
        assert (state.spent, set(state.reservations)) == (spent, set(held))
        assert state.total <= NANO


def test_a_cost_without_a_reservation_is_added(counters: BudgetCounters, username: str) -> None:
    counters.add_cost(username, BUDGET, SPAN, 5)
    counters.add_cost(username, BUDGET, SPAN, 2 * NANO)
    assert state_of(counters, username) == BudgetState(2 * NANO + 5, 2 * NANO + 5)
