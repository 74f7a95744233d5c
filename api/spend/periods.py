"""The calendar periods of a budget, in its own time zone.

Periods follow each other without a gap: each instant belongs to exactly one, also where a clock is
set back over midnight. A day that a time zone skips has no instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

from api.spend.budgets import Budget

# Epoch seconds of the years 1971 and 9990. A clock that is wrong by more must not fail a call.
_FIRST, _LAST = 31_536_000.0, 253_080_000_000.0
_ALL_TIME = "all"


class PeriodSpan(msgspec.Struct, frozen=True):
    """One period, from `starts_at` up to `ends_at` (epoch seconds, None: it never ends).

    `start_name` is the local date of its first day, `all` for all time.
    """

    start_name: str
    starts_at: float
    ends_at: float | None

    def contains(self, at: float) -> bool:
        """Return whether an instant is in the period."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


ALL_TIME = PeriodSpan(_ALL_TIME, 0.0, None)

# By period and time zone: the period that was asked for last.
_latest: dict[tuple[str, str], PeriodSpan] = {}


def period_of(budget: Budget, at: float) -> PeriodSpan:
    """Return the period of a budget that contains the instant `at` (epoch seconds).

    An unknown time zone counts as UTC, and an instant before 1971 or after 9990 as the nearest one
    between.
    """
    if budget.period == "total":
        return ALL_TIME
    at = min(max(at, _FIRST), _LAST)
    key = budget.period, budget.time_zone
    span = _latest.get(key)
    if span is None or not span.contains(at):
        if len(_latest) > 1000:  # Anyone can set budgets in each of 600 zones.
            _latest.clear()
        _latest[key] = span = _find(budget.period, zone_of(budget), at)
    return span


def _find(period: str, zone: tzinfo, at: float) -> PeriodSpan:
    first = _first_day(period, datetime.fromtimestamp(at, zone).date())
    while True:
        following = _first_day(period, first + timedelta(days=32 if period == "month" else 7))
        if period == "day":
            following = first + timedelta(days=1)
        starts_at, ends_at = _begin(first, zone), _begin(following, zone)
        if at >= ends_at:
            # The clock was set back over midnight: the new day has begun already.
            first = following
        elif at < starts_at:
            first = _first_day(period, first - timedelta(days=1))
        else:
            return PeriodSpan(first.isoformat(), starts_at, ends_at)


def _first_day(period: str, day: date) -> date:
    """Return the first day of the period that contains a day. Weeks begin on Monday (ISO 8601)."""
    if period == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period == "week" else day


def _begin(day: date, zone: tzinfo) -> float:
    """Return when a local day begins: of two midnights the first, and without one what follows."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def zone_of(budget: Budget) -> tzinfo:
    """Return the time zone of a budget, UTC if it is unknown."""
    name = budget.time_zone
    if name == "UTC":
        return UTC
    # Imported only for budgets in another time zone, to keep cold starts short.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
