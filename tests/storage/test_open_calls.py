"""Items of calls in progress: written, found, deleted, and moved to the log."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
import pytest

from api.storage.listed_spend import SpendKey
from api.storage.open_calls import OpenEntry
from api.storage.requests import LogEntry, LogFilter
from api.storage.usage_records import HOUR
from api.wiring import Storage
from tests.storage.conftest import NOW


def entry(**members: Any) -> OpenEntry:
    """Return a call that began a minute ago, with a random id."""
    return msgspec.structs.replace(
        OpenEntry(
            request_id=secrets.token_hex(8),
            at=NOW - 60.25,
            api_name="test",
            method="GET",
            path="/x",
            process="server.1",
            seen_at=NOW,
            fresh_until=NOW + 120,
        ),
        **members,
    )


def listed(storage: Storage, username: str, **options: Any) -> list[OpenEntry]:
    given: dict[str, Any] = {"limit": 100, "end": None, "now": NOW, **options}
    log_filter = given.pop("log_filter", LogFilter())
    return storage.open_calls.of_user(username, log_filter, **given)


def logged(storage: Storage, username: str) -> list[LogEntry]:
    page = storage.log.page(
        username, LogFilter(), limit=10, after=None, start=None, end=None, now=NOW
    )
    return page.items


def log_entry(of: OpenEntry) -> LogEntry:
    return LogEntry(of.request_id, of.at, "test", "GET", "localhost", "/x", 200, 60_250, 5)


def test_calls_are_listed_newest_first_until_they_end(storage: Storage, username: str) -> None:
    calls = [entry(at=NOW - age, path=f"/{age}") for age in (10, 20.5, 30)]
    storage.open_calls.put([(username, call) for call in calls])
    assert listed(storage, username) == calls
    assert listed(storage, username, limit=2) == calls[:2]
    assert listed(storage, "another") == []

    newer = msgspec.structs.replace(calls[0], bytes_out=7, seen_at=NOW + 1)
    storage.open_calls.put([(username, newer)])
    storage.table.run(storage.open_calls.delete_op(username, calls[1].at, calls[1].request_id))
    assert listed(storage, username) == [newer, calls[2]]

    storage.open_calls.delete([(username, calls[2].at, calls[2].request_id)] * 2)
    assert listed(storage, username) == [newer]


def test_an_entry_that_is_not_written_again_is_not_listed(storage: Storage, username: str) -> None:
    storage.open_calls.put([(username, entry())])
    assert listed(storage, username, now=NOW + 119)
    assert not listed(storage, username, now=NOW + 121)


@pytest.mark.parametrize(
    ("log_filter", "end", "is_listed"),
    [
        (LogFilter(api_name="test"), None, True),
        (LogFilter(api_name="other"), None, False),
        (LogFilter(token_id="t" * 13), None, True),
        (LogFilter(token_id="u" * 13), None, False),
        (LogFilter(status=(200, 299)), None, True),
        (LogFilter(status=(400, 499)), None, False),
        (LogFilter(), NOW - 60, True),
        (LogFilter(), NOW - 61, False),
    ],
)
def test_filters_apply(
    storage: Storage, username: str, log_filter: LogFilter, end: float | None, is_listed: bool
) -> None:
    storage.open_calls.put([(username, entry(token_id="t" * 13, status=200))])
    found = listed(storage, username, log_filter=log_filter, end=end)
    assert bool(found) is is_listed


def test_a_call_without_a_response_has_no_status(storage: Storage, username: str) -> None:
    storage.open_calls.put([(username, entry())])
    assert not listed(storage, username, log_filter=LogFilter(status=(100, 999)))


def test_the_calls_of_all_users_are_found(storage: Storage, username: str) -> None:
    call = entry()
    storage.open_calls.put([(username, call)])
    assert (username, call) in storage.open_calls.all()


def test_a_lost_call_moves_to_the_log_once(storage: Storage, username: str) -> None:
    call = entry()
    storage.open_calls.put([(username, call)])
    moved = log_entry(call)
    counters = {"n": 1, "s2": 1, "x": 1}
    spend = {SpendKey("t" * 13, "gpt-4o"): {"x": 1}}
    results = [
        storage.open_calls.close(username, moved, call.seen_at, counters, spend, storage.log)
        for _ in range(2)
    ]
    assert results == [True, False]
    assert logged(storage, username) == [moved]
    assert listed(storage, username) == []
    hour = NOW // HOUR * HOUR
    (record,) = storage.usage.records.hours(username, hour, hour + HOUR, NOW)
    assert record.counters == counters
    (day,) = storage.usage.records.days(username, hour - 86_400, hour + HOUR, NOW)
    assert day.counters == counters
    (cost,) = storage.usage.spend_records(username, hour, hour + HOUR, NOW)
    assert (cost.model, cost.calls, cost.unknown) == ("gpt-4o", 1, 1)


def test_a_call_that_was_recorded_is_not_recorded_again(storage: Storage, username: str) -> None:
    """Its process was killed after the record and before the item was deleted."""
    call = entry()
    storage.open_calls.put([(username, call)])
    recorded = log_entry(call)
    storage.table.run(storage.log.put_op(username, recorded))
    other = msgspec.structs.replace(recorded, status=503, problem="server_stopped_unexpectedly")
    assert not storage.open_calls.close(username, other, call.seen_at, {"n": 1}, {}, storage.log)
    assert logged(storage, username) == [recorded]
    assert listed(storage, username) == []


def test_items_that_nothing_writes_again_expire(storage: Storage, username: str) -> None:
    storage.open_calls.put([(username, entry()), (username, entry(seen_at=NOW - 86_400))])
    storage.open_calls.sweep(username, NOW + 7_200)
    assert len(storage.table.query_all(f"USER#{username}", prefix="OPEN#")) == 1
