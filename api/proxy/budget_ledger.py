"""Settles in budgets what calls cost.

Whatever happens to a call, its reservations end once: with its record, with a later call of this
process after a failure of the database, or when they expire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from api.errors import StorageError
from api.logs import log_event
from api.proxy.budget_updates import ReserveUpdate, SettleUpdate, merged, reserve_updates
from api.proxy.call_budgets import BudgetHold, CallBudgets
from api.proxy.kept_ids import KeptIds
from api.proxy.kept_reservations import KEPT_SECONDS, KeptReservations
from api.short_lock import ShortLock
from api.spend.money import usd_text
from api.spend.reservations import (
    BudgetState,
    CostReservation,
    Settlement,
    new_reservation,
)
from api.storage.budget_counters import BudgetCounters
from api.storage.table import ConditionFailed, Outcome, Table, TransactionFailed

# What a process remembers to settle while the database fails, and settles with one record.
_MAX_UNSETTLED = 10_000
_UNSETTLED_AT_ONCE = 10


class BudgetLedger:
    """Ends the reservations of the calls of one process, and knows which are kept. Thread-safe.

    A call lasts at most `call_seconds`. `clock` returns epoch seconds. `kept_ids` are shared with
    other processes.
    """

    def __init__(
        self,
        table: Table,
        clock: Callable[[], float],
        call_seconds: float,
        kept_ids: KeptIds | None = None,
    ) -> None:
        self.counters = BudgetCounters(table)
        self.kept = KeptReservations(kept_ids)
        self._table = table
        self._clock = clock
        self._call_seconds = call_seconds
        self._unsettled: list[SettleUpdate] = []
        self._lock = ShortLock()

    def updates(self, holds: Sequence[BudgetHold], now: float) -> list[ReserveUpdate]:
        """Return the updates that make reservations."""
        return reserve_updates(self, holds, now)

    def settle(self, budgets: CallBudgets, cost: int) -> list[SettleUpdate]:
        """Return the updates that end a call's reservations with its cost, once.

        A call without a reservation adds its cost to its budgets by a trip of its own.
        """
        holds = {hold.budget: hold for hold in budgets.holds if hold.is_held}
        updates = []
        for budget, span in budgets.periods:
            hold = holds.get(budget)
            if hold is not None:
                hold.is_held = False
                kept = self._to_keep(hold)
                updates.append(self._settle_update(hold, Settlement(hold.reservation, cost, kept)))
            elif cost:
                update = SettleUpdate(self.counters, budgets.username, budget, span, ())
                self._add_cost(update, cost)
        budgets.periods = ()
        return updates

    def give_back(self, budgets: CallBudgets) -> list[SettleUpdate]:
        """Return the updates that end the reservations of a call that is not made, once."""
        held = [hold for hold in budgets.holds if hold.is_held]
        budgets.periods, budgets.holds = (), ()
        return self._ended(held)

    def merged(self, updates: Sequence[SettleUpdate]) -> list[SettleUpdate]:
        """Return one update for each counter, with the settlements of all."""
        return merged(updates)

    def abandon(self, budgets: CallBudgets) -> None:
        """Give back later what a call has or may have reserved."""
        holds = budgets.holds
        budgets.periods, budgets.holds = (), ()
        self.remember(self._ended(holds))

    def remember(self, updates: Sequence[SettleUpdate]) -> None:
        """Settle later what could not be settled now, without what is complete."""
        with self._lock:
            self._unsettled += [update for update in updates if not update.is_complete]
            # The reservations of what is left out expire.
            del self._unsettled[:-_MAX_UNSETTLED]

    def take_unsettled(self) -> list[SettleUpdate]:
        """Return updates that an earlier call left."""
        if not self._unsettled:
            return []
        with self._lock:
            taken = self._unsettled[:_UNSETTLED_AT_ONCE]
            del self._unsettled[: len(taken)]
        return taken

    def finish(self, updates: Sequence[SettleUpdate], outcomes: Sequence[Outcome]) -> None:
        """Complete updates that were sent: settle again what can be settled without keeping
        anything, add what had expired, and log the thresholds that were reached.

        Costs no trip as a rule. Raises no StorageError: what fails is settled later.
        """
        again: list[SettleUpdate] = []
        for update, outcome in zip(updates, outcomes, strict=True):
            update.is_complete = True
            state = self.counters.state(outcome)
            if isinstance(outcome, ConditionFailed):
                again += self._unfinished(update, state)
            self._keep(update, state)
            self._log_thresholds(update, state)
        if again:
            self.send(again)

    def run(self) -> None:
        """Settle what is left, and end what is kept without need."""
        self._end_all(self.kept.take_idle(self._clock()))

    def close(self) -> None:
        """Settle what is left, and end what is kept, because the process ends."""
        self._end_all(self.kept.take_all())

    def _end_all(self, holds: Sequence[BudgetHold]) -> None:
        self.remember([self.ended(hold) for hold in holds])
        while updates := self.take_unsettled():
            if not self.send(updates):
                return

    def send(self, updates: Sequence[SettleUpdate]) -> bool:
        """Carry out updates in a trip of their own. Return False if the database failed."""
        try:
            outcomes = self._table.batch([update.operation() for update in updates])
        except StorageError:
            self.remember(updates)
            return False
        self.finish(updates, outcomes)
        return True

    def _to_keep(self, hold: BudgetHold) -> CostReservation | None:
        """Return the reservation that a call leaves to the next one, None if it leaves none."""
        if not self.kept.may_keep(hold):
            return None
        until = self._clock() + self._call_seconds + KEPT_SECONDS
        return new_reservation(hold.reservation.amount, until)

    def _keep(self, update: SettleUpdate, state: BudgetState) -> None:
        """Keep what an update has reserved for later calls."""
        for settlement in update.settlements:
            reservation = settlement.kept
            if reservation is not None and reservation in state.reservations:
                hold = BudgetHold(
                    update.username,
                    update.budget,
                    update.span,
                    reservation,
                    state=state,
                    is_held=True,
                    is_kept=True,
                )
                if not self.kept.put(hold, self._clock()):
                    self.remember([self.ended(hold)])

    def _ended(self, holds: Sequence[BudgetHold]) -> list[SettleUpdate]:
        """Keep again what was kept before. Return the updates that end the other reservations."""
        updates = []
        for hold in holds:
            if not hold.is_kept or not self.kept.put(hold, self._clock()):
                updates.append(self.ended(hold))
        return updates

    def _unfinished(self, update: SettleUpdate, state: BudgetState) -> list[SettleUpdate]:
        """Return what is left of an update that was not carried out. Add the costs of calls whose
        reservations have expired.
        """
        present = []
        for settlement in update.settlements:
            if settlement.reservation in state.reservations:
                present.append(Settlement(settlement.reservation, settlement.cost))
            elif settlement.cost and not settlement.reservation.is_safe(self._clock()):
                self._add_cost(update, settlement.cost)
            # Otherwise an earlier attempt was carried out, whose response was lost.
        return [update.of(present)] if present else []

    def _add_cost(self, update: SettleUpdate, cost: int) -> None:
        username, budget = update.username, update.budget
        try:
            self.counters.add_cost(username, budget, update.span, cost)
        except (StorageError, TransactionFailed):
            log_event(
                "cost_not_settled",
                level="error",
                user=username,
                budget=budget.budget_id,
                cost_usd=float(usd_text(cost)),
            )

    def _log_thresholds(self, update: SettleUpdate, state: BudgetState) -> None:
        """Log the thresholds that a budget has reached, each in one call of all processes."""
        budget = update.budget
        reached = state.reached(budget.amount)
        if not reached:
            return
        with suppress(StorageError):
            operation = self.counters.mark_op(update.username, budget, update.span, reached[-1])
            if isinstance(self._table.batch([operation])[0], ConditionFailed):
                return
            for threshold in reached:
                log_event(
                    "budget_threshold_reached",
                    level="warning",
                    user=update.username,
                    budget=budget.budget_id,
                    percent=threshold,
                    spent_usd=float(usd_text(state.spent)),
                    amount_usd=float(usd_text(budget.amount)),
                )

    def ended(self, hold: BudgetHold) -> SettleUpdate:
        """Return the update that gives a reservation back."""
        return self._settle_update(hold, Settlement(hold.reservation))

    def _settle_update(self, hold: BudgetHold, settlement: Settlement) -> SettleUpdate:
        return SettleUpdate(self.counters, hold.username, hold.budget, hold.span, [settlement])
