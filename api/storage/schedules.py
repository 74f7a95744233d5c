"""When keys are to be checked: `USER#{username}` / `CHECK#{key_id}`, found by the index when due.

In the index all of them lie side by side, sorted by the moment: `GSI1PK = CHECKS`,
`GSI1SK = {moment}#{username}`. Nothing is scanned to find those that are due.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.table import ConditionFailed, Table
from api.storage.users import partition

LISTING = "CHECKS"


class Due(msgspec.Struct, frozen=True):
    """A check that was due at the epoch second `at`, and is every `every` seconds."""

    username: str
    key_id: str
    at: int
    every: int


class Schedules:
    """Note, find and move on the checks of keys."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def set_op(self, username: str, key_id: str, every: int | None, now: int) -> Operation:
        """Check a key every so many seconds from now on; None: not any more."""
        if every is None:
            return self._table.delete_op(partition(username), sort_key(key_id))
        at = now + every
        item: dict[str, Any] = {
            "PK": partition(username),
            "SK": sort_key(key_id),
            "GSI1PK": LISTING,
            "GSI1SK": _moment(at, username),
            "at": at,
            "every": every,
        }
        return self._table.put_op(item)

    def of_user(self, username: str) -> dict[str, int]:
        """The epoch second of the next check of each key that has a schedule."""
        items = self._table.query_all(partition(username), prefix="CHECK#")
        return {item["SK"].removeprefix("CHECK#"): int(item["at"]) for item in items}

    def due(self, now: int, limit: int) -> list[Due]:
        """The checks that are due, the longest overdue first (eventually consistent)."""
        page = self._table.query(LISTING, between=("0", f"{now:010d}#~"), index=True, limit=limit)
        return [
            Due(
                item["PK"].removeprefix("USER#"),
                item["SK"].removeprefix("CHECK#"),
                int(item["at"]),
                int(item["every"]),
            )
            for item in page.items
        ]

    def claim(self, due: Due, now: int) -> bool:
        """Take a check upon oneself and note when the next one is. False when another process did,
        or the schedule was changed.
        """
        at = now + due.every
        try:
            self._table.run(
                self._table.update_op(
                    partition(due.username),
                    sort_key(due.key_id),
                    "SET #at = :next, GSI1SK = :moment",
                    {":next": at, ":moment": _moment(at, due.username), ":seen": due.at},
                    names={"#at": "at"},
                    condition="#at = :seen",
                )
            )
        except ConditionFailed:
            return False
        return True


def sort_key(key_id: str) -> str:
    """The sort key of a key's schedule."""
    return f"CHECK#{key_id}"


def _moment(at: int, username: str) -> str:
    return f"{at:010d}#{username}"
