"""The first trip of a proxied call: reads what authorizes it, counts it in its limits, and reserves
what it may cost in its budgets.

With a database on this machine, calls that come while such a trip is under way share the next one.
It reads each item once, and counts all calls in a limit or a budget by one update.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from api.aws.json_client import Operation
from api.limits.rules import LimitRule
from api.proxy.groups import Groups, Member
from api.storage.authorization_reads import AuthorizationRead, ItemKey, authorization_reads
from api.storage.limits import Count, Limits
from api.storage.table import ConditionFailed, Outcome, Table

if TYPE_CHECKING:
    from api.proxy.budget_updates import ReserveUpdate
    from api.proxy.call_budgets import CallBudgets

# A BatchGetItem reads at most 100 items, and a call needs up to three.
_GROUP_SIZE = 33


class AuthorizationTrip(Member):
    """What one call reads and counts at `now` (epoch seconds), and the outcome.

    `counts` has the outcome for each of `rules`. The holds of `budgets` learn their own.
    """

    def __init__(
        self,
        username: str,
        keys: Sequence[ItemKey],
        rules: Sequence[LimitRule],
        now: float,
        budgets: CallBudgets | None = None,
    ) -> None:
        super().__init__()
        self.username = username
        self.keys = tuple(keys)
        self.rules = rules
        self.now = now
        self.budgets = budgets
        self.records = AuthorizationRead()
        self.counts: dict[LimitRule, Count] = {}

    @property
    def counted(self) -> Sequence[tuple[LimitRule, Count]]:
        """The rules with their outcomes, in the order of `rules`."""
        return [(rule, self.counts[rule]) for rule in self.rules]


class AuthorizationTrips:
    """Makes the trips. `is_grouped` is whether calls share them. Thread-safe."""

    def __init__(self, table: Table, limits: Limits, *, is_grouped: bool) -> None:
        self._table = table
        self._limits = limits
        self.groups: Groups[AuthorizationTrip] | None = (
            Groups(self._make, _GROUP_SIZE) if is_grouped else None
        )

    def make(self, trip: AuthorizationTrip) -> None:
        """Set the outcome of a trip. Raises StorageError."""
        if self.groups is not None:
            self.groups.run(trip)
            return
        self._make((trip,))
        if trip.failure is not None:
            raise trip.failure

    def _make(self, group: Sequence[AuthorizationTrip]) -> None:
        keys = dict.fromkeys([key for trip in group for key in trip.keys])
        countings = _countings(group)
        reserving = _reserving(group)
        operations = [self._table.batch_get_op(list(keys)), *map(self._take_op, countings)]
        read, *outcomes = self._send(operations, reserving)
        assert not isinstance(read, ConditionFailed)
        records = authorization_reads([trip.keys for trip in group], read["items"])
        for trip in group:
            found = records[trip.keys]
            if isinstance(found, Exception):
                trip.failure = found
            else:
                trip.records = found
        again: list[_Counting] = []
        for counting, outcome in zip(countings, outcomes[: len(countings)], strict=True):
            if not counting.set_counts(outcome):
                again += counting.one_by_one()
        reserving = _after(reserving, outcomes[len(countings) :])
        while again or reserving:
            outcomes = self._send([*map(self._take_op, again)], reserving)
            for counting, outcome in zip(again, outcomes[: len(again)], strict=True):
                counting.set_counts(outcome)
            reserving, again = _after(reserving, outcomes[len(again) :]), []

    def _send(
        self, operations: list[Operation], reserving: Sequence[ReserveUpdate]
    ) -> list[Outcome]:
        try:
            return self._table.batch([*operations, *[update.operation() for update in reserving]])
        except BaseException:
            for update in reserving:
                update.abandon()
            raise

    def _take_op(self, counting: _Counting) -> Operation:
        first = counting.trips[0]
        return self._limits.take_op(first.username, counting.rule, first.now, len(counting.trips))


class _Counting(msgspec.Struct, frozen=True):
    """The calls that one update counts in a window of a limit."""

    rule: LimitRule
    trips: Sequence[AuthorizationTrip]

    def one_by_one(self) -> list[_Counting]:
        """Return the same with an update for each call."""
        return [_Counting(self.rule, (trip,)) for trip in self.trips]

    def set_counts(self, outcome: Outcome) -> bool:
        """Set the count of each call. Return False if only some of the calls fit within the limit:
        then none of them was counted.
        """
        rule, trips = self.rule, self.trips
        count = Limits.counters(outcome)
        if len(trips) == 1:
            trips[0].counts[rule] = count
            return True
        if isinstance(outcome, ConditionFailed):
            if rule.remaining(outcome.item or {}):
                return False
            for trip in trips:
                trip.counts[rule] = None
            return True
        assert count is not None
        names = ("used", *(name for name, _ in rule.extra_counters))
        for behind, trip in enumerate(reversed(trips)):
            trip.counts[rule] = {name: count[name] - behind for name in names}
        return True


def _countings(group: Sequence[AuthorizationTrip]) -> list[_Counting]:
    """Return the updates that count each call in each of its limits."""
    by_window: dict[tuple[str, LimitRule, int], list[AuthorizationTrip]] = {}
    for trip in group:
        for rule in trip.rules:
            window = (trip.username, rule, rule.number(trip.now))
            by_window.setdefault(window, []).append(trip)
    countings = []
    for (_, rule, _), trips in by_window.items():
        counting = _Counting(rule, trips)
        countings += [counting] if len(trips) <= rule.limit else counting.one_by_one()
    return countings


def _reserving(group: Sequence[AuthorizationTrip]) -> list[ReserveUpdate]:
    """Return the updates that reserve what the calls may cost."""
    budgets = [trip.budgets for trip in group if trip.budgets is not None]
    if not budgets:
        return []
    holds = [hold for of_call in budgets for hold in of_call.holds]
    return budgets[0].ledger.updates(holds, group[0].now)


def _after(updates: Sequence[ReserveUpdate], outcomes: Sequence[Outcome]) -> list[ReserveUpdate]:
    """Set the outcomes of updates. Return those to try next."""
    return [
        following
        for update, outcome in zip(updates, outcomes, strict=True)
        for following in update.after(outcome)
    ]
