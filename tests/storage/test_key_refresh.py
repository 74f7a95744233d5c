"""New data of the catalogue in stored keys: the key item and the pool item change together."""

from __future__ import annotations

import secrets

import msgspec
import pytest

from api.credentials import AuthScheme
from api.pools import INLINE_KEYS
from api.quota.key_state import KeyState
from api.storage.keys import KeyChanged, StoredKey, pool_key
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel

STATE = KeyState("quota", NOW + 60, NOW)


def key(size: int = 100) -> StoredKey:
    return StoredKey(
        key_id=f"jira.{secrets.token_hex(8)}",
        api_name="jira",
        base_url="https://acme.atlassian.net",
        auth=AuthScheme("bearer"),
        encrypted_key="g" * size,
        hint="…abcd",
        created_at=NOW,
        updated_at=NOW,
    )


def refreshed(old: StoredKey) -> StoredKey:
    return msgspec.structs.replace(
        old,
        rate_limit_dialect="github",
        credential_locations=("bearer",),
        url_fields=("self", "content", "thumbnail"),
    )


def test_the_key_and_its_pool_get_the_new_data_and_keep_the_state(
    storage: Storage, username: str
) -> None:
    old = key()
    storage.keys.create(username, [old])
    assert storage.pools.set_state(username, "jira", old, STATE)
    stored = storage.keys.refresh(username, old, refreshed(old))
    assert stored == storage.keys.get(username, old.key_id)
    assert stored == msgspec.structs.replace(refreshed(old), revision=2)
    pool = storage.pools.get(username, "jira")
    assert pool is not None
    assert pool.keys == (pool_key(stored),)
    assert pool.states == {old.key_id: STATE}


def test_an_overflow_key_keeps_its_state(storage: Storage, username: str) -> None:
    keys = [key() for _ in range(INLINE_KEYS + 1)]
    storage.keys.create(username, keys)
    pool = storage.pools.get(username, "jira")
    assert pool is not None
    [old] = [one for one in keys if one.key_id not in pool.key_ids()]
    storage.keys.set_state(username, old, STATE)
    storage.keys.refresh(username, old, refreshed(old))
    stored = storage.keys.get(username, old.key_id)
    assert stored == msgspec.structs.replace(refreshed(old), revision=2, state=STATE)
    after = storage.pools.get(username, "jira")
    assert after is not None and after.keys == pool.keys


def test_a_refresh_loses_no_change_that_is_made_at_the_same_time(
    storage: Storage, username: str
) -> None:
    old = key()
    storage.keys.create(username, [old])
    changed = msgspec.structs.replace(old, encrypted_key="h" * 100, revision=2)
    storage.keys.replace(username, old, changed)
    with pytest.raises(KeyChanged):
        storage.keys.refresh(username, old, refreshed(old))
    assert storage.keys.get(username, old.key_id) == changed
    storage.keys.delete(username, changed)
    with pytest.raises(KeyChanged):
        storage.keys.refresh(username, changed, refreshed(changed))
    assert storage.keys.get(username, old.key_id) is None


def test_one_of_parallel_refreshes_is_stored(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    old = key()
    storage.keys.create(username, [old])

    def refresh(_: int) -> bool:
        try:
            storage.keys.refresh(username, old, refreshed(old))
        except KeyChanged:
            return False
        return True

    assert parallel(8, refresh).count(True) == 1
    stored = storage.keys.get(username, old.key_id)
    assert stored == msgspec.structs.replace(refreshed(old), revision=2)


def test_a_key_that_no_longer_fits_the_pool_item_becomes_an_overflow_key(
    storage: Storage, username: str
) -> None:
    # As many keys as fit 4 kB exactly: any longer copy needs a third read unit.
    keys = [key(size) for size in (1500, 1500)]
    storage.keys.create(username, keys)
    pool = storage.pools.get(username, "jira")
    assert pool is not None and len(pool.keys) == 2
    assert storage.pools.set_state(username, "jira", keys[0], STATE)
    new = msgspec.structs.replace(keys[0], url_fields=tuple("x" * 60 for _ in range(8)))
    storage.keys.refresh(username, keys[0], new)
    after = storage.pools.get(username, "jira")
    assert after is not None
    assert after.key_ids() == {keys[1].key_id}
    assert after.has_overflow
    stored = storage.keys.get(username, keys[0].key_id)
    assert stored is not None
    assert (stored.url_fields, stored.state) == (new.url_fields, STATE)
