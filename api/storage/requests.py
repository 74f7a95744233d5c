"""The request log `USER#{username}` / `LOG#{milliseconds}#{random}`. Entries are kept for days."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.spend.usage import CostBasis
from api.storage.page import Page, delete_range, start_key
from api.storage.stored_units import decode_units, encode_units
from api.storage.table import Table
from api.storage.users import user_partition

MAX_PATH = 480
MAX_MODEL = 64
"""The longest name of a model in an entry."""
MAX_ODDITIES = 2
"""The number of oddities in an entry."""
# Bytes of one write unit (1 kB) that remain for the fields of variable length, after all attribute
# names and numbers. When every other field is at its longest, 270 characters of the path remain.
_VARIABLE_BYTES = 824
# Bytes of the attributes that only a WebSocket's entry has.
_WEBSOCKET_BYTES = 64
# Bytes of the names of all attributes about the cost, and of the amount: up to 16 digits.
_COST_BYTES = 35
# Items that a filtered read looks at, whether they match or not.
_FILTERED_READ_SIZE = 250


class LogEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One proxied request, without its query, headers, body and secrets.

    `at` is in epoch seconds with milliseconds, durations are in milliseconds. `bytes_in` came from
    the client, `bytes_out` went to it. `problem` is the code of the proxy's own error, if any.
    `time_limit` is the limit that ended the call (a `TimeLimit`), if it timed out.
    `simulated` is true when the proxy simulated a rate limit instead of calling the upstream.
    `websocket` is true for a WebSocket, of which `messages_in` and `messages_out` are counted, and
    the bytes are those of their payloads. `client` is the family of the calling program.

    Only calls of APIs with a price have the last members. `model` is at most 64 printable ASCII
    characters. `cost` is in nano-dollars, None if it is unknown; `cost_basis` says how it is known.
    `units` is what was counted. `oddities` are short words for what was wrong in the usage.
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
    time_limit: str | None = None
    simulated: bool = msgspec.field(name="rehearsed", default=False)
    websocket: bool = False
    messages_in: int = 0
    messages_out: int = 0
    client: str | None = None
    model: str | None = None
    cost: int | None = None
    cost_basis: CostBasis | None = msgspec.field(name="basis", default=None)
    units: dict[str, int] = {}
    oddities: tuple[str, ...] = msgspec.field(name="odd", default=())


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
            "SK": f"LOG#{milliseconds:013d}#{os.urandom(4).hex()}",
            **msgspec.to_builtins(entry),
            "path": _shortened_path(username, entry),
            "ttl": int(entry.at) + self._kept_seconds,
        }
        if entry.units:
            item["units"] = encode_units(entry.units)
        return self._table.put_op(item)

    def has(self, username: str, at: float, request_id: str) -> bool:
        """Return whether a call that started at `at` has an entry."""
        boundary = _boundary(at)
        items = self._table.query_all(user_partition(username), between=(boundary, boundary + "#~"))
        return any(item["request_id"] == request_id for item in items)

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
        where, values, names = filter_expression(log_filter)
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


def position_time(position: str) -> float:
    """Return the time of the entry at a page's position, in epoch seconds."""
    return int(position.split("#")[1]) / 1000


def as_log_entry(item: dict[str, Any]) -> LogEntry:
    """Return the log entry that an item stores."""
    if "units" in item:
        item = item | {"units": decode_units(item["units"])}
    return msgspec.convert(item, LogEntry)


def filter_expression(
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
    time_limit = None if entry.time_limit is None else f"time_limit{entry.time_limit}"
    client = None if entry.client is None else f"client{entry.client}"
    optional = (entry.token_id, entry.key_id, entry.problem, time_limit, client)
    available_bytes = _VARIABLE_BYTES - sum(len(text) for text in optional if text is not None)
    if entry.websocket:
        available_bytes -= _WEBSOCKET_BYTES
    if entry.cost_basis is not None:
        available_bytes -= _cost_bytes(entry, entry.cost_basis)
    for text in (username, entry.request_id, entry.api_name, entry.method, entry.host):
        available_bytes -= len(text)
    return (
        entry.path
        if len(entry.path) <= available_bytes
        else entry.path[: available_bytes - 3] + "..."
    )


def _cost_bytes(entry: LogEntry, basis: CostBasis) -> int:
    oddities = sum(1 + len(word) for word in entry.oddities)
    return (
        _COST_BYTES
        + len(entry.model or "")
        + len(basis)
        + len(encode_units(entry.units))
        + oddities
    )


def _boundary(at: float) -> str:
    return f"LOG#{max(0, int(at * 1000)):013d}"
