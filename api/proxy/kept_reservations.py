"""Reservations that outlive their call, so that the next one of this process needs none.

A call with a budget then needs one write more than a call without: the settlement, in the trip that
records it. What is kept stays reserved, so a budget is never exceeded. A reservation is kept only
if it is small compared with the budget, and if at least half of the budget is left.

A call that would be refused takes over what any process of this machine keeps. Processes elsewhere
cannot be asked, so where there may be some, less is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from api.proxy.call_budgets import BudgetHold, Counter
from api.proxy.kept_ids import KeptIds
from api.short_lock import ShortLock
from api.spend.reservations import SLOT, BudgetState, CostReservation

KEPT_SECONDS = 60.0
"""How long a later call can take a reservation that is kept."""

# How long a reservation is kept without a call, where a periodic task can end it.
_IDLE_SECONDS = 5.0

# Of each counter: so that its item stays within one write unit.
_MAX_KEPT = 8
_MAX_RESERVATIONS = 24
# A reservation is at most this part of the budget, and all that one process keeps this one.
_LARGEST_PART = 50
_LARGEST_SUM = 10
# The same parts of what is left, where processes elsewhere keep some, too: of one reservation, and
# of all reservations together.
_LARGEST_PART_LEFT = 200
_LARGEST_SUM_LEFT = 20


class _Kept(msgspec.Struct, frozen=True):
    hold: BudgetHold
    since: float


class KeptReservations:
    """The reservations that this process keeps. Thread-safe. Times are epoch seconds.

    `ids` has those that no call has taken yet, here or in another process.
    """

    def __init__(self, ids: KeptIds | None = None) -> None:
        self._ids = ids or KeptIds()
        self._kept: dict[Counter, list[_Kept]] = {}
        self._lock = ShortLock()

    def may_keep(self, hold: BudgetHold) -> bool:
        """Return whether the reservation of a call that ends should be kept."""
        amount, state = hold.budget.amount, hold.state or BudgetState()
        if not 0 < hold.reservation.amount * _LARGEST_PART <= amount or state.total * 2 > amount:
            return False
        if not self._ids.is_complete and not _leaves_room(hold.reservation.amount, amount, state):
            return False
        kept = self.of(hold.counter)
        total = hold.reservation.amount + sum(item.amount for item in kept)
        return (
            len(kept) < _MAX_KEPT
            and total * _LARGEST_SUM <= amount
            and len(state.reservations) < _MAX_RESERVATIONS
        )

    def put(self, hold: BudgetHold, now: float) -> bool:
        """Keep a reservation, with the state of its budget. Return False if that is impossible."""
        if not self._ids.add(hold.reservation.id):
            return False
        with self._lock:
            self._kept.setdefault(hold.counter, []).append(_Kept(hold, now))
        return True

    def take(self, wanted: BudgetHold, until: float) -> BudgetHold | None:
        """Return a reservation for a call that ends before `until`, no longer kept. None if none
        is large enough, or if the budget was changed.
        """
        if not self._kept:
            return None
        with self._lock:
            kept = self._kept.get(wanted.counter, [])
            for position in reversed(range(len(kept))):
                hold = kept[position].hold
                if (
                    hold.budget == wanted.budget
                    and hold.reservation.amount >= wanted.reservation.amount
                    and hold.reservation.slot * SLOT >= until
                ):
                    del kept[position]
                    if self._ids.take(hold.reservation.id):
                        return hold
        return None

    def of(self, counter: Counter) -> list[CostReservation]:
        """Return what is kept of a counter."""
        return self.kept_of([kept.hold.reservation for kept in self._kept.get(counter, ())])

    def kept_of(self, reservations: Iterable[CostReservation]) -> list[CostReservation]:
        """Return those reservations that are kept, by any process that can be asked."""
        return [item for item in reservations if item.id in self._ids]

    def claim(self, reservation: CostReservation) -> bool:
        """Take a reservation over, to end it. Return False if it is no longer kept."""
        return self._ids.take(reservation.id)

    def take_idle(self, now: float) -> list[BudgetHold]:
        """Return what no call has used for a while, no longer kept."""
        # A clock that was set back must not keep anything for long.
        return self._take(lambda kept: abs(now - kept.since) >= _IDLE_SECONDS)

    def take_all(self) -> list[BudgetHold]:
        """Return everything, no longer kept."""
        return self._take(lambda _: True)

    def _take(self, is_taken: Callable[[_Kept], bool]) -> list[BudgetHold]:
        taken = []
        with self._lock:
            for counter, kept in list(self._kept.items()):
                left = [item for item in kept if not is_taken(item)]
                taken += [item.hold for item in kept if item not in left]
                if left:
                    self._kept[counter] = left
                else:
                    del self._kept[counter]
        # What others have taken over they end themselves.
        return [hold for hold in taken if self._ids.take(hold.reservation.id)]


def _leaves_room(bound: int, amount: int, state: BudgetState) -> bool:
    """Return whether all that processes elsewhere may keep is little of what is left.

    `state` has the reservation of the call that ends.
    """
    left = amount - state.total
    reserved = sum(item.amount for item in state.reservations)
    return bound * _LARGEST_PART_LEFT <= left and reserved * _LARGEST_SUM_LEFT <= left
