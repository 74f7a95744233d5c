"""The forecast of a month: its spend, and the average of the last complete days for the rest."""

from __future__ import annotations

import pytest

from api.schemas.spend import Forecast
from api.services.spend.forecast import month_forecast
from api.storage.spend_records import SpendRecord
from tests.unit.spend.records import BERLIN, at, record


def forecast(records: list[SpendRecord], now: str) -> Forecast | None:
    return month_forecast(records, at(now), BERLIN)


def days(first: int, last: int, dollars: float) -> list[SpendRecord]:
    return [record(f"2026-11-{day:02d} 12:00", dollars) for day in range(first, last + 1)]


def test_seven_equal_days() -> None:
    found = forecast(days(1, 20, 2), "2026-11-21 00:00")
    assert found is not None
    assert (bytes(found.amount_usd), found.days) == (b"60", 7)  # 40 so far, 10 days of 2
    assert found.basis == (
        "The spend so far, plus 2 USD a day for the remaining 10.0 days: the average of the last "
        "7 complete days."
    )


def test_only_the_last_seven_days_make_the_average() -> None:
    found = forecast([*days(1, 13, 100), *days(14, 20, 1)], "2026-11-21 00:00")
    assert found is not None
    assert bytes(found.amount_usd) == b"1317"  # 1307 so far, 10 days of 1


def test_the_rest_of_today_counts_by_its_hours() -> None:
    found = forecast([*days(28, 29, 3), record("2026-11-30 06:00", 5)], "2026-11-30 12:00")
    assert found is not None
    assert (bytes(found.amount_usd), found.days) == (b"12.5", 2)  # 11 so far, half a day of 3
    assert "the last 2 complete days" in found.basis


def test_a_month_that_has_just_begun_uses_the_days_of_the_last_one() -> None:
    found = forecast(days(24, 30, 1), "2026-12-01 00:00")
    assert found is not None
    assert bytes(found.amount_usd) == b"31"


@pytest.mark.parametrize(
    ("records", "now"),
    [([], "2026-11-21 00:00"), ([record("2026-11-20 00:00")], "2026-11-20 23:59")],
    ids=["none", "only today"],
)
def test_without_a_complete_day_there_is_none(records: list[SpendRecord], now: str) -> None:
    assert forecast(records, now) is None


def test_one_complete_day_is_enough() -> None:
    found = forecast([record("2026-11-20 10:00", 1)], "2026-11-21 00:00")
    assert found is not None
    assert (bytes(found.amount_usd), found.days) == (b"11", 1)
    assert found.basis.endswith("the average of the last complete day.")


def test_unknown_costs_are_left_out_visibly() -> None:
    found = forecast([*days(18, 20, 1), record("2026-11-20 13:00", 0, unknown=1)],
                     "2026-11-21 00:00")  # fmt: skip
    assert found is not None
    assert bytes(found.amount_usd) == b"13"
    assert found.basis.endswith("Calls whose cost is not known are left out.")


def test_a_day_of_25_hours_counts_as_it_is() -> None:
    """Berlin's clocks go back on 25 October 2026."""
    found = forecast([record("2026-10-25 12:00", 25)], "2026-10-26 00:00")
    assert found is not None
    assert bytes(found.amount_usd) == b"169"  # 25 so far, six days at a dollar an hour
