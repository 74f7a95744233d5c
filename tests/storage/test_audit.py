"""Entries of the audit log on every engine: order, outcome, sums, ranges and expiry."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.storage.audit import (
    AuditEntry,
    AuditFilter,
    AuditItems,
    AuditOutcome,
    AuditSubject,
    new_audit_id,
)
from api.storage.table import ConditionFailed
from api.wiring import Storage
from api.wiring.api import build_sweeper
from tests.storage.conftest import NOW, Parallel

DAY = 86_400


@pytest.fixture
def items(storage: Storage) -> AuditItems:
    """The audit log, kept for a year."""
    return AuditItems(storage.table, 365)


def entry(
    at: float = NOW, action: str = "key.update", outcome: AuditOutcome = "started"
) -> AuditEntry:
    """Return an entry with every member."""
    return AuditEntry(
        audit_id=new_audit_id(at),
        at=at,
        action=action,
        outcome=outcome,
        source="2001:db8::7",
        network="2001:db8::",
        client="curl",
        user_agent="curl/8.5.0",
        session_id="s",
        subject=AuditSubject("key", "test.x", "test"),
        details={"api_name": "test"},
    )


def write(items: AuditItems, username: str | None, *entries: AuditEntry) -> None:
    for each in entries:
        items.table.run(items.put_op(username, each))


def read(
    items: AuditItems, username: str | None, *, now: float = NOW, **members: object
) -> list[AuditEntry]:
    chosen = AuditFilter(**members)  # type: ignore[arg-type]
    return items.page(username, chosen, limit=100, after=None, now=now).items


def test_an_entry_comes_back_as_it_was_written(items: AuditItems, username: str) -> None:
    written = entry()
    write(items, username, written)
    assert read(items, username) == [written]


def test_the_newest_entry_is_first_even_if_the_clock_went_back(
    items: AuditItems, username: str
) -> None:
    first, second, earlier = entry(NOW), entry(NOW + 5), entry(NOW - 60)
    write(items, username, first, second, earlier)
    assert read(items, username) == [second, first, earlier]


def test_entries_of_the_same_moment_do_not_replace_each_other(
    items: AuditItems, username: str, parallel: Parallel
) -> None:
    parallel(40, lambda _: write(items, username, entry()))
    assert len(read(items, username)) == 40
    written = entry()
    write(items, username, written)
    with pytest.raises(ConditionFailed):
        write(items, username, msgspec.structs.replace(written, action="key.delete"))


def test_of_two_outcomes_at_once_one_is_written(
    items: AuditItems, username: str, parallel: Parallel
) -> None:
    started = entry()
    write(items, username, started)
    ended = [
        msgspec.structs.replace(started, outcome="succeeded", details={"api_name": "a"}),
        msgspec.structs.replace(started, outcome="failed", code="conflict"),
    ]
    done = parallel(8, lambda number: items.set_outcome(username, ended[number % 2]))
    assert done.count(True) == 1
    assert read(items, username) == [ended[done.index(True) % 2]]


def test_an_outcome_does_not_bring_back_the_entry_of_a_deleted_account(
    items: AuditItems, username: str
) -> None:
    assert not items.set_outcome(username, entry(outcome="succeeded"))
    assert read(items, username) == []


def test_refused_attempts_of_an_hour_are_one_entry(
    items: AuditItems, username: str, parallel: Parallel
) -> None:
    code = "too_many_attempts"
    refused = msgspec.structs.replace(entry(action="session.create", outcome="failed"), code=code)
    parallel(30, lambda _: items.sum_refused(username, refused, written=False))
    started = entry(NOW + 1, action="session.create")
    write(items, username, started)
    items.sum_refused(username, msgspec.structs.replace(started, code=code), written=True)
    (summed,) = read(items, username)
    assert (summed.details, summed.code, summed.outcome) == ({"attempts": "31"}, code, "failed")
    assert summed.at == NOW // 3600 * 3600


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"action": "key.update"}, ["key.update"]),
        ({"action": "key."}, ["key.delete", "key.update"]),
        ({"outcome": "failed"}, ["key.delete"]),
        ({"source": "2001:db8::7", "action": "token."}, ["token.create"]),
        ({"source": "2001:db8::", "action": "token."}, ["token.create"]),
        ({"source": "192.0.2.1"}, []),
        ({"since": NOW + 10}, ["token.create", "key.delete"]),
        ({"until": NOW + 10}, ["key.update"]),
        ({"since": NOW + 10, "until": NOW + 20}, ["key.delete"]),
        ({"since": NOW + 10, "until": NOW + 10}, []),
    ],
)
def test_entries_are_filtered(
    items: AuditItems, username: str, chosen: dict[str, Any], expected: list[str]
) -> None:
    write(items, username, entry(NOW, "key.update"), entry(NOW + 20, "token.create"))
    write(items, username, entry(NOW + 10, "key.delete", "failed"))
    assert [each.action for each in read(items, username, **chosen)] == expected


def test_a_filter_that_matches_little_continues_on_the_next_page(
    items: AuditItems, username: str
) -> None:
    write(items, username, entry(NOW, "key.delete"))
    write(items, username, *(entry(NOW + 1 + number) for number in range(300)))
    wanted = AuditFilter(action="key.delete")
    first = items.page(username, wanted, limit=10, after=None, now=NOW + 400)
    assert (first.items, first.next is None) == ([], False)
    second = items.page(username, wanted, limit=10, after=first.next, now=NOW + 400)
    assert [each.action for each in second.items] == ["key.delete"]
    assert second.next is None


def test_expired_entries_are_neither_shown_nor_kept(
    storage: Storage, items: AuditItems, username: str
) -> None:
    old, kept = entry(NOW - 366 * DAY), entry(NOW - 364 * DAY)
    for owner in (username, None):
        write(items, owner, old, kept)
        assert read(items, owner) == [kept]
    build_sweeper(storage, 365).sweep(NOW)
    for owner in (username, None):
        assert read(items, owner, now=NOW - 10 * DAY) == [kept]


def test_commands_of_the_operator_replace_their_own_entry(items: AuditItems) -> None:
    started = entry(NOW + 100, "backup.create")
    ended = msgspec.structs.replace(started, outcome="succeeded")
    items.put_commands([started])
    items.put_commands([ended])
    assert ended in read(items, None, since=NOW + 100)


def test_the_work_for_an_unknown_name_leaves_nothing_of_it(
    storage: Storage, items: AuditItems
) -> None:
    for number in range(3):
        storage.table.run(items.refused_nobody_op(entry(NOW + number)))
    day = NOW // DAY * DAY
    (dummy,) = storage.table.query_all(f"THROTTLE#{day}", between=("NOBODY", "NOBODY"))
    assert dummy["source"] == "-" * len("2001:db8::7")
    storage.throttles.sweep(NOW + DAY)
    assert storage.table.query_all(f"THROTTLE#{day}", between=("NOBODY", "NOBODY")) == []
