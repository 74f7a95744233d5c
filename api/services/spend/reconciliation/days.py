"""The days of a comparison, from a provider's report and the dashboard's counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from api.services.spend.reconciliation.reports import DAY, CostReport
from api.storage.reconciliations import Reading, StoredDay
from api.storage.usage_records import Counters


class OwnDay(msgspec.Struct, frozen=True):
    """What the dashboard recorded of a day: nano-dollars, and calls of unknown cost."""

    cost: int = 0
    estimated: int = 0
    unknown_calls: int = 0

    def plus(self, counters: Counters) -> OwnDay:
        """Return this day with the counters of one more hour or API."""
        return OwnDay(
            self.cost + counters.get("c", 0),
            self.estimated + counters.get("ce", 0),
            self.unknown_calls + counters.get("x", 0),
        )


_NOTHING = OwnDay()


def compared_days(
    before: Sequence[StoredDay], report: CostReport, own: Mapping[int, OwnDay], start: int, now: int
) -> list[StoredDay]:
    """Return the days of [start, now] to store. Days without any cost or call are left out.

    `before` are the stored days, with one before `start`.
    """
    stored = {day.start: day for day in before}
    if report.total is not None:
        figures = _read_days(stored, Reading(now, report.total), start, now)
    else:
        figures = {
            day: StoredDay(day, now, provider=report.days.get(day))
            for day in range(start, now + 1, DAY)
        }
    days = []
    for at, figure in figures.items():
        mine = own.get(at, _NOTHING)
        day = msgspec.structs.replace(
            figure,
            own=mine.cost,
            estimated=mine.estimated,
            unknown_calls=mine.unknown_calls,
        )
        if day.provider or day.first or mine != _NOTHING or at in stored:
            days.append(day)
    return days


def _read_days(
    stored: Mapping[int, StoredDay], reading: Reading, start: int, now: int
) -> dict[int, StoredDay]:
    """Return today, yesterday and days without readings, from readings of a total of all time.

    A day costs the difference between its first reading and the first one of the next day.
    """
    today = now - now % DAY
    days = {
        day: StoredDay(day, now, is_total=True)
        for day in range(start, today, DAY)
        if day not in stored
    }
    current = stored.get(today)
    first = (current.first if current else None) or reading
    days[today] = StoredDay(
        today, now, _difference(first, reading), is_total=True, first=first, last=reading
    )
    yesterday = stored.get(today - DAY)
    if yesterday is not None and yesterday.first is not None:
        days[today - DAY] = msgspec.structs.replace(
            yesterday, compared_at=now, provider=_difference(yesterday.first, first)
        )
    return days


def _difference(first: Reading, last: Reading) -> int | None:
    """Return what was spent between two readings, None if the total went down."""
    return last.total - first.total if last.total >= first.total else None
