"""Budgets of which 50, 80 or 100 percent are spent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.detection.budgets import budget_findings
from api.detection.observation import Observation
from api.spend.budgets import Budget
from api.spend.money import from_usd
from api.spend.periods import ALL_TIME, period_of
from api.spend.reservations import BudgetState

NOW = 1_790_000_000


def found(spent: str, amount: str = "10", scope: str = "api:openai", period: str = "month",
          now: float = NOW) -> list[Observation]:  # fmt: skip
    budget = Budget(scope, period, from_usd(Decimal(amount)))  # type: ignore[arg-type]
    state = BudgetState(total=0, spent=from_usd(Decimal(spent)))
    row = (budget, period_of(budget, now), state)
    return list(budget_findings([row], {"t1": "CI\u202e ``@everyone``"}))


@pytest.mark.parametrize(
    ("spent", "threshold"),
    [("0", 0), ("4.999999999", 0), ("5", 50), ("7.99", 50), ("8", 80), ("9.999999999", 80),
     ("10", 100), ("11", 100)],
)  # fmt: skip
def test_only_the_highest_threshold_is_found(spent: str, threshold: int) -> None:
    assert [finding.facts["threshold"] for finding in found(spent)] == [threshold] * (threshold > 0)


def test_a_budget_of_nothing_is_not_found() -> None:
    row = (Budget("account", "day", 0), ALL_TIME, BudgetState(spent=5))
    assert list(budget_findings([row], {})) == []


def test_a_message_has_the_amounts_and_the_reset() -> None:
    (finding,) = found("8.129")
    assert finding.title == "The month budget of openai is at 80 %"
    assert finding.text == (
        "Calls of openai cost $8.12 of $10.00 this month (81 %). It resets at 2026-10-01 00:00 "
        "UTC. Calls that could exceed it are rejected. Raise it if that is too early."
    )
    assert finding.facts["budget_id"] == "api:openai:month"
    (spent,) = found("10", period="total")
    assert spent.until is None and "It never resets." in spent.text
    assert spent.title == "The total budget of openai is spent"


def test_a_threshold_has_a_window_for_each_period_and_amount() -> None:
    windows = {
        found("8", amount, period=period, now=now)[0].window
        for amount in ("10", "9")
        for period, now in [("day", NOW), ("day", NOW + 86_400), ("day", NOW + 1)]
    }
    assert len(windows) == 4


def test_whose_budget_it_is() -> None:
    assert found("5", scope="account")[0].title == "The month budget of the account is at 50 %"
    title = found("5", scope="token:t1")[0].title
    assert title == "The month budget of the token “CI ``@everyone``” is at 50 %"
    assert "the token “gone”" in found("5", scope="token:gone")[0].title
