"""Usage of finished hours and of days: `USER#{username}` / `USAGE#{H or D}#{start}#{api_name}`."""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.page import delete_range
from api.storage.table import Table
from api.storage.users import user_partition

HOUR = 3600
DAY = 86_400
KEPT_HOURS = 35 * DAY
"""How long the record of an hour is kept, in seconds."""
KEPT_DAYS = 400 * DAY
"""How long the record of a day is kept, in seconds."""

COUNTER_PREFIX = "u_"

Counters = dict[str, int]
"""Counts by name: n requests, s2 to s5 by status class, f failures of the proxy, r rejected by a
limit, h simulated limits, bi and bo bytes in and out, ms milliseconds, l{bucket} by duration,
c nano-dollars, ce the estimated part of them, k calls with a known cost, x calls of a priced API
without one."""


class UsageRecord(msgspec.Struct, frozen=True):
    """The counters of an API in the hour or day that starts at `start` (epoch seconds)."""

    start: int
    api_name: str
    counters: Counters


class UsageRecords:
    """Adds to the records of hours and days, and reads them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add_ops(
        self, username: str, api_name: str, counters: Counters, hour: int
    ) -> list[Operation]:
        """Add the counters of the hour that starts at `hour` to its record and to its day's."""
        if not counters:
            return []
        day = hour - hour % DAY
        return [
            self._add_op(username, "H", api_name, hour, KEPT_HOURS, counters),
            self._add_op(username, "D", api_name, day, KEPT_DAYS, counters),
        ]

    def hours(self, username: str, start: int, end: int, now: float) -> list[UsageRecord]:
        """Read the finished hours that start in [start, end), without expired ones."""
        return self._read(username, "H", start, end, now)

    def days(self, username: str, start: int, end: int, now: float) -> list[UsageRecord]:
        """Read the days that start in [start, end). They contain finished hours only."""
        return self._read(username, "D", start, end, now)

    def sweep(self, username: str, now: int) -> None:
        """Delete the expired records of a user."""
        pk = user_partition(username)
        for kind, kept in (("H", KEPT_HOURS), ("D", KEPT_DAYS)):
            delete_range(self._table, pk, f"USAGE#{kind}#", f"USAGE#{kind}#{now - kept:010d}")

    def _read(
        self, username: str, kind: str, start: int, end: int, now: float
    ) -> list[UsageRecord]:
        items = self._table.query_all(
            user_partition(username),
            between=(f"USAGE#{kind}#{start:010d}#", f"USAGE#{kind}#{end - 1:010d}#~"),
        )
        return [
            UsageRecord(int(item["start"]), item["api_name"], stored_counters(item))
            for item in items
            if item["ttl"] > now
        ]

    def _add_op(
        self, username: str, kind: str, api_name: str, start: int, kept: int, counters: Counters
    ) -> Operation:
        values: dict[str, Any] = {":api": api_name, ":start": start, ":ttl": start + kept}
        adds = add_expression(counters, values)
        return self._table.update_op(
            user_partition(username),
            f"USAGE#{kind}#{start:010d}#{api_name}",
            f"SET api_name = :api, #start = :start, #ttl = :ttl {adds}",
            values,
            {"#start": "start", "#ttl": "ttl"},
        )


def add_expression(counters: Counters, values: dict[str, Any]) -> str:
    """Return the update clause that adds counters to an item; add its values to `values`."""
    adds = []
    for position, (name, value) in enumerate(counters.items()):
        adds.append(f"{COUNTER_PREFIX}{name} :c{position}")
        values[f":c{position}"] = value
    return f"ADD {', '.join(adds)}"


def stored_counters(item: dict[str, Any]) -> Counters:
    """Return the counters of an item."""
    return {
        name.removeprefix(COUNTER_PREFIX): int(value)
        for name, value in item.items()
        if name.startswith(COUNTER_PREFIX)
    }
