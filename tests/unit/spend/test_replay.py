"""What a budget would have rejected in the last 30 days."""

from __future__ import annotations

from typing import cast

import pytest

from api.services.spend.replay import Replays, last_month
from api.spend.budgets import Budget, Period
from api.spend.money import NANO
from api.storage.spend_records import SpendRecord
from api.storage.usage import Usage
from tests.unit.spend.records import at, record

NOW = at("2026-11-30 12:00")


def budget(period: Period = "day", amount: float = 1, scope: str = "account") -> Budget:
    return Budget(scope, period, round(amount * NANO), "Europe/Berlin")


TWO_DAYS = [
    record("2026-11-28 10:00", 0.5, calls=5),
    record("2026-11-28 11:00", 1, calls=10),
    record("2026-11-28 12:00", 0.25, calls=2),
    record("2026-11-29 10:00", 0.75, calls=3),
]


@pytest.mark.parametrize(
    ("period", "amount", "calls", "dollars"),
    [
        ("day", 1, 7, b"0.75"),  # half of the ten calls, and the two after them
        ("day", 2, 0, b"0"),
        ("week", 1, 10, b"1.5"),  # 28 and 29 November are in the same week
        ("month", 2, 2, b"0.5"),
        ("total", 0.5, 15, b"2"),
        ("day", 0.000000001, 20, b"2.499999998"),
    ],
)
def test_what_is_beyond_the_amount_is_rejected(
    period: Period, amount: float, calls: int, dollars: bytes
) -> None:
    found = last_month(budget(period, amount), TWO_DAYS, NOW)
    assert found is not None
    assert (found.rejected_calls, bytes(found.rejected_usd)) == (calls, dollars)


def test_days_begin_in_the_budgets_time_zone() -> None:
    records = [record("2026-11-27 23:00", 1), record("2026-11-28 00:00", 1)]
    found = last_month(budget(), records, NOW)
    assert found is not None
    assert found.rejected_calls == 0
    found = last_month(Budget("account", "day", NANO), records, NOW)
    assert found is not None
    assert found.rejected_calls == 1


@pytest.mark.parametrize(
    ("scope", "calls"),
    [
        ("account", 3),
        ("api:openai", 2),
        ("api:groq", 1),
        ("token:t1", 2),
        ("token:t2", None),
        ("api:open", None),
    ],
)
def test_only_calls_of_the_scope_count(scope: str, calls: int | None) -> None:
    records = [
        record("2026-11-28 10:00"),
        record("2026-11-28 10:00", token_id=None),
        record("2026-11-28 10:00", api_name="groq"),
    ]
    found = last_month(budget(amount=0.000000001, scope=scope), records, NOW)
    assert (None if found is None else found.rejected_calls) == calls


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record("2026-10-30 11:00")],
        [record("2026-11-28 10:00", 0, calls=4, unknown=4)],
    ],
    ids=["none", "too old", "all unknown"],
)
def test_without_known_costs_there_is_no_answer(records: list[SpendRecord]) -> None:
    assert last_month(budget(), records, NOW) is None


def test_the_basis_is_stated() -> None:
    found = last_month(budget("month"), TWO_DAYS, NOW)
    assert found is not None
    assert found.basis == (
        "The known costs of the last 30 days, taken as one month. The number of calls is an "
        "estimate."
    )


class FakeUsage:
    def __init__(self, records: list[SpendRecord]) -> None:
        self.records = records
        self.reads = 0

    def spend_records(self, username: str, start: int, end: int, now: float) -> list[SpendRecord]:
        self.reads += 1
        return self.records


def test_a_budget_is_replayed_again_after_ten_minutes() -> None:
    usage = FakeUsage(TWO_DAYS)
    replays = Replays(cast(Usage, usage))
    first = replays.of("ada", [budget()], NOW)
    assert replays.of("ada", [budget()], NOW + 599) == first
    assert usage.reads == 1
    replays.of("ada", [budget()], NOW + 600)
    replays.of("bob", [budget()], NOW + 600)
    replays.of("ada", [budget(amount=2)], NOW + 600)
    assert usage.reads == 4


def test_a_budget_without_calls_is_replayed_each_time() -> None:
    usage = FakeUsage([])
    replays = Replays(cast(Usage, usage))
    assert replays.of("ada", [budget()], NOW) == [None]
    usage.records = TWO_DAYS
    assert replays.of("ada", [budget()], NOW) != [None]
