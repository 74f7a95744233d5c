"""Days beside the provider's figures: drift, and what explains it."""

from __future__ import annotations

import pytest

from api.services.spend.reconciliation.comparison import drift_percent, reconciled_day
from api.services.spend.reconciliation.days import OwnDay, compared_days
from api.services.spend.reconciliation.reports import CostReport
from api.storage.reconciliations import Reading, StoredDay

DAY = 86_400
USD = 1_000_000_000
FIRST = 20_000 * DAY
"""The start of the days of these tests."""


@pytest.mark.parametrize(
    ("provider", "own", "percent"),
    [
        (None, 5, None),
        (0, 0, 0.0),
        (0, 5, None),
        (100, 100, 0.0),
        (100, 0, 100.0),
        (100, 75, 25.0),
        (100, 150, -50.0),
        (3, 2, 33.3),
        (830 * USD, 1_470_000_000, 99.8),
        (1, 10**15, -(10.0**17)),
        (100_000, 99_950, 0.1),
        (100_000, 99_951, 0.0),
    ],
)
def test_drift_is_a_percentage_of_the_providers_figure(
    provider: int | None, own: int, percent: float | None
) -> None:
    found = drift_percent(provider, own)
    assert found == (pytest.approx(percent) if percent is not None else None)


def day(
    provider: int | None, own: int = 0, *, after: int = 3 * DAY, **members: object
) -> StoredDay:
    """A day that was compared `after` seconds from its start."""
    return StoredDay(FIRST, FIRST + after, provider, own, **members)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "codes"),
    [
        (day(USD, USD), []),
        (day(USD, USD, after=DAY - 1), ["day_not_over"]),
        (day(USD, USD, after=DAY), ["recent"]),
        (day(None, USD), ["not_in_report"]),
        (day(None, USD, is_total=True), ["no_reading"]),
        (day(2 * USD, USD), ["outside"]),
        (day(2 * USD, USD, unknown_calls=3), ["unknown_cost", "outside"]),
        (day(USD, 2 * USD, unknown_calls=3), ["discounts"]),
        (day(USD, 2 * USD, estimated=USD), ["estimates", "discounts"]),
        (day(USD + 10_000_000, USD), ["rounding", "outside"]),
        (day(USD - 10_000_000, USD), ["rounding", "discounts"]),
        (day(USD + 10_000_001, USD), ["outside"]),
        (day(USD, 0, is_total=True, first=Reading(FIRST + 1801, 5)), ["late_reading", "outside"]),
        (day(USD, USD, is_total=True, first=Reading(FIRST + 1800, 5)), []),
    ],
)
def test_a_difference_is_explained(stored: StoredDay, codes: list[str]) -> None:
    shown = reconciled_day(stored)
    assert [cause.code for cause in shown.causes] == codes
    assert all(cause.text.endswith(".") for cause in shown.causes)
    assert shown.date == "2024-10-04"


def test_the_days_of_a_report_are_beside_our_own() -> None:
    now = FIRST + 3 * DAY + 60
    own = {FIRST: OwnDay(USD, 5, 0), FIRST + 2 * DAY: OwnDay(0, 0, 2)}
    report = CostReport({FIRST: 2 * USD, FIRST + DAY: 0, FIRST + 3 * DAY: 7})
    days = compared_days([], report, own, FIRST, now)
    assert days == [
        StoredDay(FIRST, now, 2 * USD, USD, 5),
        StoredDay(FIRST + 2 * DAY, now, None, 0, 0, 2),
        StoredDay(FIRST + 3 * DAY, now, 7),
    ]


def test_days_outside_the_range_are_ignored() -> None:
    report = CostReport({FIRST - DAY: USD, FIRST + 99 * DAY: USD})
    assert compared_days([], report, {}, FIRST, FIRST + 60) == []


def test_a_figure_that_the_provider_takes_back_replaces_the_stored_one() -> None:
    now = FIRST + DAY
    stored = StoredDay(FIRST, FIRST + 60, USD)
    assert compared_days([stored], CostReport({FIRST: 0}), {}, FIRST, now) == [
        StoredDay(FIRST, now, 0)
    ]


def read_total(days: list[StoredDay], at: int, total: int) -> list[StoredDay]:
    """Continue stored days with a reading of a total."""
    new = compared_days(days, CostReport(total=total), {}, FIRST, at)
    return list(({one.start: one for one in days} | {one.start: one for one in new}).values())


def figures(days: list[StoredDay]) -> list[int | None]:
    return [one.provider for one in days]


def test_a_day_costs_the_difference_of_the_first_readings() -> None:
    days = read_total([], FIRST + 60, 100)
    assert figures(days) == [0]
    days = read_total(days, FIRST + 600, 130)
    assert figures(days) == [30]
    days = read_total(days, FIRST + DAY + 60, 150)
    assert figures(days) == [50, 0]
    days = read_total(days, FIRST + DAY + 7200, 170)
    assert figures(days) == [50, 20]
    days = read_total(days, FIRST + 2 * DAY + 60, 175)
    assert figures(days) == [50, 25, 0]


def test_a_total_that_goes_down_gives_no_figure_and_never_a_negative_one() -> None:
    days = read_total([], FIRST + 60, 100)
    days = read_total(days, FIRST + DAY + 60, 40)
    assert figures(days) == [None, 0]
    days = read_total(days, FIRST + 2 * DAY + 60, 70)
    assert figures(days) == [None, 30, 0]


def test_a_day_without_a_reading_has_no_figure() -> None:
    first = read_total([], FIRST + 60, 100)
    now = FIRST + 3 * DAY + 60
    own = {FIRST + DAY: OwnDay(5), FIRST + 2 * DAY: OwnDay(6)}
    days = compared_days(first, CostReport(total=300), own, FIRST, now)
    assert [(one.start, one.provider, one.own) for one in days] == [
        (FIRST + DAY, None, 5),
        (FIRST + 2 * DAY, None, 6),
        (FIRST + 3 * DAY, 0, 0),
    ]
    assert [cause.code for cause in reconciled_day(days[0]).causes] == ["no_reading"]
