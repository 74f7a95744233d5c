"""Keys, and pool items that always agree with them."""

from __future__ import annotations

import contextlib
import secrets

import msgspec
import pytest

from api.credentials import AuthScheme
from api.limits.policies import Policy
from api.pools import INLINE_KEYS, Pool
from api.quota.key_state import KeyState
from api.storage.keys import KeyChanged, StoredKey, pool_key
from api.storage.policies import PolicyChanged
from api.storage.table import Table
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel


def key(api_name: str = "openai", **members: object) -> StoredKey:
    return msgspec.structs.replace(
        StoredKey(
            key_id=f"{api_name}.{secrets.token_hex(8)}",
            api_name=api_name,
            base_url="https://api.openai.com",
            auth=AuthScheme("bearer"),
            encrypted_key="gAAAA",
            hint="…abcd",
            created_at=NOW,
            updated_at=NOW,
        ),
        **members,
    )


def pool_of(storage: Storage, username: str, api_name: str = "openai") -> Pool:
    pool = storage.pools.get(username, api_name)
    assert pool is not None
    return pool


def test_the_key_item_has_the_fixed_names(storage: Storage, table: Table, username: str) -> None:
    stored = key(
        key_id="openai.1", description="mine", provider="openai",
        credential_locations=("x-api-key",),
    )  # fmt: skip
    storage.keys.create(username, [stored])
    assert table.get(f"USER#{username}", "APIKEY#openai.1") == {
        "PK": f"USER#{username}",
        "SK": "APIKEY#openai.1",
        "GSI1PK": "APIKEYS",
        "GSI1SK": f"USER#{username}",
        "key_id": "openai.1",
        "api_name": "openai",
        "provider": "openai",
        "encrypted_key": "gAAAA",
        "description": "mine",
        "created_at": NOW,
        "updated_at": NOW,
        "base_url": "https://api.openai.com",
        "auth": {"scheme": "bearer", "name": None, "prefix": None, "username": None},
        "hint": "…abcd",
        "accepts": ["x-api-key"],
        "revision": 1,
    }
    assert storage.keys.get(username, "openai.1") == stored
    assert storage.keys.get(username, "openai.2") is None
    assert storage.keys.get(username + "a", "openai.1") is None


def test_the_pool_item_has_the_fixed_names_and_all_that_the_proxy_reads(
    storage: Storage, table: Table, username: str
) -> None:
    stored = key(
        auth=AuthScheme("header", "x-api-key", "Key "),
        credential_locations=("x-a",),
        rate_limit_dialect="github",
    )
    storage.keys.create(username, [stored])
    item = table.get(f"USER#{username}", "API#openai")
    assert item is not None
    assert item == {
        "PK": f"USER#{username}",
        "SK": "API#openai",
        "api_name": "openai",
        f"key:{stored.key_id}": '{"i":"' + stored.key_id + '","u":"https://api.openai.com",'
        '"a":{"scheme":"header","name":"x-api-key","prefix":"Key ","username":null},'
        '"e":"gAAAA","d":"github","x":["x-a"]}',
    }
    pool = pool_of(storage, username)
    assert pool == Pool("openai", (pool_key(stored),), {}, None, False)
    assert pool.keys[0].auth == stored.auth
    assert storage.pools.get(username, "github") is None


def test_keys_of_several_apis_are_stored_together_or_not_at_all(
    storage: Storage, username: str
) -> None:
    first = key(key_id="openai.1")
    storage.keys.create(username, [first])
    with pytest.raises(KeyChanged):
        storage.keys.create(username, [key("github"), key(key_id="openai.1")])
    assert storage.keys.of_api(username, "github") == []
    assert storage.pools.get(username, "github") is None
    many = [key(f"api{i % 10}") for i in range(40)]
    storage.keys.create(username, many)
    assert len(storage.keys.page(username, 100, None).items) == 41
    assert len(storage.pools.all(username)) == 11


def test_no_key_is_stored_for_a_deleted_account(storage: Storage) -> None:
    nobody = secrets.token_hex(8)
    with pytest.raises(KeyChanged):
        storage.keys.create(nobody, [key()])
    assert storage.keys.page(nobody, 10, None).items == []


def test_keys_of_an_api_do_not_include_those_of_an_api_with_a_longer_name(
    storage: Storage, username: str
) -> None:
    mine, alike = key("open"), key("open-ai")
    storage.keys.create(username, [mine, alike, key("openai")])
    assert storage.keys.of_api(username, "open") == [mine]


