"""Budget counters: `USER#{username}` / `BUDGET#{scope}#{period}#{first local day}`.

One item for each budget and period: `total` (settled and reserved), `spent` (settled), and one
attribute `r{slot}_{id}` for each reservation. Each write requires that the reservations that it
ends exist, so a repetition after a lost response changes nothing. Its condition fails, and the item
shows which of the two happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.aws.json_client import Operation
from api.spend.budgets import Budget
from api.spend.periods import PeriodSpan
from api.spend.reservations import BudgetState, CostReservation, Settlement
from api.storage.page import delete_expired
from api.storage.table import ConditionFailed, Outcome, Table, attributes
from api.storage.users import user_partition

_PREFIX = "BUDGET#"
_KEPT = 400 * 86_400
"""How long the counter of a past period is kept, in seconds."""

MOST_AT_ONCE = 50
"""Reservations that one write ends at most: an expression of DynamoDB has at most 4 KB."""


class BudgetCounters:
    """Reserves, settles and reads amounts. All amounts are nano-dollars."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve_op(
        self,
        username: str,
        budget: Budget,
        span: PeriodSpan,
        wanted: Sequence[CostReservation],
        released: Sequence[CostReservation] = (),
        spare: int = 0,
    ) -> Operation:
        """Reserve amounts, all or none, and end the reservations `released` in the same write.

        The condition fails if `total` would exceed the budget less `spare`, if a reservation of
        `wanted` exists, or if one of `released` does not. `state` reads the outcome.
        """
        more = _sum(wanted) - _sum(released)
        room = budget.amount - spare - more
        fits = "#total <= :room"
        if room >= 0:  # The total of no item is 0.
            fits = f"(attribute_not_exists(#total) OR {fits})"
        conditions = [fits, *_exist(released), *_are_absent(wanted)]
        values: dict[str, Any] = {":room": room, ":more": more}
        sets = _sets(wanted, values)
        sets += _expiry(span, values)
        return self._update_op(
            username, budget, span, sets, released, "#total :more", values, conditions
        )

    def settle_op(
        self, username: str, budget: Budget, span: PeriodSpan, settlements: Sequence[Settlement]
    ) -> Operation:
        """End reservations, add their costs, and keep new ones.

        The condition fails if one of the reservations does not exist: it was ended by an earlier
        attempt, or has expired. It also fails if there is no room for those to keep.
        """
        ended = [settlement.reservation for settlement in settlements]
        kept = [item.kept for item in settlements if item.kept is not None]
        cost = sum(settlement.cost for settlement in settlements)
        more = cost - _sum(ended) + _sum(kept)
        values: dict[str, Any] = {":more": more, ":cost": cost}
        conditions = _exist(ended)
        if kept:
            values[":room"] = budget.amount - more
            conditions.append("#total <= :room")
        return self._update_op(
            username,
            budget,
            span,
            _sets(kept, values),
            ended,
            "#total :more, spent :cost",
            values,
            conditions,
        )

    def add_cost(self, username: str, budget: Budget, span: PeriodSpan, cost: int) -> None:
        """Add the cost of a call without a reservation, once. Costs a trip of its own."""
        values: dict[str, Any] = {":cost": cost}
        sets = _expiry(span, values)
        adds = "#total :cost, spent :cost"
        operation = self._update_op(username, budget, span, sets, (), adds, values, ())
        # A transaction is not carried out twice, whatever responses are lost.
        self._table.transact([operation])

    def start_op(self, username: str, budget: Budget, span: PeriodSpan, spent: int) -> Operation:
        """Begin a period with what calls cost before the budget was set. Fails if it has begun."""
        values: dict[str, Any] = {":cost": spent}
        sets = _expiry(span, values)
        adds = "#total :cost, spent :cost"
        has_not_begun = ("attribute_not_exists(#total)",)
        return self._update_op(username, budget, span, sets, (), adds, values, has_not_begun)

    def mark_op(self, username: str, budget: Budget, span: PeriodSpan, threshold: int) -> Operation:
        """Store that a threshold was logged. The condition fails if another call did that."""
        return self._table.update_op(
            user_partition(username),
            _sort_key(budget, span),
            "SET warned = :threshold, warned_for = :amount",
            {":threshold": threshold, ":amount": budget.amount},
            condition="attribute_not_exists(warned) OR warned < :threshold "
            "OR warned_for <> :amount",
        )

    @staticmethod
    def state(outcome: Outcome) -> BudgetState:
        """Return the state after a write, or the state that made its condition fail."""
        if isinstance(outcome, ConditionFailed):
            return _as_state(outcome.item or {})
        return _as_state(attributes(outcome))

    def read(
        self, username: str, periods: Sequence[tuple[Budget, PeriodSpan]]
    ) -> list[BudgetState]:
        """Read the states of budgets in periods."""
        pk = user_partition(username)
        keys = [(pk, _sort_key(budget, span)) for budget, span in periods]
        items = self._table.get_many(list(dict.fromkeys(keys)))
        return [_as_state(items.get(key, {})) for key in keys]

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired counters of past periods."""
        delete_expired(self._table, user_partition(username), _PREFIX, now)

    def _update_op(
        self,
        username: str,
        budget: Budget,
        span: PeriodSpan,
        sets: Sequence[str],
        removed: Sequence[CostReservation],
        adds: str,
        values: dict[str, Any],
        conditions: Sequence[str],
    ) -> Operation:
        names = {"#total": "total"}
        if ":ttl" in values:
            names["#ttl"] = "ttl"
        clauses = [f"ADD {adds}"]
        if sets:
            clauses.append(f"SET {', '.join(sets)}")
        if removed:
            clauses.append(f"REMOVE {', '.join(map(_attribute, removed))}")
        return self._table.update_op(
            user_partition(username),
            _sort_key(budget, span),
            " ".join(clauses),
            values,
            names,
            condition=" AND ".join(conditions) or None,
            returning="ALL_NEW",
        )


def _sort_key(budget: Budget, span: PeriodSpan) -> str:
    return f"{_PREFIX}{budget.scope}#{budget.period}#{span.start_name}"


def _attribute(reservation: CostReservation) -> str:
    return f"r{reservation.slot}_{reservation.id}"


def _exist(reservations: Sequence[CostReservation]) -> list[str]:
    return [f"attribute_exists({_attribute(item)})" for item in reservations]


def _are_absent(reservations: Sequence[CostReservation]) -> list[str]:
    return [f"attribute_not_exists({_attribute(item)})" for item in reservations]


def _sets(reservations: Sequence[CostReservation], values: dict[str, Any]) -> list[str]:
    """Return the assignments that store reservations; add their amounts to `values`."""
    sets = []
    for position, reservation in enumerate(reservations):
        values[f":r{position}"] = reservation.amount
        sets.append(f"{_attribute(reservation)} = :r{position}")
    return sets


def _expiry(span: PeriodSpan, values: dict[str, Any]) -> list[str]:
    """Return the assignment that lets the counter of a past period expire."""
    if span.ends_at is None:
        return []
    values[":ttl"] = int(span.ends_at) + _KEPT
    return ["#ttl = :ttl"]


def _sum(reservations: Sequence[CostReservation]) -> int:
    return sum(reservation.amount for reservation in reservations)


def _as_state(item: dict[str, Any]) -> BudgetState:
    reservations = []
    for name, value in item.items():
        slot, separator, id_ = name[1:].partition("_")
        if separator and name[0] == "r" and slot.isdigit():
            reservations.append(CostReservation(id_, int(slot), int(value)))
    warned_for = item.get("warned_for")
    return BudgetState(
        int(item.get("total", 0)),
        int(item.get("spent", 0)),
        tuple(reservations),
        int(item.get("warned", 0)),
        None if warned_for is None else int(warned_for),
    )
