"""The request log `USER#{username}` / `LOG#{milliseconds}#{random}`, newest last; kept for some
days.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.table import Page, Table
from api.storage.users import partition

MAX_PATH = 480
# What is left of one write unit (1 kB) for the fields of variable length, after the names of all
# attributes and their numbers. With every other field at its longest, 300 characters of the path
# stay.
_VARIABLE_BYTES = 824


class LogEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One proxied request: never its query, headers, body or secrets.

    `at` is epoch seconds with milliseconds, durations are milliseconds, `bytes_in` came from the
    caller and `bytes_out` went to it. `problem` is the code of our own error, if it was one;
    `rehearsed` says that the upstream was not asked and the refusal is ours (`proxy/rehearsal.py`).
    """

    request_id: str
    at: float
    api_name: str
    method: str
    host: str
    path: str
    status: int
    duration_ms: int
    upstream_ms: int | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    token_id: str | None = None
    key_id: str | None = None
    problem: str | None = None
    rehearsed: bool = False


class RequestLog:
    """Write and page through log entries. `days` is how long an entry is kept."""

    def __init__(self, table: Table, days: int) -> None:
        self._table = table
        self._keep = days * 86_400

    def put_op(self, username: str, entry: LogEntry) -> Operation:
        """Write an entry."""
        milliseconds = int(entry.at * 1000)
        item: dict[str, Any] = {
            "PK": partition(username),
            "SK": f"LOG#{milliseconds:013d}#{secrets.token_hex(4)}",
            **msgspec.to_builtins(entry),
            "path": _fitting(username, entry),
            "ttl": int(entry.at) + self._keep,
        }
        return self._table.put_op(item)

    def page(
        self,
        username: str,
        *,
        limit: int,
        after: str | None,
        start: float | None,
        end: float | None,
        now: float,
        where: str | None,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> Page:
        """A page of entries, newest first, of those in [start, end) that are not expired."""
        pk = partition(username)
        oldest = max(start or 0.0, now - self._keep)
        newest = end if end is not None else now + 86_400
        if newest <= oldest or (after is not None and after <= _bound(oldest)):
            # DynamoDB refuses both: a range that is none, and a start that has expired meanwhile.
            return Page([], None)
        return self._table.query(
            pk,
            between=(_bound(oldest), _bound(newest)),
            limit=limit,
            after={"PK": pk, "SK": after} if after else None,
            newest_first=True,
            where=where,
            values=values,
            names=names,
        )

    def sweep(self, username: str, now: float) -> None:
        """Remove entries past their time that TTL may have left."""
        pk = partition(username)
        after = None
        while True:
            page = self._table.query(
                pk, between=("LOG#", _bound(now - self._keep)), limit=500, after=after
            )
            self._table.delete_keys([(pk, item["SK"]) for item in page.items])
            if page.last is None:
                return
            after = page.last


def as_entry(item: dict[str, Any]) -> LogEntry:
    """The typed entry of an item."""
    return msgspec.convert(item, LogEntry)


def _fitting(username: str, entry: LogEntry) -> str:
    """The path, cut where the item would cost a second write unit. All fields are ASCII."""
    others = (entry.token_id, entry.key_id, entry.problem)
    room = _VARIABLE_BYTES - sum(len(text) for text in others if text is not None)
    for text in (username, entry.request_id, entry.api_name, entry.method, entry.host):
        room -= len(text)
    return entry.path if len(entry.path) <= room else entry.path[: room - 3] + "..."


def _bound(at: float) -> str:
    return f"LOG#{max(0, int(at * 1000)):013d}"
