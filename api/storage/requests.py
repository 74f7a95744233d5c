"""The request log `USER#{username}` / `LOG#{milliseconds}#{random}`. Entries are kept for days."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.storage.page import Page, delete_range, start_key
from api.storage.table import Table
from api.storage.users import user_partition

MAX_PATH = 480
# Bytes of one write unit (1 kB) that remain for the fields of variable length, after all attribute
# names and numbers. When every other field is at its longest, 300 characters of the path remain.
_VARIABLE_BYTES = 824
# Items that a filtered read looks at, whether they match or not.
_FILTERED_READ_SIZE = 250


class LogEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One proxied request, without its query, headers, body and secrets.

    `at` is in epoch seconds with milliseconds, durations are in milliseconds. `bytes_in` came from
    the client, `bytes_out` went to it. `problem` is the code of the proxy's own error, if any.
    `simulated` is true when the proxy simulated a rate limit instead of calling the upstream.
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
    simulated: bool = msgspec.field(name="rehearsed", default=False)


class LogFilter(msgspec.Struct, frozen=True):
    """Selects log entries; None selects all. `status` is the first and the last status code."""

    api_name: str | None = None
    status: tuple[int, int] | None = None
    token_id: str | None = None


class RequestLog:
    """Writes and reads log entries. `days` is how long an entry is kept."""

    def __init__(self, table: Table, days: int) -> None:
        self._table = table
        self._kept_seconds = days * 86_400

    def put_op(self, username: str, entry: LogEntry) -> Operation:
        """Write an entry."""
        milliseconds = int(entry.at * 1000)
        item: dict[str, Any] = {
            "PK": user_partition(username),
            "SK": f"LOG#{milliseconds:013d}#{secrets.token_hex(4)}",
            **msgspec.to_builtins(entry),
            "path": _shortened_path(username, entry),
            "ttl": int(entry.at) + self._kept_seconds,
        }
        return self._table.put_op(item)

    def page(
        self,
        username: str,
        log_filter: LogFilter,
        *,
        limit: int,
        after: str | None,
        start: float | None,
        end: float | None,
        now: float,
    ) -> Page[LogEntry]:
        """Read at most `limit` entries in [start, end), newest first, without expired ones.

        With a filter, a page reads a limited number of items. It can have fewer entries than
        `limit`, or none, and still have a next page.
        """
        pk = user_partition(username)
        oldest = max(start or 0.0, now - self._kept_seconds)
        newest = end if end is not None else now + 86_400
        if newest <= oldest or (after is not None and after <= _boundary(oldest)):
            # DynamoDB rejects an empty range, and a start outside the range (since expired).
            return Page([])
        where, values, names = _filter_expression(log_filter)
        result = self._table.query(
            pk,
            between=(_boundary(oldest), _boundary(newest)),
            limit=_FILTERED_READ_SIZE if where else limit,
            after=start_key(pk, after),
            newest_first=True,
            where=where,
            values=values,
            names=names,
        )
        items = result.items[:limit]
        if len(result.items) > limit:
            position: str | None = items[-1]["SK"]
        else:
            position = result.last["SK"] if result.last else None
        return Page([as_log_entry(item) for item in items], position)

    def sweep(self, username: str, now: float) -> None:
        """Delete a user's expired entries."""
        oldest = _boundary(now - self._kept_seconds)
        delete_range(self._table, user_partition(username), "LOG#", oldest)


def as_log_entry(item: dict[str, Any]) -> LogEntry:
    """Return the log entry that an item stores."""
    return msgspec.convert(item, LogEntry)


def _filter_expression(
    log_filter: LogFilter,
) -> tuple[str | None, dict[str, object], dict[str, str]]:
    """Return the filter expression with its values and names."""
    conditions = []
    values: dict[str, object] = {}
    names: dict[str, str] = {}
    if log_filter.api_name is not None:
        conditions.append("api_name = :api")
        values[":api"] = log_filter.api_name
    if log_filter.token_id is not None:
        conditions.append("token_id = :token")
        values[":token"] = log_filter.token_id
    if log_filter.status is not None:
        first, last = log_filter.status
        conditions.append("#status BETWEEN :first AND :last")
        values |= {":first": first, ":last": last}
        names["#status"] = "status"
    return " AND ".join(conditions) or None, values, names


def _shortened_path(username: str, entry: LogEntry) -> str:
    """Shorten the path if the item would otherwise cost two write units. All fields are ASCII."""
    optional = (entry.token_id, entry.key_id, entry.problem)
    available_bytes = _VARIABLE_BYTES - sum(len(text) for text in optional if text is not None)
    for text in (username, entry.request_id, entry.api_name, entry.method, entry.host):
        available_bytes -= len(text)
    return (
        entry.path
        if len(entry.path) <= available_bytes
        else entry.path[: available_bytes - 3] + "..."
    )


def _boundary(at: float) -> str:
    return f"LOG#{max(0, int(at * 1000)):013d}"
