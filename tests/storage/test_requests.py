"""The request log: newest first, in pages, filtered, and without expired entries."""

from __future__ import annotations

from typing import Any

import msgspec

from api.storage.page import Page
from api.storage.requests import LogEntry, LogFilter, as_log_entry
from api.storage.table import Table
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


def page(
    storage: Storage, username: str, log_filter: LogFilter | None = None, **members: Any
) -> Page[LogEntry]:
    given: dict[str, Any] = {"limit": 100, "after": None, "start": None, "end": None, "now": NOW}
    return storage.log.page(username, log_filter or LogFilter(), **(given | members))


def times(found: Page[LogEntry]) -> list[float]:
    return [found_entry.at for found_entry in found.items]


def test_an_entry_is_read_back_and_expires_after_the_configured_days(
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
    assert as_log_entry(item) == full


def test_entries_of_one_millisecond_are_all_kept(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW) for _ in range(20)])
    assert len(page(storage, username).items) == 20


def test_entries_are_paged_newest_first(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW - i / 8) for i in range(7)])
    first = page(storage, username, limit=3)
    assert times(first) == [NOW, NOW - 0.125, NOW - 0.25]
    assert first.next is not None
    second = page(storage, username, limit=10, after=first.next)
    assert times(second) == [NOW - i / 8 for i in range(3, 7)]
    assert second.next is None
    assert page(storage, username + "a").items == []


def test_a_range_includes_its_start_and_excludes_its_end(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW - i) for i in range(5)])
    assert times(page(storage, username, start=NOW - 3, end=NOW - 1)) == [NOW - 2, NOW - 3]


def test_a_page_without_a_match_has_a_next_page(storage: Storage, username: str) -> None:
    entries = [entry(NOW - i, status=500 if i == 260 else 200) for i in range(300)]
    for start in range(0, 300, 100):
        storage.table.batch(
            [storage.log.put_op(username, one) for one in entries[start : start + 100]]
        )
    failed = LogFilter(status=(500, 599))
    first = page(storage, username, failed, limit=3)
    assert first.items == [] and first.next is not None
    second = page(storage, username, failed, limit=3, after=first.next)
    assert times(second) == [NOW - 260]
    assert second.next is None


def test_entries_are_filtered_by_api_status_and_token(storage: Storage, username: str) -> None:
    write(
        storage,
        username,
        entry(NOW, token_id="t1"),
        entry(NOW - 1, token_id="t1", api_name="github"),
        entry(NOW - 2, token_id="t2", status=404),
    )
    assert times(page(storage, username, LogFilter(token_id="t1"))) == [NOW, NOW - 1]
    assert times(page(storage, username, LogFilter(api_name="openai"))) == [NOW, NOW - 2]
    assert times(page(storage, username, LogFilter(status=(404, 404)))) == [NOW - 2]
    assert times(page(storage, username, LogFilter("openai", (200, 299), "t1"))) == [NOW]


def test_a_filtered_page_can_end_between_two_matches(storage: Storage, username: str) -> None:
    write(storage, username, *[entry(NOW - i) for i in range(5)])
    openai = LogFilter(api_name="openai")
    first = page(storage, username, openai, limit=2)
    assert times(first) == [NOW, NOW - 1]
    assert times(page(storage, username, openai, limit=3, after=first.next)) == [
        NOW - 2, NOW - 3, NOW - 4
    ]  # fmt: skip


def test_expired_entries_are_not_read_although_their_items_exist(
    storage: Storage, table: Table, username: str
) -> None:
    kept = DAYS_KEPT * 86_400
    write(storage, username, entry(NOW - kept - 1), entry(NOW - kept + 1))
    assert times(page(storage, username)) == [NOW - kept + 1]
    assert times(page(storage, username, start=0)) == [NOW - kept + 1]
    assert len(table.query_all(f"USER#{username}", prefix="LOG#")) == 2


def test_sweeping_deletes_only_expired_entries(
    storage: Storage, table: Table, username: str
) -> None:
    kept = DAYS_KEPT * 86_400
    for _ in range(6):
        table.batch([storage.log.put_op(username, entry(NOW - kept - i - 1)) for i in range(100)])
    write(storage, username, entry(NOW - kept + 1), entry(NOW))
    storage.log.sweep(username, NOW)
    items = table.query_all(f"USER#{username}", prefix="LOG#")
    assert [item["at"] for item in items] == [NOW - kept + 1, NOW]
