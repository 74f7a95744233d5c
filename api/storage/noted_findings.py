"""What accounts were notified of: `USER#{username}` / `NOTED`, one item for each account.

`SERVER` / `SCAN` has the account after which the next scan goes on, if the last one had too little
time for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from api.storage.operations import NOT_EXISTS
from api.storage.table import Table, TransactionFailed
from api.storage.users import Users, user_partition

_SORT_KEY = "NOTED"
_POSITION = ("SERVER", "SCAN")
_SAME_REVISION = "revision = :old"


class NotedFinding(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What an account was notified of. Times are epoch seconds.

    `number` counts the notifications without a window of their own, in the `series` that began with
    the first. `at` is the time of the last notification, or of the end. `until` is 0 as long as the
    scans find it (`holds`). `recent` are the times of the last notifications.
    """

    number: int = 0
    series: int = 0
    at: int = 0
    until: int = 0
    holds: bool = False
    recent: tuple[int, ...] = ()


class NotedList(msgspec.Struct, frozen=True):
    """The noted findings of an account, by name. `revision` counts the changes; 0: no item."""

    revision: int = 0
    findings: dict[str, NotedFinding] = {}


class NotedFindings:
    """Reads and replaces what is noted."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def get(self, username: str) -> NotedList:
        """Read what is noted of an account."""
        item = self._table.get(user_partition(username), _SORT_KEY)
        if item is None:
            return NotedList()
        findings = msgspec.json.decode(item["findings"], type=dict[str, NotedFinding])
        return NotedList(int(item["revision"]), findings)

    def replace(self, username: str, old: NotedList, findings: Mapping[str, NotedFinding]) -> bool:
        """Replace what is noted. False if it is no longer `old`, or the account was deleted."""
        item = {
            "PK": user_partition(username),
            "SK": _SORT_KEY,
            "revision": old.revision + 1,
            "findings": msgspec.json.encode(findings).decode(),
        }
        put = self._table.put_op(item, NOT_EXISTS)
        if old.revision:
            put = self._table.put_op(item, _SAME_REVISION, {":old": old.revision})
        try:
            self._table.transact([self._users.assert_active_op(username), put])
        except TransactionFailed:
            return False
        return True

    def position(self) -> str:
        """Read the account after which the next scan goes on, empty for the first one."""
        item = self._table.get(*_POSITION)
        return "" if item is None else str(item["after"])

    def set_position(self, username: str) -> None:
        """Store the position, or remove it if it is empty."""
        pk, sk = _POSITION
        if username:
            self._table.run(self._table.put_op({"PK": pk, "SK": sk, "after": username}))
        else:
            self._table.run(self._table.delete_op(pk, sk))
