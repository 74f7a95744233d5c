"""The problems of calls that a budget refuses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from api.errors import DO_NOT_RETRY, Problem
from api.spend.budgets import Budget
from api.spend.money import as_usd, usd_text
from api.spend.periods import PeriodSpan, zone_of
from api.spend.reservations import BudgetState
from api.spend.usage import Bound

_PER = {"day": " a day", "week": " a week", "month": " a month", "total": " in all"}


def budget_exceeded(
    budget: Budget, span: PeriodSpan, state: BudgetState, bound: Bound, now: float
) -> Problem:
    """Return the problem of a call that may cost more than what is left of a budget."""
    reserved = state.reserved(now)
    left = max(0, budget.amount - state.spent - reserved)
    reset_at = None if span.ends_at is None else math.ceil(span.ends_at)
    headers: tuple[tuple[str, str], ...] = DO_NOT_RETRY
    if reset_at is not None:
        headers = (("Retry-After", str(max(1, math.ceil(reset_at - now)))), *headers)
    advice = ["raise the budget in API Dashboard"]
    if left:
        advice.insert(0, "ask for less")
    if reset_at is not None and bound.amount <= budget.amount:
        advice.append(f"wait until {_local_time(reset_at, budget)}")
    held = f", {_text(reserved)} reserved by calls in progress" if reserved else ""
    counted = f"{_text(state.spent)} spent{held}"
    if left:
        may = "may cost" if bound.is_certain else "cannot be bounded and reserves"
        detail = (
            f"{_described(budget)} does not cover this call: {counted}. {_text(left)} is left, and "
            f"the call {may} {_text(bound.amount)}."
        )
    else:
        detail = f"{_described(budget)} is used up: {counted}."
    spent = as_usd(state.spent)
    return Problem(
        "budget_exceeded",
        f"{detail} {_alternatives(advice)}",
        headers=headers,
        budget=_member(budget),
        amount_usd=as_usd(budget.amount),
        spent=spent,
        spent_usd=spent,
        reserved_usd=as_usd(reserved),
        reset_at=reset_at,
    )


def cost_unbounded(budget: Budget) -> Problem:
    """Return the problem of a call whose cost has no certain bound, where such are refused."""
    return Problem(
        "cost_unbounded",
        f"{_described(budget)} applies, nothing bounds what this call may cost, and the API's "
        "prices say that such calls are refused. Set a maximum of output tokens in the request, "
        "or let such calls be counted afterwards in API Dashboard.",
        headers=DO_NOT_RETRY,
        budget=_member(budget),
    )


def _member(budget: Budget) -> dict[str, str]:
    return {"id": budget.budget_id, "scope": budget.scope, "period": budget.period}


def _described(budget: Budget) -> str:
    kind, _, name = budget.scope.partition(":")
    whose = {"account": "the account", "token": "this token"}.get(kind, name)
    return f"The budget of {_text(budget.amount)}{_PER[budget.period]} for {whose}"


def _alternatives(advice: Sequence[str]) -> str:
    """Return a sentence that says what can be done."""
    *others, last = advice
    text = f"{', '.join(others)}, or {last}." if others else f"{last}."
    return text[0].upper() + text[1:]


def _local_time(at: int, budget: Budget) -> str:
    """Return an instant in the budget's time zone: "1 December 2026, 00:00 (Europe/Zurich)"."""
    local = datetime.fromtimestamp(at, zone_of(budget))
    return f"{local.day} {local:%B %Y, %H:%M} ({budget.time_zone})"


def _text(nano: int) -> str:
    return f"{usd_text(nano)} USD"
