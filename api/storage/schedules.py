"""Schedules of key checks: `USER#{username}` / `CHECK#{key_id}`.

In the index all schedules are in one partition, sorted by the time of the next check:
`GSI1PK = CHECKS`, `GSI1SK = {epoch seconds}#{username}`. Due checks are found by a query.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.table import ConditionFailed, Table
from api.storage.users import user_partition

_PREFIX = "CHECK#"
_LISTING = "CHECKS"


class DueCheck(msgspec.Struct, frozen=True):
    """A check that was due at `at` (epoch seconds) and repeats after `every` seconds."""

    username: str
    key_id: str
    at: int
    every: int


class Schedules:
    """Stores, finds and claims scheduled checks."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def set_op(self, username: str, key_id: str, every: int | None, now: int) -> Operation:
        """Schedule a check every `every` seconds from `now` on, or remove the schedule if None."""
        key = user_partition(username), _sort_key(key_id)
        if every is None:
            return self._table.delete_op(*key)
        at = now + every
        item: dict[str, Any] = {
            "PK": key[0],
            "SK": key[1],
            "GSI1PK": _LISTING,
            "GSI1SK": _index_sort_key(at, username),
            "at": at,
            "every": every,
        }
        return self._table.put_op(item)

    def of_user(self, username: str) -> dict[str, int]:
        """Read the next check (epoch seconds) of each scheduled key by its id."""
        items = self._table.query_all(user_partition(username), prefix=_PREFIX)
        return {item["SK"].removeprefix(_PREFIX): int(item["at"]) for item in items}

    def due(self, now: int, limit: int) -> list[DueCheck]:
        """Find due checks, the longest overdue first (eventually consistent)."""
        result = self._table.query(
            _LISTING, between=("0", f"{now:010d}#~"), index=True, limit=limit
        )
        return [
            DueCheck(
                item["PK"].removeprefix("USER#"),
                item["SK"].removeprefix(_PREFIX),
                int(item["at"]),
                int(item["every"]),
            )
            for item in result.items
        ]

    def claim(self, due: DueCheck, now: int) -> bool:
        """Claim a due check and schedule the next one.

        Returns False if another process claimed it or the schedule was changed.
        """
        at = now + due.every
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(due.username),
                    _sort_key(due.key_id),
                    "SET #at = :next, GSI1SK = :index_sort_key",
                    {
                        ":next": at,
                        ":index_sort_key": _index_sort_key(at, due.username),
                        ":seen": due.at,
                    },
                    names={"#at": "at"},
                    condition="#at = :seen",
                )
            )
        except ConditionFailed:
            return False
        return True


def _sort_key(key_id: str) -> str:
    return f"{_PREFIX}{key_id}"


def _index_sort_key(at: int, username: str) -> str:
    return f"{at:010d}#{username}"
