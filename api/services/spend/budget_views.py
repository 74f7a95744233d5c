"""A budget as the API shows it."""

from __future__ import annotations

from typing import Literal

from api.schemas.budgets import BudgetScopeView, BudgetView, LastMonth
from api.spend.budgets import Budget
from api.spend.money import as_usd
from api.spend.periods import PeriodSpan
from api.spend.reservations import BudgetState
from api.storage.tokens import Token


def budget_view(
    budget: Budget,
    token: Token | None,
    span: PeriodSpan,
    state: BudgetState,
    replayed: LastMonth | None,
    unpriced_apis: list[str],
    now: float,
) -> BudgetView:
    """Return a budget with the state of its period `span`."""
    kind, _, name = budget.scope.partition(":")
    return BudgetView(
        budget_id=budget.budget_id,
        scope=BudgetScopeView(
            type=_kind(kind),
            api_name=name if kind == "api" else None,
            token_id=name if kind == "token" else None,
            name=None if token is None else token.name,
        ),
        period=budget.period,
        amount_usd=as_usd(budget.amount),
        time_zone=budget.time_zone,
        spent_usd=as_usd(state.spent),
        reserved_usd=as_usd(state.reserved(now)),
        remaining_usd=as_usd(state.remaining(budget.amount, now)),
        starts_at=int(span.starts_at),
        reset_at=None if span.ends_at is None else int(span.ends_at),
        percent=state.spent * 100 // budget.amount,
        warned=_warned(state.spent, budget.amount),
        last_month=replayed,
        unpriced_apis=unpriced_apis,
    )


def _kind(text: str) -> Literal["account", "api", "token"]:
    if text == "api":
        return "api"
    return "token" if text == "token" else "account"


def _warned(spent: int, amount: int) -> Literal[0, 50, 80, 100]:
    """Return the highest threshold that is reached, also after a change of the amount."""
    percent = spent * 100
    if percent >= 100 * amount:
        return 100
    if percent >= 80 * amount:
        return 80
    return 50 if percent >= 50 * amount else 0
