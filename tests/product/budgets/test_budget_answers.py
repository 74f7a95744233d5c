"""What callers and the log learn about budgets."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from api.errors import Problem
from api.limits.status import LimitStatus
from api.proxy.authorization import CallRejected
from api.proxy.ratelimit_headers import ratelimit_headers
from api.spend.budgets import Budget, Period
from api.spend.money import NANO
from api.wiring import Storage
from tests.product.budgets.conftest import NOW
from tests.support.budgeted import BudgetedAccount, BudgetedProcess, StubCost
from tests.support.logged import logged
from tests.support.products import Clock

JUNE = 1_780_272_000
MAY_SECONDS = 31 * 86_400
CENT = NANO // 100


@pytest.fixture
def account(unlimited: BudgetedAccount) -> BudgetedAccount:
    return unlimited


def refusal(process: BudgetedProcess, account: BudgetedAccount, cost: StubCost) -> Problem:
    """Return the problem of a refused call."""
    with pytest.raises(CallRejected) as caught:
        process.begin(account, cost)
    return caught.value.problem


def document(problem: Problem) -> dict[str, Any]:
    """Return a problem as its caller reads it."""
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(problem.document("x")))
    return decoded


def test_a_refusal_says_which_budget_what_is_spent_and_when_it_resets(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    account.set_budgets(Budget("api:openai", "month", 50 * NANO))
    process.call(account, 49 * NANO, 48 * NANO + 1)
    process.begin(account, StubCost(NANO))

    problem = refusal(process, account, StubCost(2 * NANO))

    members = document(problem)
    assert (members["code"], members["status"]) == ("budget_exceeded", 402)
    assert members["budget"] == {
        "id": "api:openai:month",
        "scope": "api:openai",
        "period": "month",
    }
    assert members["amount_usd"] == 50
    assert members["spent"] == members["spent_usd"] == 48.000000001
    assert members["reserved_usd"] == 1
    assert members["reset_at"] == JUNE
    assert members["detail"] == (
        "The budget of 50 USD a month for openai does not cover this call: 48.000000001 USD "
        "spent, 1 USD reserved by calls in progress. 0.999999999 USD is left, and the call may "
        "cost 2 USD. Ask for less, raise the budget in API Dashboard, or wait until 1 June 2026, "
        "00:00 (UTC)."
    )
    headers = dict(problem.headers)
    assert headers["Retry-After"] == str(JUNE - int(NOW))
    assert headers["x-should-retry"] == headers["Stripe-Should-Retry"] == "false"
    assert headers["RateLimit-Policy"] == f'"budget-month";q=50;qu="usd";w={MAY_SECONDS}'
    assert headers["RateLimit"] == '"budget-month";r=1;t=271800'


def test_a_refusal_for_all_time_has_no_reset(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    account.set_budgets(account.token_budget("total", CENT))
    process.call(account, CENT, CENT)
    problem = refusal(process, account, StubCost(1))
    assert document(problem)["reset_at"] is None
    assert "Retry-After" not in dict(problem.headers)
    assert problem.detail == (
        "The budget of 0.01 USD in all for this token is used up: 0.01 USD spent. Raise the "
        "budget in API Dashboard."
    )


@pytest.mark.parametrize(
    ("bound", "advice"),
    [
        (8 * CENT, "Ask for less, raise the budget in API Dashboard, or wait until 29 May 2026, "
         "00:00 (Europe/Zurich)."),
        (11 * CENT, "Ask for less, or raise the budget in API Dashboard."),
    ],
)  # fmt: skip
def test_a_caller_is_told_to_wait_until_a_local_time_if_that_helps(
    process: BudgetedProcess, account: BudgetedAccount, bound: int, advice: str
) -> None:
    account.set_budgets(Budget("account", "day", 10 * CENT, "Europe/Zurich"))
    process.call(account, 3 * CENT, 3 * CENT)
    problem = refusal(process, account, StubCost(bound))
    assert problem.detail.endswith(f"{bound // CENT / 100} USD. {advice}")
    assert dict(problem.headers)["Retry-After"] == "5400"


def test_the_budget_that_resets_last_is_named(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    periods: tuple[Period, ...] = ("day", "total", "week")
    account.set_budgets(*[Budget("account", period, 1) for period in periods])
    problem = refusal(process, account, StubCost(2))
    assert problem.extra["budget"]["period"] == "total"


def test_an_unbounded_call_is_told_what_to_do(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    account.set_budgets(Budget("account", "day", NANO))
    problem = refusal(process, account, StubCost(5, is_certain=False, refuses=True))
    assert (problem.code, problem.status) == ("cost_unbounded", 402)
    assert "Set a maximum of output tokens" in problem.detail
    assert document(problem)["budget"]["id"] == "account:day"


@pytest.mark.parametrize("warm", [False, True])
def test_callers_see_whole_dollars_and_0_only_if_nothing_is_left(
    process: BudgetedProcess, account: BudgetedAccount, warm: bool
) -> None:
    account.set_budgets(
        Budget("account", "month", 50 * NANO),
        Budget("api:openai", "month", 5 * NANO),
        account.token_budget("total", 25 * CENT),
    )
    if warm:
        process.call(account, 0, 0)
    begun = process.begin(account, StubCost(25 * CENT))
    fields = dict(ratelimit_headers(begun.authorization.limits, None, (), NOW))
    assert fields["RateLimit-Policy"] == (
        f'"budget-month";q=5;qu="usd";w={MAY_SECONDS}, "budget-total";q=1;qu="usd"'
    )
    assert fields["RateLimit"] == '"budget-month";r=5;t=271800, "budget-total";r=0'


def test_limits_and_budgets_stand_side_by_side() -> None:
    limits = [
        LimitStatus("token", 9, 60, 8, NOW + 30, success=True),
        LimitStatus("budget-total", 3, 0, 2, math.inf, success=True, unit="usd"),
    ]
    assert ratelimit_headers(limits, None, (), NOW) == [
        ("RateLimit-Policy", '"token";q=9;w=60, "budget-total";q=3;qu="usd"'),
        ("RateLimit", '"token";r=8;t=30, "budget-total";r=2'),
    ]


def warnings(lines: list[dict[str, Any]]) -> list[int]:
    """Return the logged thresholds."""
    return [line["percent"] for line in lines if line["event"] == "budget_threshold_reached"]


@pytest.mark.parametrize("is_grouped", [False, True])
def test_each_threshold_is_logged_once_by_all_processes(
    storage: Storage, account: BudgetedAccount, is_grouped: bool
) -> None:
    budget = Budget("account", "month", NANO)
    account.set_budgets(budget)
    clock = Clock(NOW)
    processes = [BudgetedProcess(storage, clock, is_grouped=is_grouped) for _ in range(2)]
    seen = []
    for number in range(12):
        with logged() as lines:
            processes[number % 2].call(account, 9 * CENT, 7 * CENT + number % 3 * CENT)
        seen.append((account.state(budget, NOW).spent // CENT, warnings(lines())))
    assert [entry for entry in seen if entry[1]] == [(55, [50]), (87, [80])]
    assert account.state(budget, NOW).warned_at(NANO) == 80


def test_a_call_that_crosses_several_thresholds_logs_all(
    process: BudgetedProcess, account: BudgetedAccount
) -> None:
    budget = Budget("account", "month", NANO)
    account.set_budgets(budget)
    with logged() as lines:
        process.call(account, NANO, 3 * NANO)
    assert warnings(lines()) == [50, 80, 100]
    account.set_budgets(Budget("account", "month", 10 * NANO))
    with logged() as lines:
        process.call(account, NANO, 3 * NANO)
    assert warnings(lines()) == [50]
