"""The calendar periods of budgets in their time zones."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from api.spend.budgets import Budget, Period
from api.spend.periods import period_of

HOUR = 3600


def at(text: str, zone: str = "UTC", fold: int = 0) -> float:
    """Return the epoch seconds of a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def budget(period: Period, zone: str = "UTC") -> Budget:
    return Budget("account", period, 1, zone)


@pytest.mark.parametrize(
    ("period", "zone", "when", "name", "starts", "ends"),
    [
        ("day", "UTC", "2026-11-30T21:30", "2026-11-30", "2026-11-30", "2026-12-01"),
        ("day", "UTC", "2026-11-30T00:00", "2026-11-30", "2026-11-30", "2026-12-01"),
        ("day", "UTC", "2026-11-30T23:59:59.999", "2026-11-30", "2026-11-30", "2026-12-01"),
        ("week", "UTC", "2026-11-30T21:30", "2026-11-30", "2026-11-30", "2026-12-07"),
        ("week", "UTC", "2026-11-29T23:59", "2026-11-23", "2026-11-23", "2026-11-30"),
        ("week", "UTC", "2027-01-01T12:00", "2026-12-28", "2026-12-28", "2027-01-04"),
        ("month", "UTC", "2026-12-31T23:59", "2026-12-01", "2026-12-01", "2027-01-01"),
        ("month", "UTC", "2028-02-29T12:00", "2028-02-01", "2028-02-01", "2028-03-01"),
        ("month", "Asia/Tokyo", "2026-12-01T00:30", "2026-12-01", "2026-12-01", "2027-01-01"),
        ("day", "America/New_York", "2026-11-01T12:00", "2026-11-01", "2026-11-01", "2026-11-02"),
        # The day begins at 01:00, because clocks go forward at midnight.
        ("day", "Africa/Cairo", "2026-04-24T12:00", "2026-04-24", "2026-04-24T01:00", "2026-04-25"),
        # Samoa had no 30 December 2011.
        ("day", "Pacific/Apia", "2011-12-29T12:00", "2011-12-29", "2011-12-29", "2011-12-31"),
        ("day", "Pacific/Apia", "2011-12-31T00:00", "2011-12-31", "2011-12-31", "2012-01-01"),
        ("month", "Pacific/Apia", "2011-12-31T09:00", "2011-12-01", "2011-12-01", "2012-01-01"),
    ],
)
def test_a_period_begins_and_ends_at_local_midnight(
    period: Period, zone: str, when: str, name: str, starts: str, ends: str
) -> None:
    span = period_of(budget(period, zone), at(when, zone))
    assert (span.start_name, span.starts_at, span.ends_at) == (
        name,
        at(starts, zone),
        at(ends, zone),
    )


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Vienna", "2026-03-29", 23),
        ("Europe/Vienna", "2026-10-25", 25),
        ("Europe/Vienna", "2026-10-26", 24),
        ("Africa/Cairo", "2026-04-24", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ],
)
def test_a_day_with_a_change_of_clocks_has_another_length(
    zone: str, day: str, hours: float
) -> None:
    span = period_of(budget("day", zone), at(f"{day}T12:00", zone))
    assert span.ends_at is not None
    assert span.ends_at - span.starts_at == hours * HOUR


def test_all_time_has_no_end() -> None:
    span = period_of(budget("total"), 12.0)
    assert (span.start_name, span.ends_at) == ("all", None)


@pytest.mark.parametrize("wrong", [-1e18, -1.0, 0.0, 1e13, 1e18])
@pytest.mark.parametrize("period", ["day", "week", "month", "total"])
def test_a_wrong_clock_fails_no_call(period: Period, wrong: float) -> None:
    assert period_of(budget(period, "Pacific/Kiritimati"), wrong).start_name


@pytest.mark.parametrize("zone", ["Nowhere/Nowhere", "", "../etc/passwd", "/etc/passwd", "\0"])
def test_an_unknown_time_zone_counts_as_utc(zone: str) -> None:
    assert period_of(budget("day", zone), 1.8e9) == period_of(budget("day"), 1.8e9)


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "Europe/Vienna",
        "America/St_Johns",  # clocks went back one minute after midnight until 2011
        "America/Havana",  # clocks go back from 01:00 to midnight
        "America/Sao_Paulo",  # clocks went back from midnight until 2019
        "Asia/Gaza",
        "Pacific/Apia",
        "Pacific/Kwajalein",  # had no 21 August 1993
        "Africa/Monrovia",
        "Antarctica/Troll",
    ],
)
def test_periods_follow_each_other_without_a_gap(period: Period, zone: str) -> None:
    """Each instant is in one period, whose neighbours begin where it ends."""
    draw = random.Random(zone)
    found = budget(period, zone)
    for _ in range(40):
        instant = draw.uniform(at("1990-01-01"), at("2036-01-01"))
        span = period_of(found, instant)
        assert span.contains(instant) and span.ends_at is not None
        following = period_of(found, span.ends_at)
        assert following.starts_at == span.ends_at
        assert following.start_name > span.start_name
        assert period_of(found, span.starts_at) == span
        before = period_of(found, span.starts_at - 0.001)
        assert before.ends_at == span.starts_at
        local = datetime.fromtimestamp(span.starts_at, ZoneInfo(zone) if zone != "UTC" else UTC)
        assert local.date().isoformat() == span.start_name


@pytest.mark.parametrize("period", ["day", "month"])
def test_an_instant_that_repeats_a_date_is_in_the_period_that_has_begun(period: Period) -> None:
    """At 00:01 of 1 November 2009 clocks went back to 23:01 of 31 October."""
    zone = "America/St_Johns"
    begun = period_of(budget(period, zone), at("2009-11-01T00:00:30", zone))
    repeated = period_of(budget(period, zone), at("2009-10-31T23:30", zone, fold=1))
    assert begun == repeated
    assert begun.start_name == "2009-11-01"
