"""Pools larger than their item: usable keys come in for those that are used up, and go out."""

from __future__ import annotations

import msgspec
import pytest

from api.quota.key_state import KeyState
from api.storage.keys import Keys, StoredKey, pool_key
from api.storage.overflow_keys import OverflowKeys
from api.storage.pool import INLINE_KEYS, Pool
from api.storage.table import ConditionFailed, Table
from api.wiring import Storage
from tests.storage.conftest import NOW, Parallel
from tests.storage.test_keys import key, pool_of

MANY = INLINE_KEYS + 4


@pytest.fixture
def stored(storage: Storage, username: str) -> list[StoredKey]:
    """The keys of a pool that is larger than its item."""
    keys = [key() for _ in range(MANY)]
    storage.keys.create(username, keys)
    return keys


def spend(storage: Storage, username: str, until: int = NOW + 60) -> Pool:
    """The pool with every inline key spent."""
    for one in pool_of(storage, username).keys:
        state = KeyState("exhausted", until, NOW, 429)
        assert storage.pools.set_state(username, "openai", one, state)
    return pool_of(storage, username)


def test_usable_keys_come_in_and_what_is_known_of_the_others_goes_with_them(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    before = spend(storage, username)

    after = storage.overflow_keys.swap_in(username, before, NOW + 1)

    came, stayed = after.key_ids() - before.key_ids(), after.key_ids() & before.key_ids()
    assert len(came) == MANY - INLINE_KEYS and len(after.keys) == INLINE_KEYS
    assert after == pool_of(storage, username)
    assert {one for one in came if after.state(one, NOW + 1) is None} == came
    assert all(after.state(one, NOW + 1) for one in stayed)
    for gone in before.key_ids() - after.key_ids():
        found = storage.keys.get(username, gone)
        assert found is not None and found.state == KeyState("exhausted", NOW + 60, NOW, 429)


def test_where_nothing_outside_can_be_used_either_it_is_noted_until_when(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    first = storage.overflow_keys.swap_in(username, spend(storage, username, NOW + 50), NOW)
    assert first.overflow_retry_at == 0
    second = storage.overflow_keys.swap_in(username, spend(storage, username, NOW + 90), NOW)

    assert second.key_ids() == first.key_ids()
    assert second.overflow_retry_at == NOW + 50
    assert second.exhausted_until(NOW) == NOW + 50
    assert second.exhausted_until(NOW + 51) is None, "something outside may be usable again"

    third = storage.overflow_keys.swap_in(username, second, NOW + 51)
    assert third.usable(NOW + 51) and third.overflow_retry_at == 0


def test_a_new_key_outside_ends_the_rest(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    storage.overflow_keys.swap_in(username, spend(storage, username), NOW)
    spent = storage.overflow_keys.swap_in(username, spend(storage, username), NOW)
    assert spent.overflow_retry_at == NOW + 60
    new = key()
    storage.keys.create(username, [new])

    pool = pool_of(storage, username)
    assert pool.overflow_retry_at == 0 and new.key_id not in pool.key_ids()
    assert new.key_id in storage.overflow_keys.swap_in(username, pool, NOW).key_ids()


def test_a_changed_or_cleared_key_outside_ends_the_rest(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    storage.overflow_keys.swap_in(username, spend(storage, username), NOW)
    spent = storage.overflow_keys.swap_in(username, spend(storage, username), NOW)
    first, second, *_ = [one for one in stored if one.key_id not in spent.key_ids()]

    storage.keys.forget_state(username, first)
    assert pool_of(storage, username).overflow_retry_at == 0
    assert storage.keys.get(username, first.key_id) == first

    storage.table.run(storage.pools.rest_op(username, pool_of(storage, username), NOW + 60))
    current = storage.keys.get(username, second.key_id)
    assert current is not None and current.state is not None
    changed = msgspec.structs.replace(current, encrypted_key="gBBBB", revision=2)
    storage.keys.replace(username, current, changed)
    assert pool_of(storage, username).overflow_retry_at == 0
    found = storage.keys.get(username, second.key_id)
    assert found is not None and found.state is None, "another secret, nothing is known of it"


def test_a_key_that_comes_while_nothing_outside_can_be_used_is_found(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    storage.overflow_keys.swap_in(username, spend(storage, username), NOW)
    spent, new = spend(storage, username), key()

    class Busy(Keys):
        """Somebody else stores a key right after all were read first."""

        done = False

        def of_api(self, username: str, api_name: str) -> list[StoredKey]:
            found = super().of_api(username, api_name)
            if not self.done:
                self.done = True
                storage.keys.create(username, [new])
            return found

    keys = Busy(storage.table, storage.users, storage.pools, storage.schedules)
    after = OverflowKeys(storage.table, keys, storage.pools).swap_in(username, spent, NOW)

    assert new.key_id in after.key_ids() and after.usable(NOW)


def test_what_was_known_of_a_secret_does_not_go_out_with_the_one_that_replaced_it(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    before = spend(storage, username)
    old = storage.keys.get(username, before.keys[0].key_id)
    assert old is not None
    new = msgspec.structs.replace(old, encrypted_key="gBBBB", revision=2)
    storage.keys.replace(username, old, new)

    after = storage.overflow_keys.swap_in(username, before, NOW)

    assert after.usable(NOW)
    found = storage.keys.get(username, old.key_id)
    assert found is not None and found.state is None
    assert after.state(old.key_id, NOW) is None


def test_what_was_found_out_of_a_secret_is_not_said_of_the_one_that_replaced_it(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    state, result = KeyState("refused", NOW + 300, NOW, 401), {"outcome": "valid"}
    inline = pool_of(storage, username).key_ids()
    for old in stored[:1] + stored[-1:]:
        new = msgspec.structs.replace(old, encrypted_key="gBBBB", revision=2)
        storage.keys.replace(username, old, new)

        assert not storage.pools.set_state(username, "openai", old, state)
        storage.overflow_keys.remember(username, [(pool_key(old), state)])
        storage.keys.set_check(username, old, result)

        assert storage.keys.get(username, old.key_id) == new
        assert pool_of(storage, username).state(old.key_id, NOW) is None
        if old.key_id in inline:
            assert storage.pools.set_state(username, "openai", new, state)
            assert not storage.pools.clear_state(username, "openai", old)
            assert pool_of(storage, username).state(old.key_id, NOW) == state


def test_a_promoted_key_brings_what_is_known_of_it(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    pool = pool_of(storage, username)
    state = KeyState("refused", NOW + 300, NOW, 401)
    for one in stored:
        if one.key_id not in pool.key_ids():
            storage.keys.set_state(username, one, state)
    gone = next(one for one in stored if one.key_id in pool.key_ids())

    storage.keys.delete(username, gone)

    after = pool_of(storage, username)
    (promoted,) = after.key_ids() - pool.key_ids()
    assert after.states == {promoted: state}


def test_of_many_at_once_the_pool_stays_in_step(
    storage: Storage, username: str, stored: list[StoredKey], parallel: Parallel
) -> None:
    before = spend(storage, username)

    pools = parallel(8, lambda _: storage.overflow_keys.swap_in(username, before, NOW))

    after = pool_of(storage, username)
    assert all(pool.usable(NOW) for pool in pools)
    assert len(after.keys) == INLINE_KEYS and after.usable(NOW)
    by_id = {one.key_id: pool_key(one) for one in stored}
    assert all(by_id[one.key_id] == one for one in after.keys)


def test_a_key_deleted_meanwhile_does_not_come_in(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    before = spend(storage, username)
    outside = [one for one in stored if one.key_id not in before.key_ids()]
    for one in outside[1:]:
        storage.keys.delete(username, one)

    after = storage.overflow_keys.swap_in(username, before, NOW)

    assert after.key_ids() - before.key_ids() == {outside[0].key_id}
    storage.keys.delete(username, outside[0])
    spent = spend(storage, username)
    swapped = storage.overflow_keys.swap_in(username, spent, NOW)
    assert swapped.key_ids() <= {one.key_id for one in stored}


def test_a_state_is_only_set_where_the_key_stands(
    storage: Storage, table: Table, username: str, stored: list[StoredKey]
) -> None:
    pool = pool_of(storage, username)
    outside = next(one for one in stored if one.key_id not in pool.key_ids())
    state = KeyState("exhausted", NOW + 60, NOW, 429)
    assert not storage.pools.set_state(username, "openai", outside, state)
    assert not storage.pools.clear_state(username, "openai", outside)
    assert pool_of(storage, username).states == {}
    with pytest.raises(ConditionFailed):
        table.run(storage.keys.state_op(username, key(), state))
