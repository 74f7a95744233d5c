"""The state of a budget in one period: what is settled, and what calls in progress have reserved.

Each reservation has a name of its own, so that a settlement that is sent twice, because a response
of the database was lost, counts once.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import msgspec

SLOT = 60
"""Seconds. A reservation expires at the end of a slot of the clock. Clocks may differ by one."""

THRESHOLDS = (50, 80, 100)
"""Percentages of a budget at which a warning is logged."""

_ID_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 7


class CostReservation(msgspec.Struct, frozen=True):
    """`amount` nano-dollars that a call has reserved until the slot `slot` of the clock."""

    id: str
    slot: int
    amount: int

    def has_expired(self, now: float) -> bool:
        """Return whether anyone may give it back: a slot later, as clocks differ."""
        return now >= (self.slot + 2) * SLOT

    def is_safe(self, now: float) -> bool:
        """Return whether nobody else can have given it back yet."""
        return now < (self.slot + 1) * SLOT


def new_reservation(amount: int, until: float) -> CostReservation:
    """Return a reservation that lasts at least until `until` (epoch seconds)."""
    # One system call. Some characters are slightly likelier, which does not matter.
    id_ = "".join([_ID_CHARACTERS[byte % 36] for byte in os.urandom(_ID_LENGTH)])
    return CostReservation(id_, math.ceil(until / SLOT), amount)


class Settlement(msgspec.Struct, frozen=True):
    """The end of a reservation, for a call that cost `cost` nano-dollars.

    `kept` is a new reservation for a later call, which takes the place of the ended one.
    """

    reservation: CostReservation
    cost: int = 0
    kept: CostReservation | None = None


class BudgetState(msgspec.Struct, frozen=True):
    """The counter of a budget's period, in nano-dollars.

    `total` is `spent`, what is settled, and all reservations, expired ones too. `warned` is the
    highest threshold that was logged, for the amount `warned_for`.
    """

    total: int = 0
    spent: int = 0
    reservations: tuple[CostReservation, ...] = ()
    warned: int = 0
    warned_for: int | None = None

    def expired(self, now: float) -> list[CostReservation]:
        """Return the reservations that calls left when their process ended."""
        return [item for item in self.reservations if item.has_expired(now)]

    def reserved(self, now: float) -> int:
        """Return what calls in progress have reserved."""
        return sum(item.amount for item in self.reservations if not item.has_expired(now))

    def remaining(self, amount: int, now: float) -> int:
        """Return what is left of a budget of `amount`."""
        return max(0, amount - self.spent - self.reserved(now))

    def warned_at(self, amount: int) -> int:
        """Return the highest threshold of a budget of `amount` that was logged, 0 if none was."""
        return self.warned if self.warned_for == amount else 0

    def reached(self, amount: int) -> Sequence[int]:
        """Return the thresholds of a budget of `amount` that are reached but not logged."""
        logged = self.warned_at(amount)
        return [
            threshold
            for threshold in THRESHOLDS
            if amount and threshold > logged and self.spent * 100 >= threshold * amount
        ]
