"""Schedules of checks: found by the index when they are due, taken by one process only."""

from __future__ import annotations

import msgspec

from api.storage.schedules import Due
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_keys import key


def due(storage: Storage, username: str, now: int) -> list[Due]:
    """What is due of one user; other tests use the same table."""
    return [one for one in storage.schedules.due(now, 1000) if one.username == username]


def test_a_key_is_due_when_its_time_has_come(storage: Storage, username: str) -> None:
    often, seldom, never = key(check_every=300), key(check_every=86_400), key()
    storage.keys.create(username, [seldom, often, never])
    assert due(storage, username, NOW + 299) == []
    first = Due(username, often.key_id, NOW + 300, 300)
    assert due(storage, username, NOW + 300) == [first]
    assert due(storage, username, NOW + 90_000) == [
        first, Due(username, seldom.key_id, NOW + 86_400, 86_400)
    ]  # fmt: skip
    assert storage.schedules.of_user(username) == {
        often.key_id: NOW + 300, seldom.key_id: NOW + 86_400
    }  # fmt: skip


def test_of_many_processes_one_takes_a_check(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    storage.keys.create(username, [key(check_every=300)])
    (one,) = due(storage, username, NOW + 1000)

    taken = parallel(8, lambda _: storage.schedules.claim(one, NOW + 1000))

    assert taken.count(True) == 1
    assert due(storage, username, NOW + 1299) == []
    (again,) = due(storage, username, NOW + 1300)
    assert again.at == NOW + 1300


def test_a_schedule_follows_its_key(storage: Storage, username: str) -> None:
    one = key()
    storage.keys.create(username, [one])
    changed = msgspec.structs.replace(one, check_every=600, revision=2, updated_at=NOW + 5)
    storage.keys.replace(username, one, changed)
    (found,) = due(storage, username, NOW + 605)
    off = msgspec.structs.replace(changed, check_every=None, revision=3)
    storage.keys.replace(username, changed, off)
    assert due(storage, username, NOW + 10_000) == []
    assert not storage.schedules.claim(found, NOW + 605), "it was taken off meanwhile"

    on = msgspec.structs.replace(off, check_every=300, revision=4)
    storage.keys.replace(username, off, on)
    storage.keys.delete(username, on)
    assert due(storage, username, NOW + 10_000) == []
    assert storage.schedules.of_user(username) == {}


def test_a_key_without_a_schedule_has_no_item_of_one(storage: Storage, username: str) -> None:
    storage.keys.create(username, [key()])
    assert storage.table.query_all(f"USER#{username}", prefix="CHECK#") == []