def test_keys_are_paged(storage: Storage, username: str) -> None:
    stored = [key() for _ in range(7)]
    for one in stored:
        storage.keys.create(username, [one])
    first = storage.keys.page(username, 4, None)
    assert first.next is not None
    second = storage.keys.page(username, 4, first.next)
    assert second.next is None
    found = [one.key_id for one in first.items + second.items]
    assert found == sorted(one.key_id for one in stored)


def test_a_large_pool_has_its_first_keys_inline_and_has_overflow(
    storage: Storage, username: str
) -> None:
    stored = [key() for _ in range(INLINE_KEYS + 3)]
    storage.keys.create(username, stored[: INLINE_KEYS - 1])
    assert not pool_of(storage, username).has_overflow
    storage.keys.create(username, stored[INLINE_KEYS - 1 :])
    pool = pool_of(storage, username)
    assert len(pool.keys) == INLINE_KEYS
    assert pool.has_overflow
    assert len(storage.keys.of_api(username, "openai")) == INLINE_KEYS + 3


def test_of_keys_added_concurrently_the_excess_gets_no_slot(
    storage: Storage, username: str
) -> None:
    stored = [key() for _ in range(INLINE_KEYS + 1)]
    storage.keys.create(username, stored[:-2])
    pool = pool_of(storage, username)
    late = [storage.pools.add_op(username, "openai", pool, [pool_key(one)]) for one in stored[-2:]]
    storage.table.batch(late)  # both read the pool before the other was added

    pool = pool_of(storage, username)

    slots = [pool.slot(one.key_id) for one in pool.keys]
    assert slots == [*range(INLINE_KEYS), None]


def test_an_overflow_key_replaces_a_deleted_inline_key(storage: Storage, username: str) -> None:
    stored = [key() for _ in range(INLINE_KEYS + 2)]
    storage.keys.create(username, stored)
    left = {one.key_id for one in stored}
    for one in stored:
        storage.keys.delete(username, one)
        left.remove(one.key_id)
        inline = pool_of(storage, username).key_ids()
        assert inline <= left
        assert len(inline) == min(INLINE_KEYS, len(left))
    assert storage.keys.page(username, 10, None).items == []
    with pytest.raises(KeyChanged):
        storage.keys.delete(username, stored[0])


def test_changing_a_key_changes_the_pool_and_deletes_the_keys_state(
    storage: Storage, table: Table, username: str
) -> None:
    one, other = key(), key()
    storage.keys.create(username, [one, other])
    for exhausted in (one, other):
        state = KeyState("exhausted", NOW + 60)
        table.run(storage.pools.set_state_op(username, "openai", exhausted, state))
    changed = msgspec.structs.replace(one, encrypted_key="gBBBB", revision=2)
    storage.keys.replace(username, one, changed)
    pool = pool_of(storage, username)
    assert {entry.key_id: entry.encrypted_key for entry in pool.keys}[one.key_id] == "gBBBB"
    assert set(pool.states) == {other.key_id}
    assert storage.keys.get(username, one.key_id) == changed


def test_an_overflow_key_can_be_changed_and_deleted(storage: Storage, username: str) -> None:
    stored = [key() for _ in range(INLINE_KEYS + 2)]
    storage.keys.create(username, stored)
    inline = pool_of(storage, username).key_ids()
    outside, last = [one for one in stored if one.key_id not in inline]
    changed = msgspec.structs.replace(outside, encrypted_key="gBBBB", revision=2)
    storage.keys.replace(username, outside, changed)
    storage.keys.delete(username, last)
    assert storage.keys.get(username, outside.key_id) == changed
    assert pool_of(storage, username).key_ids() == inline
    with pytest.raises(KeyChanged):
        storage.keys.delete(username, outside)  # read before the change


