"""Days in a user's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from api.errors import Problem

_FIRST_DAY = date(1970, 1, 2)
_LAST_DAY = date(2099, 12, 30)
MAX_DAYS = 400
"""The largest number of days in a range: as long as records are kept."""


class Days(msgspec.Struct, frozen=True):
    """The days from `first` to `last`, both included, in a time zone."""

    first: date
    last: date
    zone: tzinfo

    @property
    def starts_at(self) -> int:
        """The beginning of the first day, in epoch seconds."""
        return day_start(self.first, self.zone)

    @property
    def ends_at(self) -> int:
        """The end of the last day, in epoch seconds."""
        return day_start(self.last + timedelta(days=1), self.zone)


def require_zone(name: str) -> tzinfo:
    """Return the IANA time zone of this name. Raises Problem(invalid_field)."""
    if name == "UTC":
        return UTC  # Also on a machine without time zones.
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Problem(
            "invalid_field",
            "This is not a known time zone. Use an IANA name such as Europe/Berlin.",
            field="time_zone",
        ) from error


def require_days(start: str | None, end: str | None, today: date, zone: tzinfo) -> Days:
    """Return the days from `start` to `end`: by default those of this month up to `today`.

    Without `start`, an earlier `end` means the month in which it is. Raises Problem(invalid_field).
    """
    last = _day(end, "end") if end is not None else today
    first = _day(start, "start") if start is not None else last.replace(day=1)
    if first > last:
        raise Problem(
            "invalid_field",
            "`start` must not be after `end`.",
            field="end" if start is None else "start",
        )
    if (last - first).days >= MAX_DAYS:
        raise Problem(
            "invalid_field",
            f"The range is too long. Ask for at most {MAX_DAYS} days at once.",
            field="start",
        )
    return Days(first, last, zone)


def day_start(day: date, zone: tzinfo) -> int:
    """Return when a day begins, in epoch seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def local_day(at: float, zone: tzinfo) -> date:
    """Return the day of an instant (epoch seconds)."""
    return datetime.fromtimestamp(at, zone).date()


def next_month(day: date) -> date:
    """Return the first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Problem("invalid_field", "There is no such day.", field=field) from error
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise Problem(
            "invalid_field", "The day must be between 1970-01-02 and 2099-12-30.", field=field
        )
    return day
