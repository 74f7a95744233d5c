"""What one call has reserved in the budgets that apply to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from api.errors import Problem
from api.limits.status import LimitStatus
from api.spend.budgets import ApiPricing, Budget
from api.spend.money import NANO
from api.spend.periods import PeriodSpan
from api.spend.reservations import BudgetState, CostReservation
from api.spend.usage import Bound

if TYPE_CHECKING:
    from api.proxy.budget_ledger import BudgetLedger
    from api.proxy.budget_updates import SettleUpdate


Counter = tuple[str, str, str, str]
"""What identifies the counter of a budget: user, scope, period, name of the period's start."""


def counter_of(username: str, budget: Budget, span: PeriodSpan) -> Counter:
    """Return what identifies the counter of a budget in a period."""
    return username, budget.scope, budget.period, span.start_name


class BudgetHold(msgspec.Struct, eq=False):
    """One call's reservation in one budget. `is_held` is false until it is made, if it was refused,
    and after it has ended. `is_kept` is true if an earlier call made it.

    `state` is that of the budget when it was made or refused. `spare` nano-dollars must be left.
    """

    username: str
    budget: Budget
    span: PeriodSpan
    reservation: CostReservation
    spare: int = 0
    state: BudgetState | None = None
    is_held: bool = False
    is_kept: bool = False

    @property
    def counter(self) -> Counter:
        """What identifies the counter."""
        return counter_of(self.username, self.budget, self.span)

    @property
    def wanted(self) -> int:
        """What must be left for the reservation to be made."""
        return self.reservation.amount + self.spare


class CallBudgets(msgspec.Struct, eq=False):
    """The budgets of a call that began at `at` and ends before `until` (epoch seconds).

    `bound` is the most that it can cost, with this `pricing`. A call that certainly costs nothing
    has budgets but no holds.
    """

    ledger: BudgetLedger
    username: str
    at: float
    until: float
    pricing: ApiPricing
    bound: Bound
    periods: tuple[tuple[Budget, PeriodSpan], ...] = ()
    holds: tuple[BudgetHold, ...] = ()
    is_refused: bool = False

    @property
    def is_free(self) -> bool:
        """Whether the call certainly costs nothing."""
        return self.bound.is_certain and not self.bound.amount

    def settle(self, cost: int) -> list[SettleUpdate]:
        """Return the updates that end the reservations with what the call cost, once."""
        return self.ledger.settle(self, max(0, cost))

    def give_back(self) -> list[SettleUpdate]:
        """Return the updates that end the reservations of a call that is not made, once."""
        return self.ledger.give_back(self)

    def statuses(self, now: float) -> tuple[LimitStatus, ...]:
        """Return the budgets as limits in whole dollars: 0 only if nothing is left.

        Of several budgets with the same period, the one with the least left is returned.
        """
        shown: dict[str, LimitStatus] = {}
        for hold in self.holds:
            if hold.state is None:
                continue
            budget, ends_at = hold.budget, hold.span.ends_at
            status = LimitStatus(
                name=f"budget-{budget.period}",
                limit=max(1, (budget.amount + NANO // 2) // NANO),
                window=0 if ends_at is None else round(ends_at - hold.span.starts_at),
                remaining=-(-hold.state.remaining(budget.amount, now) // NANO),
                reset_at=math.inf if ends_at is None else ends_at,
                success=hold.is_held,
                unit="usd",
            )
            other = shown.get(status.name)
            if other is None or status.remaining < other.remaining:
                shown[status.name] = status
        return tuple(shown.values())

    def problem(self, now: float) -> Problem | None:
        """Return the problem for the budgets that refused the call, None if none did."""
        refusing = [hold for hold in self.holds if not hold.is_held]
        if not refusing and not self.is_refused:
            return None
        from api.proxy.budget_problems import budget_exceeded, cost_unbounded

        if self.is_refused:
            return cost_unbounded(self.periods[0][0])
        latest = max(refusing, key=lambda hold: hold.span.ends_at or math.inf)
        return budget_exceeded(
            latest.budget, latest.span, latest.state or BudgetState(), self.bound, now
        )
