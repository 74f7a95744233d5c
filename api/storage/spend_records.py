"""Spend of a day by hour and model: `USER#{username}` / `SPEND#{day}#{api_name}#{token_id or -}`.

`day` is the day's start in UTC (epoch seconds). The attribute `c07_{model}` has the nano-dollars of
the hour that starts at 07:00, `e07_`, `k07_` and `x07_` the other counters (listed_spend.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.listed_spend import Spend, SpendCounts, SpendKey
from api.storage.page import delete_range
from api.storage.table import Table
from api.storage.usage_records import DAY, HOUR, KEPT_DAYS
from api.storage.users import user_partition

_PREFIX = "SPEND#"
_SESSION = "-"
_COUNTER = re.compile(r"([cekx])([0-9]{2})_(.*)", re.DOTALL)


class SpendRecord(msgspec.Struct, frozen=True):
    """What the calls with one token and model cost in the hour that starts at `start`.

    `start` is epoch seconds. `token_id` is None for calls with a session, `model` is None if it is
    not known. `cost` is in nano-dollars, `estimated` the part of it that is an estimate. `calls`
    are all calls whose cost could be known, `unknown` those of them whose cost is not.
    """

    start: int
    api_name: str
    token_id: str | None
    model: str | None
    cost: int = 0
    estimated: int = 0
    calls: int = 0
    unknown: int = 0


class SpendRecords:
    """Adds to the records of spend, and reads them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add_ops(self, username: str, api_name: str, spend: Spend, hour: int) -> list[Operation]:
        """Add the spend of the hour that starts at `hour` to its day, one operation a token."""
        by_token: dict[str, dict[str, SpendCounts]] = {}
        for key, counts in spend.items():
            if counts:
                by_token.setdefault(key.token_id, {})[key.model] = counts
        return [
            self._add_op(username, api_name, token_id, models, hour)
            for token_id, models in by_token.items()
        ]

    def read(self, username: str, start: int, end: int, now: float) -> list[SpendRecord]:
        """Read the records of the hours that start in [start, end), without expired ones."""
        first = start - start % DAY
        items = self._table.query_all(
            user_partition(username),
            between=(f"{_PREFIX}{max(0, first):010d}#", f"{_PREFIX}{max(0, end - 1):010d}#~"),
        )
        return [
            record
            for item in items
            if item["ttl"] > now
            for record in _records(item)
            if start <= record.start < end
        ]

    def sweep(self, username: str, now: int) -> None:
        """Delete the expired records of a user."""
        last = max(0, now - KEPT_DAYS)
        delete_range(self._table, user_partition(username), _PREFIX, f"{_PREFIX}{last:010d}")

    def _add_op(
        self,
        username: str,
        api_name: str,
        token_id: str,
        models: dict[str, SpendCounts],
        hour: int,
    ) -> Operation:
        day = hour - hour % DAY
        number = hour % DAY // HOUR
        values: dict[str, Any] = {":api": api_name, ":start": day, ":ttl": day + KEPT_DAYS}
        names = {"#start": "start", "#ttl": "ttl"}
        adds: list[str] = []
        for model, counts in models.items():
            for counter, count in counts.items():
                position = len(adds)
                names[f"#c{position}"] = f"{counter}{number:02d}_{model}"
                values[f":c{position}"] = count
                adds.append(f"#c{position} :c{position}")
        return self._table.update_op(
            user_partition(username),
            f"{_PREFIX}{day:010d}#{api_name}#{token_id or _SESSION}",
            f"SET api_name = :api, #start = :start, #ttl = :ttl ADD {', '.join(adds)}",
            values,
            names,
        )


def hour_records(api_name: str, hour: int, spend: Spend) -> list[SpendRecord]:
    """Return the records of the hour that starts at `hour`."""
    return [
        SpendRecord(
            hour,
            api_name,
            key.token_id or None,
            key.model or None,
            counts.get("c", 0),
            counts.get("e", 0),
            counts.get("k", 0) + counts.get("x", 0),
            counts.get("x", 0),
        )
        for key, counts in spend.items()
    ]


def _records(item: dict[str, Any]) -> Iterable[SpendRecord]:
    token_id = item["SK"].rpartition("#")[2]
    by_hour: dict[int, dict[SpendKey, SpendCounts]] = {}
    for name, value in item.items():
        found = _COUNTER.fullmatch(name)
        if found is None:
            continue
        counter, number, model = found.groups()
        key = SpendKey("" if token_id == _SESSION else token_id, model)
        spend = by_hour.setdefault(int(item["start"]) + int(number) * HOUR, {})
        spend.setdefault(key, {})[counter] = int(value)
    for hour, spend in sorted(by_hour.items()):
        yield from hour_records(item["api_name"], hour, spend)
