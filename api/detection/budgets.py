"""Budgets of which 50, 80 or 100 percent are spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from api.detection.observation import Observation
from api.services.notifications.wording import amount_text, shown_name, utc
from api.spend.budgets import Budget
from api.spend.periods import PeriodSpan
from api.spend.reservations import THRESHOLDS, BudgetState
from api.storage.notifications import Fact

_PERIODS = {"day": "today", "week": "this week", "month": "this month", "total": "in all"}


def budget_findings(
    budgets: Iterable[tuple[Budget, PeriodSpan, BudgetState]], token_names: Mapping[str, str]
) -> Iterator[Observation]:
    """Find the highest threshold that each budget has reached in its period.

    It is notified once for each amount of the budget. `token_names` are those of tokens, by id.
    """
    for budget, span, state in budgets:
        reached = [
            threshold
            for threshold in THRESHOLDS
            if budget.amount > 0 and state.spent * 100 >= threshold * budget.amount
        ]
        if reached:
            yield _finding(budget, span, state, reached[-1], token_names)


def _finding(
    budget: Budget,
    span: PeriodSpan,
    state: BudgetState,
    threshold: int,
    token_names: Mapping[str, str],
) -> Observation:
    window = f"{span.start_name}:{budget.amount}:{threshold}"
    whose = _whose(budget, token_names)
    percent = state.spent * 100 // budget.amount
    title = f"The {budget.period} budget of {whose} is at {threshold} %"
    advice = "Calls that could exceed it are rejected. Raise it if that is too early."
    if threshold == 100:
        title = f"The {budget.period} budget of {whose} is spent"
        advice = "Calls that cost something are rejected until then. Raise it to go on."
    resets = "It never resets."
    facts: dict[str, Fact] = {
        "budget_id": budget.budget_id,
        "threshold": threshold,
        "percent": percent,
        "spent_usd": amount_text(state.spent)[1:].replace(",", ""),
        "amount_usd": amount_text(budget.amount)[1:].replace(",", ""),
    }
    if span.ends_at is not None:
        resets = f"It resets at {utc(span.ends_at)}."
        facts["reset_at"] = int(span.ends_at)
    elif threshold == 100:
        advice = "Calls that cost something are rejected. Raise it to go on."
    return Observation(
        name=f"budget:{budget.budget_id}:{window}",
        event="budget",
        subject=budget.budget_id,
        title=title,
        text=f"Calls of {whose} cost {amount_text(state.spent)} of {amount_text(budget.amount)} "
        f"{_PERIODS[budget.period]} ({percent} %). {resets} {advice}",
        facts=facts,
        until=None if span.ends_at is None else int(span.ends_at),
        window=window,
    )


def _whose(budget: Budget, token_names: Mapping[str, str]) -> str:
    kind, _, name = budget.scope.partition(":")
    if kind == "api":
        return name
    if kind == "token":
        return f"the token “{shown_name(token_names.get(name, name))}”"
    return "the account"
