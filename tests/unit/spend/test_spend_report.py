"""The spend report: ranges of days, groups, and what is unknown kept apart."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from api.errors import Problem
from api.schemas.spend import Spend
from api.services.spend.hosting import HostingCosts, HostingEstimate
from api.services.spend.prices import PriceService
from api.services.spend.report import SpendService
from api.storage.spend_records import SpendRecord
from api.storage.tokens import Token, Tokens
from api.storage.usage import Usage
from api.storage.usage_records import UsageRecord
from tests.unit.spend.records import HOUR, at, record

NOW = at("2026-11-30 12:30")


class FakeUsage:
    """Returns the records in the range that is asked for, and remembers the ranges."""

    def __init__(self, records: list[SpendRecord], days: list[UsageRecord]) -> None:
        self.stored = records
        self.ranges: list[tuple[int, int]] = []
        self.records = self
        self._days = days

    def spend_records(self, username: str, start: int, end: int, now: float) -> list[SpendRecord]:
        self.ranges.append((start, end))
        return [one for one in self.stored if start <= one.start < end]

    def days(self, username: str, start: int, end: int, now: float) -> list[UsageRecord]:
        return self._days

    def rate_limits(self, username: str, now: float) -> list[Any]:
        return []


class FakeTokens:
    def get_many(self, username: str, token_ids: list[str]) -> dict[str, Token]:
        token = Token("t1", "night job", "", "", ("*",), (), (), 0)
        return {"t1": token} if "t1" in token_ids else {}


class FakePrices:
    def priced_apis(self, username: str) -> frozenset[str]:
        return frozenset({"openai", "groq"})


class FakeHosting:
    def month(self, username: str) -> HostingEstimate | None:
        return HostingEstimate(1_500_000, "An estimate.")


def service(usage: FakeUsage) -> SpendService:
    return SpendService(
        cast(Usage, usage),
        cast(Tokens, FakeTokens()),
        cast(PriceService, FakePrices()),
        cast(HostingCosts, FakeHosting()),
        lambda: NOW,
    )


def spend(
    records: list[SpendRecord],
    start: str | None = None,
    end: str | None = None,
    api_name: str | None = None,
    token_id: str | None = None,
    days: list[UsageRecord] | None = None,
) -> Spend:
    usage = FakeUsage(records, days or [])
    return service(usage).spend("ada", "Europe/Berlin", start, end, api_name, token_id)


def as_json(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


RECORDS = [
    record("2026-10-31 23:00", 100),
    record("2026-11-01 00:00", 1),
    record("2026-11-29 23:00", 2, estimated=0.5, calls=3, unknown=1),
    record("2026-11-30 00:00", 4, token_id=None, model="n"),
    record("2026-11-30 12:00", 0, api_name="groq", token_id="t2", model=None, calls=2, unknown=2),
]


def test_by_default_it_is_this_month() -> None:
    found = as_json(spend(RECORDS))
    assert (found["start"], found["end"]) == ("2026-11-01", "2026-11-30")
    assert (found["total_usd"], found["month_usd"], found["today_usd"]) == (7, 7, 4)
    assert (found["estimated_usd"], found["unknown_calls"]) == (0.5, 3)
    assert found["apis"] == [
        {"api_name": "groq", "cost_usd": None, "estimated_usd": 0, "calls": 2,
         "unknown_calls": 2, "is_priced": True},
        {"api_name": "openai", "cost_usd": 7, "estimated_usd": 0.5, "calls": 5,
         "unknown_calls": 1, "is_priced": True},
    ]  # fmt: skip
    assert found["tokens"] == [
        {"token_id": None, "name": None, "cost_usd": 4, "unknown_calls": 0},
        {"token_id": "t1", "name": "night job", "cost_usd": 3, "unknown_calls": 1},
        {"token_id": "t2", "name": None, "cost_usd": 0, "unknown_calls": 2},
    ]
    assert found["models"] == [
        {"api_name": "openai", "model": "n", "cost_usd": 4, "unknown_calls": 0},
        {"api_name": "openai", "model": "m", "cost_usd": 3, "unknown_calls": 1},
        {"api_name": "groq", "model": None, "cost_usd": None, "unknown_calls": 2},
    ]
    assert found["series"] == [
        {"date": "2026-11-01", "api_name": "openai", "cost_usd": 1},
        {"date": "2026-11-29", "api_name": "openai", "cost_usd": 2},
        {"date": "2026-11-30", "api_name": "openai", "cost_usd": 4},
    ]
    assert found["hosting"] == {"month_usd": 0.0015, "basis": "An estimate."}


def test_another_range_keeps_today_and_this_month() -> None:
    found = as_json(spend(RECORDS, "2026-10-31", "2026-11-01"))
    assert (found["total_usd"], found["month_usd"], found["today_usd"]) == (101, 7, 4)
    assert [point["date"] for point in found["series"]] == ["2026-10-31", "2026-11-01"]


def test_an_earlier_end_means_its_month() -> None:
    found = as_json(spend(RECORDS, end="2026-10-31"))
    assert (found["start"], found["end"], found["total_usd"]) == ("2026-10-01", "2026-10-31", 100)


@pytest.mark.parametrize(
    ("api_name", "token_id", "total"),
    [
        ("openai", None, 7),
        ("groq", None, 0),
        ("none", None, 0),
        (None, "t1", 3),
        (None, "-", 4),
        ("groq", "t1", 0),
    ],
)
def test_one_api_or_token(api_name: str | None, token_id: str | None, total: float) -> None:
    found = as_json(spend(RECORDS, api_name=api_name, token_id=token_id))
    assert (found["total_usd"], found["month_usd"]) == (total, total)


def test_an_api_without_a_price_is_shown_without_a_cost() -> None:
    days = [
        UsageRecord(at("2026-11-29 01:00"), "free", {"n": 5}),
        UsageRecord(at("2026-11-29 01:00"), "openai", {"n": 3}),
    ]
    found = as_json(spend(RECORDS, days=days))
    assert [api["api_name"] for api in found["apis"]] == ["free", "groq", "openai"]
    free = found["apis"][0]
    assert (free["cost_usd"], free["calls"], free["unknown_calls"]) == (None, 5, 0)
    assert not free["is_priced"]
    assert [api["api_name"] for api in as_json(spend(RECORDS, token_id="t1", days=days))["apis"]]\
        == ["openai"]  # fmt: skip


def test_an_account_without_calls() -> None:
    found = as_json(spend([]))
    assert (found["total_usd"], found["forecast"], found["apis"]) == (0, None, [])


def test_a_range_that_touches_this_month_is_read_at_once() -> None:
    usage = FakeUsage([], [])
    service(usage).spend("ada", "Europe/Berlin", "2026-09-01", "2026-11-30", None, None)
    assert usage.ranges == [(at("2026-09-01 00:00"), at("2026-12-01 00:00"))]
    usage.ranges.clear()
    service(usage).spend("ada", "Europe/Berlin", "2026-01-01", "2026-01-02", None, None)
    assert usage.ranges == [
        (at("2026-01-01 00:00"), at("2026-01-03 00:00")),
        (at("2026-11-01 00:00"), at("2026-12-01 00:00")),
    ]


@pytest.mark.parametrize(
    ("zone", "start", "end", "field"),
    [
        ("Mars", None, None, "time_zone"),
        ("/etc/localtime", None, None, "time_zone"),
        ("UTC", "2026-02-30", None, "start"),
        ("UTC", None, "2026-13-01", "end"),
        ("UTC", "2026-12-01", None, "start"),
        ("UTC", "2026-11-02", "2026-11-01", "start"),
        ("UTC", "2025-01-01", "2026-11-30", "start"),
        ("UTC", "0001-01-01", "0001-01-02", "end"),
        ("UTC", None, "9999-12-31", "end"),
    ],
)
def test_an_invalid_range_is_refused(
    zone: str, start: str | None, end: str | None, field: str
) -> None:
    for read in (service(FakeUsage([], [])).spend, service(FakeUsage([], [])).csv):
        with pytest.raises(Problem) as raised:
            read("ada", zone, start, end, None, None)
        document = raised.value.document("")
        assert (document["code"], document["field"]) == ("invalid_field", field)


def test_a_day_has_the_hours_of_its_time_zone() -> None:
    """Berlin's clocks go forward on 29 March 2026: that day has 23 hours."""
    first, last = at("2026-03-29 00:00"), at("2026-03-30 00:00")
    assert last - first == 23 * HOUR
    records = [record(hour, 1) for hour in range(first - HOUR, last + HOUR, HOUR)]
    assert as_json(spend(records, "2026-03-29", "2026-03-29"))["total_usd"] == 23


def test_the_export_has_the_same_days() -> None:
    exported = service(FakeUsage(RECORDS, [])).csv(
        "ada", "Europe/Berlin", "2026-11-29", "2026-11-30", None, None
    )
    assert exported.splitlines()[1:] == [
        "2026-11-29,openai,night job,m,3,2,0.5,1",
        "2026-11-30,groq,t2,,2,,0,2",
        "2026-11-30,openai,,n,1,4,0,0",
    ]
