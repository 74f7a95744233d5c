"""The writes to budget counters, each for one call or for several that share a trip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from api.aws.json_client import Operation
from api.proxy.call_budgets import BudgetHold, Counter, counter_of
from api.spend.budgets import Budget
from api.spend.periods import PeriodSpan
from api.spend.reservations import CostReservation, Settlement
from api.storage.budget_counters import MOST_AT_ONCE, BudgetCounters
from api.storage.table import ConditionFailed, Outcome, Table

if TYPE_CHECKING:
    from api.proxy.budget_ledger import BudgetLedger

# How often a reservation is tried anew because others changed the counter meanwhile.
_ATTEMPTS = 8


class ReserveUpdate:
    """Reserves for holds of one counter at `now`, all or none.

    `released` are reservations that the same write ends: expired ones, and kept ones that no call
    has taken.
    """

    def __init__(
        self,
        ledger: BudgetLedger,
        holds: Sequence[BudgetHold],
        now: float,
        released: Sequence[CostReservation] = (),
        attempt: int = 1,
    ) -> None:
        self._ledger = ledger
        self._holds = holds
        self._now = now
        self._released = released
        self._attempt = attempt

    def operation(self) -> Operation:
        """Return the write."""
        first = self._holds[0]
        return self._ledger.counters.reserve_op(
            first.username,
            first.budget,
            first.span,
            [hold.reservation for hold in self._holds],
            self._released,
            max(hold.spare for hold in self._holds),
        )

    def after(self, outcome: Outcome) -> list[ReserveUpdate]:
        """Set what the holds learn. Return the updates to try next, for those that may fit."""
        state = self._ledger.counters.state(outcome)
        is_made = not isinstance(outcome, ConditionFailed)
        missing = []
        for hold in self._holds:
            hold.state = state
            # After a lost response, the condition fails because the reservation exists.
            hold.is_held = is_made or hold.reservation in state.reservations
            if not hold.is_held:
                missing.append(hold)
        if not missing:
            return []
        stored = set(state.reservations)
        released = [item for item in self._released if item in stored]
        released += [item for item in state.expired(self._now) if item not in released]
        kept = self._ledger.kept.kept_of(stored.difference(released))
        left = state.total - _sum(released)
        fitting = [
            hold for hold in missing if left - _sum(kept) + hold.wanted <= hold.budget.amount
        ]
        if not fitting or self._attempt == _ATTEMPTS:
            self.abandon()
            return []
        first, *others = fitting
        excess = left + first.wanted - first.budget.amount
        for item in kept:
            if excess > 0 and self._ledger.kept.claim(item):
                released.append(item)
                excess -= item.amount
        if len(released) > MOST_AT_ONCE:
            # A process died with many calls in progress.
            self._ledger.send(self._endings(released))
            released = []
        attempt = self._attempt + 1
        return [
            ReserveUpdate(self._ledger, [first], self._now, released, attempt),
            *[ReserveUpdate(self._ledger, [hold], self._now, (), attempt) for hold in others],
        ]

    def abandon(self) -> None:
        """End later what this update was to end, because it may not have been carried out."""
        if self._released:
            self._ledger.remember(self._endings(self._released))

    def _endings(self, reservations: Sequence[CostReservation]) -> list[SettleUpdate]:
        """Return the updates that end reservations of this counter without a cost."""
        first = self._holds[0]
        ended = SettleUpdate(
            self._ledger.counters,
            first.username,
            first.budget,
            first.span,
            [Settlement(reservation) for reservation in reservations],
        )
        return merged([ended])


def reserve_updates(
    ledger: BudgetLedger, holds: Iterable[BudgetHold], now: float
) -> list[ReserveUpdate]:
    """Return the updates that make the missing reservations, one for each counter and amount."""
    by_budget: dict[tuple[Counter, Budget], list[BudgetHold]] = {}
    for hold in holds:
        if not hold.is_held:
            by_budget.setdefault((hold.counter, hold.budget), []).append(hold)
    return [ReserveUpdate(ledger, group, now) for group in by_budget.values()]


def run_updates(table: Table, updates: Sequence[ReserveUpdate]) -> None:
    """Carry out updates and those that follow from them. Costs a trip, seldom more."""
    while updates:
        try:
            outcomes = table.batch([update.operation() for update in updates])
        except BaseException:
            for update in updates:
                update.abandon()
            raise
        updates = [
            following
            for update, outcome in zip(updates, outcomes, strict=True)
            for following in update.after(outcome)
        ]


class SettleUpdate:
    """Ends reservations of one counter. `is_complete` is set when it is known that they ended."""

    def __init__(
        self,
        counters: BudgetCounters,
        username: str,
        budget: Budget,
        span: PeriodSpan,
        settlements: Sequence[Settlement],
    ) -> None:
        self.username = username
        self.budget = budget
        self.span = span
        self.settlements = settlements
        self.is_complete = False
        self._counters = counters

    @property
    def counter(self) -> Counter:
        """What identifies the counter."""
        return counter_of(self.username, self.budget, self.span)

    def operation(self) -> Operation:
        """Return the write."""
        return self._counters.settle_op(self.username, self.budget, self.span, self.settlements)

    def of(self, settlements: Sequence[Settlement]) -> SettleUpdate:
        """Return an update of the same counter with other settlements."""
        return SettleUpdate(self._counters, self.username, self.budget, self.span, settlements)


def merged(updates: Iterable[SettleUpdate]) -> list[SettleUpdate]:
    """Return one update for each counter, with the smallest amount if it was changed meanwhile.

    What is too much for one write is split.
    """
    by_counter: dict[Counter, list[SettleUpdate]] = {}
    for update in updates:
        by_counter.setdefault(update.counter, []).append(update)
    return [
        min(group, key=lambda update: update.budget.amount).of(part)
        for group in by_counter.values()
        for part in _parts([item for update in group for item in update.settlements])
    ]


def _parts(settlements: Sequence[Settlement]) -> Iterable[Sequence[Settlement]]:
    starts = range(0, len(settlements), MOST_AT_ONCE)
    return (settlements[start : start + MOST_AT_ONCE] for start in starts)


def _sum(reservations: Iterable[CostReservation]) -> int:
    return sum(item.amount for item in reservations)
