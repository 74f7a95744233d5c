"""The lines of `status` on spend and on budgets that are nearly spent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.cli.commands.status import SECTIONS

BUDGET: dict[str, Any] = {
    "budget_id": "account:total", "spent_usd": 4.5, "amount_usd": 5.0, "remaining_usd": 0.5,
    "percent": 90, "reset_at": None,
}  # fmt: skip
[SECTION] = [section for section in SECTIONS if section.name == "spend"]


def read(*budgets: dict[str, Any]) -> dict[str, Any]:
    """Return the section of an account with these budgets."""
    answers: dict[str, Any] = {
        "/api/spend": {"today_usd": 0.0004, "month_usd": 1234.5, "series": []},
        "/api/budgets": {"items": list(budgets)},
    }
    client = SimpleNamespace(call=lambda _method, path: answers[path])
    found: dict[str, Any] = SECTION.read(cast(Any, client))
    return found


def test_only_budgets_near_their_end_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = {**BUDGET, "budget_id": "account:day", "percent": 79}
    found = read(quiet, BUDGET)
    assert found == {"today_usd": 0.0004, "month_usd": 1234.5, "budgets_near_limit": [BUDGET]}
    SECTION.show(found)
    assert capsys.readouterr().out.splitlines() == [
        "Spend     0.0004 USD today, 1,234.50 USD this month",
        "Budget    account:total: 4.50 of 5.00 USD is spent (90%)",
    ]


def test_a_budget_that_reservations_use_up_is_shown() -> None:
    reserved = {**BUDGET, "percent": 10, "remaining_usd": 0.0}
    assert read(reserved)["budgets_near_limit"] == [reserved]
