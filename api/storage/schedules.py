"""Schedules of key checks (`USER#{username}` / `CHECK#{key_id}`) and of reconciliations.

In the index all schedules are in one partition, sorted by the time of the next run:
`GSI1PK = CHECKS`, `GSI1SK = {epoch seconds}#{username}`. One query finds what is due.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.table import ConditionFailed, Table
from api.storage.users import user_partition

RECONCILE_PREFIX = "RECONCILE#"
_PREFIX = "CHECK#"
_LISTING = "CHECKS"


_DAY = 86_400
# Seconds after midnight (UTC) at which a day is reconciled.
_AFTER_MIDNIGHT = 60


class DueCheck(msgspec.Struct, frozen=True):
    """A check of a key that was due at `at` (epoch seconds) and repeats after `every` seconds.

    With an `api_name` it is the reconciliation of that API, which repeats after each midnight.
    """

    username: str
    key_id: str
    at: int
    every: int
    api_name: str | None = None

    def next_at(self, now: int) -> int:
        """Return when it is due again after a run now (epoch seconds)."""
        return now + self.every if self.api_name is None else next_midnight(now)


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
            **index_attributes(at, username),
            "at": at,
            "every": every,
        }
        return self._table.put_op(item)

    def of_user(self, username: str) -> dict[str, int]:
        """Read the next check (epoch seconds) of each scheduled key by its id."""
        items = self._table.query_all(user_partition(username), prefix=_PREFIX)
        return {item["SK"].removeprefix(_PREFIX): int(item["at"]) for item in items}

    def due(self, now: int, limit: int) -> list[DueCheck]:
        """Find what is due, the longest overdue first (eventually consistent)."""
        result = self._table.query(
            _LISTING, between=("0", f"{now:010d}#~"), index=True, limit=limit
        )
        return [_as_due(item) for item in result.items]

    def claim(self, due: DueCheck, now: int) -> bool:
        """Claim what is due and schedule the next run.

        Returns False if another process claimed it or the schedule was changed.
        """
        at = due.next_at(now)
        sort_key = (
            _sort_key(due.key_id) if due.api_name is None else f"{RECONCILE_PREFIX}{due.api_name}"
        )
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(due.username),
                    sort_key,
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


def next_midnight(now: int) -> int:
    """Return when the reconciliations of the day that `now` is in are due (epoch seconds)."""
    return now - now % _DAY + _DAY + _AFTER_MIDNIGHT


def index_attributes(at: int, username: str) -> dict[str, str]:
    """Return the attributes that list an item among the schedules, due at `at`."""
    return {"GSI1PK": _LISTING, "GSI1SK": _index_sort_key(at, username)}


def _as_due(item: dict[str, Any]) -> DueCheck:
    username, sort_key, at = item["PK"].removeprefix("USER#"), item["SK"], int(item["at"])
    if sort_key.startswith(RECONCILE_PREFIX):
        return DueCheck(username, "", at, _DAY, sort_key.removeprefix(RECONCILE_PREFIX))
    return DueCheck(username, sort_key.removeprefix(_PREFIX), at, int(item["every"]))


def _sort_key(key_id: str) -> str:
    return f"{_PREFIX}{key_id}"


def _index_sort_key(at: int, username: str) -> str:
    return f"{at:010d}#{username}"