def test_of_concurrent_changes_to_one_key_exactly_one_succeeds(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    one = key()
    storage.keys.create(username, [one])

    def change(i: int) -> bool:
        try:
            if i == 3:
                storage.keys.delete(username, one)
            else:
                changed = msgspec.structs.replace(one, encrypted_key=f"g{i}", revision=2)
                storage.keys.replace(username, one, changed)
        except KeyChanged:
            return False
        return True

    outcomes = parallel(10, change)
    assert outcomes.count(True) == 1
    stored, pool = storage.keys.get(username, one.key_id), pool_of(storage, username)
    if outcomes[3]:
        assert stored is None and pool.keys == ()
    else:
        assert stored is not None and pool.keys == (pool_key(stored),)


def test_the_pool_agrees_with_its_keys_after_concurrent_changes(
    storage: Storage, username: str, parallel: Parallel
) -> None:
    before = [key() for _ in range(4)]
    storage.keys.create(username, before)

    def work(i: int) -> None:
        if i % 2:
            storage.keys.create(username, [key(f"api{i}"), key()])
            return
        for _ in range(100):
            with contextlib.suppress(KeyChanged):
                storage.keys.delete(username, before[i // 2])
                return
        raise AssertionError("the key was not deleted in 100 attempts")

    parallel(8, work)
    stored = {pool_key(one) for one in storage.keys.of_api(username, "openai")}
    assert len(stored) == 4
    assert set(pool_of(storage, username).keys) == stored


def test_states_and_policies_are_read_back_and_can_be_removed(
    storage: Storage, table: Table, username: str
) -> None:
    one = key()
    storage.keys.create(username, [one])
    state = KeyState("refused", NOW + 300)
    table.run(storage.pools.set_state_op(username, "openai", one, state))
    policy = Policy(100, 60, NOW)
    storage.policies.replace(username, "openai", None, policy)
    assert pool_of(storage, username) == Pool(
        "openai", (pool_key(one),), {one.key_id: state}, Policy(100, 60, NOW), False
    )
    storage.pools.clear_state(username, "openai", one)
    storage.policies.replace(username, "openai", policy, None)
    assert pool_of(storage, username) == Pool("openai", (pool_key(one),), {}, None, False)
    storage.pools.clear_state(username, "absent", key("absent"))
    assert storage.pools.get(username, "absent") is None


def test_a_policy_can_be_set_before_the_first_key(storage: Storage, username: str) -> None:
    storage.policies.replace(username, "openai", None, Policy(5, 60, NOW))
    one = key()
    storage.keys.create(username, [one])
    pool = pool_of(storage, username)
    assert (pool.policy, pool.keys) == (Policy(5, 60, NOW), (pool_key(one),))


def test_a_policy_that_was_set_again_concurrently_is_not_replaced(
    storage: Storage, username: str
) -> None:
    seen, other = Policy(5, 60, NOW), Policy(7, 60, NOW + 0.5)
    storage.policies.replace(username, "openai", None, seen)
    storage.policies.replace(username, "openai", seen, None)
    storage.policies.replace(username, "openai", None, other)

    with pytest.raises(PolicyChanged):
        storage.policies.replace(username, "openai", seen, Policy(9, 60, NOW, revision=2))

    assert pool_of(storage, username).policy == other


def test_a_policy_that_was_stored_without_a_revision_can_be_replaced(
    storage: Storage, table: Table, username: str
) -> None:
    seen, new = Policy(5, 60, NOW), Policy(9, 60, NOW + 1, revision=2)
    storage.policies.replace(username, "openai", None, seen)
    table.run(table.update_op(f"USER#{username}", "API#openai", "REMOVE policy.revision"))

    storage.policies.replace(username, "openai", seen, new)

    assert pool_of(storage, username).policy == new


def test_a_check_is_stored_and_does_not_restore_a_deleted_key(
    storage: Storage, username: str
) -> None:
    one = key()
    storage.keys.create(username, [one])
    result = {"outcome": "valid", "detail": "fine", "checked_at": NOW, "status": 200}
    storage.keys.set_check(username, one, result)
    checked = storage.keys.get(username, one.key_id)
    assert checked is not None and checked.check == result
    storage.keys.delete(username, checked)
    storage.keys.set_check(username, one, result)
    assert storage.keys.get(username, one.key_id) is None


def test_a_change_based_on_an_older_read_does_not_undo_a_check(
    storage: Storage, username: str
) -> None:
    one = key()
    storage.keys.create(username, [one])
    storage.keys.set_check(username, one, {"outcome": "valid"})

    with pytest.raises(KeyChanged):
        changed = msgspec.structs.replace(one, description="mine", revision=2)
        storage.keys.replace(username, one, changed)

    checked = storage.keys.get(username, one.key_id)
    assert checked is not None and checked.check == {"outcome": "valid"}


def test_users_with_keys_are_listed_once_each(storage: Storage, username: str) -> None:
    storage.keys.create(username, [key(), key(), key("github")])
    assert storage.keys.users_with_keys().count(username) == 1
