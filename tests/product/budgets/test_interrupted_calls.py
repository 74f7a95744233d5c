"""Whatever ends a call between its reservation and its settlement, the reservation ends too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.errors import Problem, StorageUnavailable
from api.proxy.authorization import CallRejected
from api.wiring import Storage
from tests.product.budgets.conftest import BUDGET, NOW
from tests.support.budgeted import BudgetedAccount, BudgetedProcess, StubCost

BOUND = 100_000_000


class Killed(BaseException):
    """What ends a greenlet."""


@pytest.fixture
def account(limited: BudgetedAccount) -> BudgetedAccount:
    return limited


@pytest.fixture
def warm(process: BudgetedProcess, account: BudgetedAccount) -> BudgetedProcess:
    """A process that reserves with its next call's first trip."""
    process.call(account, 0, 0)
    return process


def failing_after(work: Callable[..., Any], trips: int, error: BaseException) -> Callable[..., Any]:
    """Return `work` that fails from the call after so many."""
    left = [trips]

    def carry_out(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise error
        return work(*arguments, **named)

    return carry_out


def assert_nothing_is_reserved(process: BudgetedProcess, account: BudgetedAccount) -> None:
    process.rest()
    assert account.state(BUDGET, NOW).total == account.state(BUDGET, NOW).spent


@pytest.mark.parametrize("error", [StorageUnavailable("test"), Killed()])
@pytest.mark.parametrize(
    "step", ["_trips.make", "_limiter.count_remaining", "_limit_cache.set_policy", "_with_budgets"]
)
def test_a_failure_at_any_step_of_the_authorization(
    warm: BudgetedProcess,
    account: BudgetedAccount,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: BaseException,
) -> None:
    account.set_policy(9, 60, NOW)  # which the process has not seen
    owner: Any = warm.authorizer
    *path, name = step.split(".")
    for part in path:
        owner = getattr(owner, part)
    work = getattr(owner, name)

    def fail(*arguments: Any, **named: Any) -> None:
        if name == "make":
            work(*arguments, **named)
        assert account.state(BUDGET, NOW).reserved(NOW) == BOUND
        raise error

    monkeypatch.setattr(owner, name, fail)
    with pytest.raises(type(error)):
        warm.begin(account, StubCost(BOUND))
    monkeypatch.undo()
    assert_nothing_is_reserved(warm, account)


@pytest.mark.parametrize("error", [StorageUnavailable("test"), Killed()])
def test_the_record_of_a_rejected_call_fails(
    warm: BudgetedProcess, account: BudgetedAccount, error: BaseException
) -> None:
    account.set_policy(1, 60, NOW)
    warm.call(account, 0, 0)
    with pytest.raises(CallRejected) as caught:
        warm.begin(account, StubCost(BOUND))
    assert account.state(BUDGET, NOW).reserved(NOW) == BOUND
    with pytest.raises(type(error)), caught.value.giving_back():
        raise error
    assert_nothing_is_reserved(warm, account)


def test_the_return_of_a_revoked_tokens_reservation_fails(
    storage: Storage,
    warm: BudgetedProcess,
    account: BudgetedAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = storage.table
    table.run(table.delete_op(f"USER#{account.username}", f"TOKEN#{account.token_id}"))
    monkeypatch.setattr(table, "batch", failing_after(table.batch, 1, StorageUnavailable("test")))
    with pytest.raises(StorageUnavailable):
        warm.begin(account, StubCost(BOUND))
    monkeypatch.undo()
    assert account.state(BUDGET, NOW).reserved(NOW) == BOUND
    assert_nothing_is_reserved(warm, account)


@pytest.mark.parametrize("trips", range(4))
def test_a_failure_at_any_trip_after_the_budgets_were_changed(
    storage: Storage,
    warm: BudgetedProcess,
    account: BudgetedAccount,
    monkeypatch: pytest.MonkeyPatch,
    trips: int,
) -> None:
    """The first trip reserves in a budget that no longer applies, and not in one that does."""
    warm.call(account, BOUND, 0)
    account.set_budgets(account.token_budget("day", 10 * BOUND))
    table = storage.table
    monkeypatch.setattr(
        table, "batch", failing_after(table.batch, trips, StorageUnavailable("test"))
    )
    try:
        begun = warm.begin(account, StubCost(BOUND))
        warm.end(begun, 5)
    except Problem:
        pass
    monkeypatch.undo()
    assert_nothing_is_reserved(warm, account)
    state = account.state(account.token_budget("day", 10 * BOUND), NOW)
    assert (state.total, state.spent) == (state.spent, 5 if trips >= 3 else state.spent)


def test_a_kill_during_the_record(
    warm: BudgetedProcess,
    account: BudgetedAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = warm.begin(account, StubCost(BOUND))

    def fail(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(warm.recorder, "_store", fail)
    with pytest.raises(Killed):
        warm.end(begun, 7)
    monkeypatch.undo()
    warm.rest()
    assert account.state(BUDGET, NOW).total == account.state(BUDGET, NOW).spent == 7


def test_a_failed_trip_that_ends_what_was_kept_ends_it_later(
    storage: Storage,
    process: BudgetedProcess,
    account: BudgetedAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = BUDGET.amount // 50
    process.call(account, small, 0)
    assert account.state(BUDGET, NOW).reserved(NOW) == small
    table = storage.table
    monkeypatch.setattr(table, "batch", failing_after(table.batch, 1, StorageUnavailable("test")))
    with pytest.raises(StorageUnavailable):
        process.begin(account, StubCost(BUDGET.amount))
    monkeypatch.undo()
    assert process.budgets.reserver is not None
    assert (
        process.budgets.reserver.ledger.kept.kept_of(account.state(BUDGET, NOW).reservations) == []
    )
    process.budgets.run()
    assert account.state(BUDGET, NOW).total == 0
