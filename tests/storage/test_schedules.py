"""Schedules of checks: found in the index when due, and claimed by one process only."""

from __future__ import annotations

import msgspec

from api.storage.schedules import DueCheck
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_keys import key


def due(storage: Storage, username: str, now: int) -> list[DueCheck]:
    """The due checks of one user. Other tests use the same table."""
    return [one for one in storage.schedules.due(now, 1000) if one.username == username]


def test_a_check_is_due_from_its_time_on(storage: Storage, username: str) -> None:
    often, seldom, never = key(check_every=300), key(check_every=86_400), key()
    storage.keys.create(username, [seldom, often, never])
    assert due(storage, username, NOW + 299) == []
    first = DueCheck(username, often.key_id, NOW + 300, 300)
    assert due(storage, username, NOW + 300) == [first]
    assert due(storage, username, NOW + 90_000) == [
        first, DueCheck(username, seldom.key_id, NOW + 86_400, 86_400)
    ]  # fmt: skip
    assert storage.schedules.of_user(username) == {
        often.key_id: NOW + 300, seldom.key_id: NOW + 86_400
    }  # fmt: skip


def test_of_concurrent_processes_one_claims_a_check(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    storage.keys.create(username, [key(check_every=300)])
    (one,) = due(storage, username, NOW + 1000)

    taken = parallel(8, lambda _: storage.schedules.claim(one, NOW + 1000))

    assert taken.count(True) == 1
    assert due(storage, username, NOW + 1299) == []
    (again,) = due(storage, username, NOW + 1300)
    assert again.at == NOW + 1300


def test_a_schedule_changes_with_its_key(storage: Storage, username: str) -> None:
    one = key()
    storage.keys.create(username, [one])
    changed = msgspec.structs.replace(one, check_every=600, revision=2, updated_at=NOW + 5)
    storage.keys.replace(username, one, changed)
    (found,) = due(storage, username, NOW + 605)
    off = msgspec.structs.replace(changed, check_every=None, revision=3)
    storage.keys.replace(username, changed, off)
    assert due(storage, username, NOW + 10_000) == []
    assert not storage.schedules.claim(found, NOW + 605), "the schedule was removed"

    on = msgspec.structs.replace(off, check_every=300, revision=4)
    storage.keys.replace(username, off, on)
    storage.keys.delete(username, on)
    assert due(storage, username, NOW + 10_000) == []
    assert storage.schedules.of_user(username) == {}


def test_a_key_without_a_schedule_has_no_schedule_item(storage: Storage, username: str) -> None:
    storage.keys.create(username, [key()])
    assert storage.table.query_all(f"USER#{username}", prefix="CHECK#") == []
