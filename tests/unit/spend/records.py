"""Spend records for tests of spend."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api.spend.money import NANO
from api.storage.spend_records import SpendRecord

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    """Return the epoch seconds of a local time such as `2026-11-30 12:00`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def record(
    start: str | int,
    dollars: float = 1,
    *,
    calls: int = 1,
    unknown: int = 0,
    estimated: float = 0,
    api_name: str = "openai",
    token_id: str | None = "t1",
    model: str | None = "m",
) -> SpendRecord:
    """Return the record of an hour, which a local time in Berlin names."""
    return SpendRecord(
        start if isinstance(start, int) else at(start),
        api_name,
        token_id,
        model,
        round(dollars * NANO),
        round(estimated * NANO),
        calls,
        unknown,
    )
