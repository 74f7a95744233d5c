"""What a budget would have rejected in the last 30 days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.bounded_cache import BoundedCache
from api.schemas.budgets import LastMonth
from api.spend.budgets import Budget
from api.spend.money import as_usd
from api.spend.periods import period_of
from api.storage.spend_records import SpendRecord
from api.storage.usage import Usage

REPLAYED_DAYS = 30
_DAY = 86_400
_KEPT = 600
"""Seconds."""
_BASES = {
    "day": "each day by itself",
    "week": "each week by itself",
    "month": "taken as one month",
    "total": "taken together",
}


class Replays:
    """Replays the last 30 days, which can be many records, once in ten minutes for a budget."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        # By user and budget: when it was replayed, and what it would have rejected.
        self._known: BoundedCache[tuple[str, Budget], tuple[float, LastMonth]] = BoundedCache(2_000)

    def of(self, username: str, budgets: Sequence[Budget], now: float) -> list[LastMonth | None]:
        """Return what each budget would have rejected."""
        known = [self._known.get((username, budget)) for budget in budgets]
        fresh = [each[1] for each in known if each is not None and abs(now - each[0]) < _KEPT]
        if len(fresh) == len(budgets):
            return list(fresh)
        start = int(now) - REPLAYED_DAYS * _DAY
        records = self._usage.spend_records(username, start, int(now) + 1, now)
        replayed = []
        for budget in budgets:
            found = last_month(budget, records, now)
            if found is not None:
                self._known.set((username, budget), (now, found))
            replayed.append(found)
        return replayed


def last_month(budget: Budget, records: Iterable[SpendRecord], now: float) -> LastMonth | None:
    """Return what the budget would have rejected, from the hours of the last 30 days.

    Everything beyond the amount counts as rejected. Where an hour begins below the amount and ends
    above it, its calls are assumed to cost the same. Returns None if no call had a known cost.
    """
    hours: dict[str, dict[int, tuple[int, int]]] = {}
    for record in records:
        known = record.calls - record.unknown
        if record.start < now - REPLAYED_DAYS * _DAY or not counts_in(budget, record) or known <= 0:
            continue
        whole = budget.period in ("month", "total")
        period = "" if whole else period_of(budget, record.start).start_name
        spent = hours.setdefault(period, {})
        cost, calls = spent.get(record.start, (0, 0))
        spent[record.start] = cost + record.cost, calls + known
    if not hours:
        return None
    rejected_calls = rejected = 0
    for spent in hours.values():
        total = 0
        for _, (cost, calls) in sorted(spent.items()):
            beyond = max(0, total + cost - budget.amount) - max(0, total - budget.amount)
            rejected += beyond
            # Rounded up: a call that would exceed the amount is rejected as a whole.
            rejected_calls += -(-calls * beyond // cost) if cost else 0
            total += cost
    return LastMonth(
        rejected_calls=rejected_calls,
        rejected_usd=as_usd(rejected),
        basis=f"The known costs of the last {REPLAYED_DAYS} days, {_BASES[budget.period]}. "
        "The number of calls is an estimate.",
    )


def counts_in(budget: Budget, record: SpendRecord) -> bool:
    """Return whether the calls of a record count in a budget."""
    kind, _, name = budget.scope.partition(":")
    if kind == "account":
        return True
    return name == (record.api_name if kind == "api" else record.token_id)
