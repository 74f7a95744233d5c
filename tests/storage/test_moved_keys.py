"""A key that moves to another API: its pools, state and schedule, and many keys (`Keys.move`)."""

from __future__ import annotations

import secrets

import msgspec
import pytest

from api.pools import INLINE_KEYS
from api.quota.key_state import KeyState
from api.storage.keys import KeyChanged, StoredKey
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_keys import key

EXHAUSTED = KeyState("exhausted", NOW + 500, NOW)


def moved(stored: StoredKey, api_name: str, **changes: object) -> StoredKey:
    return msgspec.structs.replace(
        stored, api_name=api_name, revision=stored.revision + 1, **changes
    )


def inline(storage: Storage, username: str, api_name: str) -> set[str]:
    pool = storage.pools.get(username, api_name)
    return set(pool.key_ids()) if pool is not None else set()


def of_api(storage: Storage, username: str, api_name: str) -> set[str]:
    return {found.key_id for found in storage.keys.of_api(username, api_name)}


def test_a_key_leaves_one_pool_and_joins_the_other(storage: Storage, username: str) -> None:
    one, other, target = key("openai"), key("openai"), key("work")
    storage.keys.create(username, [one, other, target])
    stored = storage.keys.move(username, one, moved(one, "work"))
    assert storage.keys.get(username, one.key_id) == stored
    assert (stored.key_id, stored.api_name) == (one.key_id, "work")
    assert inline(storage, username, "openai") == of_api(storage, username, "openai")
    assert inline(storage, username, "openai") == {other.key_id}
    assert inline(storage, username, "work") == {one.key_id, target.key_id}
    assert of_api(storage, username, "work") == {one.key_id, target.key_id}


def test_a_key_can_move_back_and_be_deleted(storage: Storage, username: str) -> None:
    one = key("openai")
    storage.keys.create(username, [one])
    there = storage.keys.move(username, one, moved(one, "work"))
    further = storage.keys.move(username, there, moved(there, "home"))
    assert of_api(storage, username, "work") == set()
    assert of_api(storage, username, "home") == {one.key_id}
    back = storage.keys.move(username, further, moved(further, "openai"))
    assert of_api(storage, username, "openai") == {one.key_id}
    again = storage.keys.move(username, back, moved(back, "work"))
    storage.keys.delete(username, again)
    left = storage.table.query_all(f"USER#{username}")
    assert not [item["SK"] for item in left if item["SK"].startswith(("APIKEY#", "MOVED#"))]
    for api_name in ("openai", "work", "home"):
        assert inline(storage, username, api_name) == set()


@pytest.mark.parametrize("with_secret", [False, True])
def test_the_state_moves_with_the_key_unless_the_secret_changes(
    storage: Storage, username: str, with_secret: bool
) -> None:
    one = key("openai")
    storage.keys.create(username, [one])
    assert storage.pools.set_state(username, "openai", one, EXHAUSTED)
    changes = {"encrypted_key": "gAAAAA-new"} if with_secret else {}
    storage.keys.move(username, one, moved(one, "work", **changes))
    pool = storage.pools.get(username, "work")
    assert pool is not None
    assert pool.states.get(one.key_id) == (None if with_secret else EXHAUSTED)
    before = storage.pools.get(username, "openai")
    assert before is not None and before.states == {} and before.keys == ()


def test_an_overflow_key_is_promoted_and_a_full_pool_takes_the_key_as_overflow(
    storage: Storage, username: str
) -> None:
    many = [key("many") for _ in range(INLINE_KEYS + 2)]
    full = [key("full") for _ in range(INLINE_KEYS)]
    storage.keys.create(username, many)
    storage.keys.create(username, full)
    first = next(k for k in many if k.key_id in inline(storage, username, "many"))
    overflow = next(k for k in many if k.key_id not in inline(storage, username, "many"))

    storage.keys.move(username, first, moved(first, "full"))
    storage.keys.move(username, overflow, moved(overflow, "full"))

    assert of_api(storage, username, "full") == {k.key_id for k in [*full, first, overflow]}
    assert len(of_api(storage, username, "many")) == INLINE_KEYS
    assert inline(storage, username, "many") <= of_api(storage, username, "many")
    assert inline(storage, username, "full") == {k.key_id for k in full}
    pool = storage.pools.get(username, "full")
    assert pool is not None and pool.has_overflow
    usable = {k.key_id for k in storage.overflow_keys.list(username, pool, NOW)}
    assert usable == {first.key_id, overflow.key_id}


def test_one_of_concurrent_moves_succeeds(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    one = key("openai")
    storage.keys.create(username, [one])

    def move(number: int) -> bool:
        try:
            storage.keys.move(username, one, moved(one, f"api{number}"))
        except KeyChanged:
            return False
        return True

    assert sum(parallel(4, move)) == 1
    stored = storage.keys.get(username, one.key_id)
    assert stored is not None
    holders = [n for n in range(4) if inline(storage, username, f"api{n}")]
    assert [f"api{n}" for n in holders] == [stored.api_name]
    assert inline(storage, username, "openai") == set()


def test_a_move_after_a_deletion_fails(storage: Storage, username: str) -> None:
    one = key("openai", key_id=f"openai.{secrets.token_hex(8)}")
    storage.keys.create(username, [one])
    storage.keys.delete(username, one)
    with pytest.raises(KeyChanged):
        storage.keys.move(username, one, moved(one, "work"))
    assert inline(storage, username, "work") == set()
