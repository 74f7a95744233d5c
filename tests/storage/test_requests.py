"""The request log: newest first, in pages, filtered, and never an entry past its time."""

from __future__ import annotations

from typing import Any

import msgspec

from api.storage.requests import LogEntry, as_entry
from api.storage.table import Page, Table
from api.wiring import Storage
from tests.storage.conftest import NOW

DAYS_KEPT = 14


def entry(at: float, **members: Any) -> LogEntry:
    return msgspec.structs.replace(
        LogEntry(
            request_id="0123456789abcdef",
            at=at,
            api_name="openai",
            method="GET",
            host="api.openai.com:443",
            path="/v1/models",
            status=200,
            duration_ms=12,
        ),
        **members,
    )


def write(storage: Storage, username: str, *entries: LogEntry) -> None:
    for one in entries:
        storage.table.run(storage.log.put_op(username, one))


def page(storage: Storage, username: str, **members: Any) -> Page:
    given: dict[str, Any] = {
        "limit": 100, "after": None, "start": None, "end": None, "now": NOW,
        "where": None, "values": {}, "names": {},
    }  # fmt: skip
    return storage.log.page(username, **(given | members))


def times(found: Page) -> list[float]:
    return [as_entry(item).at for item in found.items]


def test_an_entry_comes_back_and_expires_after_the_days_that_are_set(
    storage: Storage, table: Table, username: str
) -> None:
    full = entry(
        NOW + 0.125,
        upstream_ms=10,
        bytes_in=5,
        bytes_out=7,
        token_id="t1",
        key_id="openai.1",
        problem="upstream_timeout",
    )
    write(storage, username, full)
    (item,) = table.query_all(f"USER#{username}", prefix="LOG#")
    assert item["SK"].startswith(f"LOG#{NOW}125#")
    assert item["ttl"] == NOW + DAYS_KEPT * 86_400
    assert as_entry(item) == full


def test_entries_of_one_millisecond_are_all_kept(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW) for _ in range(20)])
    assert len(page(storage, username).items) == 20


def test_the_newest_come_first_in_pages(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW - i / 8) for i in range(7)])
    first = page(storage, username, limit=3)
    assert times(first) == [NOW, NOW - 0.125, NOW - 0.25]
    assert first.last is not None
    second = page(storage, username, limit=10, after=first.last["SK"])
    assert times(second) == [NOW - i / 8 for i in range(3, 7)]
    assert second.last is None
    assert page(storage, username + "a").items == []


def test_a_range_has_its_first_and_not_its_last_moment(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW - i) for i in range(5)])
    assert times(page(storage, username, start=NOW - 3, end=NOW - 1)) == [NOW - 2, NOW - 3]


def test_entries_are_filtered_and_a_page_without_a_hit_goes_on(
    storage: Storage, username: str
) -> None:
    write(storage, username, *[entry(NOW - i, status=500 if i == 4 else 200) for i in range(6)])
    given = {"where": "#s = :s", "values": {":s": 500}, "names": {"#s": "status"}, "limit": 3}
    first = page(storage, username, **given)
    assert first.items == [] and first.last is not None
    assert times(page(storage, username, after=first.last["SK"], **given)) == [NOW - 4]


def test_expired_entries_are_not_shown_though_their_items_are_there(
    storage: Storage, table: Table, username: str
) -> None:
    kept = DAYS_KEPT * 86_400
    write(storage, username, entry(NOW - kept - 1), entry(NOW - kept + 1))
    assert times(page(storage, username)) == [NOW - kept + 1]
    assert times(page(storage, username, start=0)) == [NOW - kept + 1]
    assert len(table.query_all(f"USER#{username}", prefix="LOG#")) == 2


def test_sweeping_removes_expired_entries_alone(
    storage: Storage, table: Table, username: str
) -> None:
    kept = DAYS_KEPT * 86_400
    for _ in range(6):
        table.batch([storage.log.put_op(username, entry(NOW - kept - i - 1)) for i in range(100)])
    write(storage, username, entry(NOW - kept + 1), entry(NOW))
    storage.log.sweep(username, NOW)
    items = table.query_all(f"USER#{username}", prefix="LOG#")
    assert [item["at"] for item in items] == [NOW - kept + 1, NOW]
