"""Calls in progress: `USER#{username}` / `OPEN#{milliseconds}#{request_id}`.

An item is written only for a call that lasts longer than a few seconds, and deleted when the call
is recorded. In the index all of them are in one partition, sorted by their start: `GSI1PK = OPEN`,
`GSI1SK = {milliseconds}#{request_id}`. So the items that a killed process left are found by a
query.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.listed_spend import Spend
from api.storage.operations import EXISTS
from api.storage.page import delete_expired
from api.storage.requests import LogEntry, LogFilter, RequestLog, filter_expression
from api.storage.spend_records import SpendRecords
from api.storage.table import Table, TransactionFailed
from api.storage.usage_records import HOUR, Counters, UsageRecords
from api.storage.users import user_partition

_PREFIX = "OPEN#"
_LISTING = "OPEN"
_LAST = "9999999999999"
# Seconds after its last write that an item is kept. Its call writes it at least every minute.
_KEPT = 86_400
# Items of a user that are read, whether they match a filter or not.
_READ_SIZE = 1000


class OpenEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call in progress, as of `seen_at`.

    The members that a log entry has too mean the same. `status` is None until the response begins.
    Times are epoch seconds. After `fresh_until` the entry says nothing about the call any more.
    `process` is the process that serves the call. `has_price` is whether the call may cost money.
    """

    request_id: str
    at: float
    api_name: str
    method: str
    path: str
    process: str
    seen_at: float
    fresh_until: float
    host: str = ""
    status: int | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    websocket: bool = False
    messages_in: int = 0
    messages_out: int = 0
    token_id: str | None = None
    key_id: str | None = None
    client: str | None = None
    has_price: bool = False


class OpenCallItems:
    """Writes, reads and deletes the items of calls in progress."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, entries: list[tuple[str, OpenEntry]]) -> None:
        """Write at most 100 entries with their users' names, in one transaction."""
        self._table.transact([self._put_op(username, entry) for username, entry in entries])

    def delete_op(self, username: str, at: float, request_id: str) -> Operation:
        """Delete the item of a call that started at `at`. Idempotent."""
        return self._table.delete_op(user_partition(username), _sort_key(at, request_id))

    def delete(self, calls: list[tuple[str, float, str]]) -> None:
        """Delete the items of calls: username, start, request id. Idempotent."""
        self._table.delete_keys(
            [
                (user_partition(username), _sort_key(at, request_id))
                for username, at, request_id in dict.fromkeys(calls)
            ]
        )

    def of_user(
        self, username: str, log_filter: LogFilter, *, limit: int, end: float | None, now: float
    ) -> list[OpenEntry]:
        """Read at most `limit` calls of a user that began before `end`, the newest first."""
        where, values, names = filter_expression(log_filter)
        last = _LAST if end is None else f"{int(end * 1000):013d}"
        result = self._table.query(
            user_partition(username),
            between=(_PREFIX, _PREFIX + last),
            limit=_READ_SIZE,
            newest_first=True,
            where=where,
            values=values,
            names=names,
        )
        entries = [msgspec.convert(item, OpenEntry) for item in result.items]
        return [entry for entry in entries if entry.fresh_until > now][:limit]

    def all(self) -> list[tuple[str, OpenEntry]]:
        """Read the calls of all users with the users' names (eventually consistent)."""
        items = self._table.query_all(_LISTING, between=("0", _LAST), index=True)
        return [
            (item["PK"].removeprefix("USER#"), msgspec.convert(item, OpenEntry)) for item in items
        ]

    def close(
        self,
        username: str,
        entry: LogEntry,
        seen_at: float,
        counters: Counters,
        spend: Spend,
        log: RequestLog,
    ) -> bool:
        """Move a call whose process ended to the log, the usage records and the spend records.

        Its usage is that of the hour in which the call was last seen (`seen_at`). Returns False if
        the call was recorded before its process ended, which only deletes its item, or if another
        process has moved it.
        """
        key = user_partition(username), _sort_key(entry.at, entry.request_id)
        if log.has(username, entry.at, entry.request_id):
            self._table.run(self._table.delete_op(*key))
            return False
        hour = int(seen_at) // HOUR * HOUR
        records = UsageRecords(self._table)
        try:
            self._table.transact(
                [
                    self._table.delete_op(*key, EXISTS),
                    log.put_op(username, entry),
                    *records.add_ops(username, entry.api_name, counters, hour),
                    *SpendRecords(self._table).add_ops(username, entry.api_name, spend, hour),
                ]
            )
        except TransactionFailed:
            return False
        return True

    def sweep(self, username: str, now: float) -> None:
        """Delete a user's expired items."""
        delete_expired(self._table, user_partition(username), _PREFIX, now)

    def _put_op(self, username: str, entry: OpenEntry) -> Operation:
        item: dict[str, Any] = {
            "PK": user_partition(username),
            "SK": _sort_key(entry.at, entry.request_id),
            "GSI1PK": _LISTING,
            "GSI1SK": f"{int(entry.at * 1000):013d}#{entry.request_id}",
            **msgspec.to_builtins(entry),
            "ttl": int(entry.seen_at) + _KEPT,
        }
        return self._table.put_op(item)


def _sort_key(at: float, request_id: str) -> str:
    return f"{_PREFIX}{int(at * 1000):013d}#{request_id}"
