"""Pools larger than their item: usable overflow keys replace exhausted inline keys."""

from __future__ import annotations

import msgspec
import pytest

from api.pools import INLINE_KEYS, Pool
from api.quota.key_state import KeyState
from api.storage.keys import Keys, StoredKey, pool_key
from api.storage.overflow_keys import OverflowKeys
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


def exhaust(storage: Storage, username: str, until: int = NOW + 60) -> Pool:
    """Exhaust every inline key, and return the pool."""
    for one in pool_of(storage, username).keys:
        state = KeyState("exhausted", until, NOW, 429)
        assert storage.pools.set_state(username, "openai", one, state)
    return pool_of(storage, username)


def test_usable_keys_are_swapped_in_and_states_move_with_outgoing_keys(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    before = exhaust(storage, username)

    after = storage.overflow_keys.swap_in(username, before, NOW + 1)

    came, stayed = after.key_ids() - before.key_ids(), after.key_ids() & before.key_ids()
    assert len(came) == MANY - INLINE_KEYS and len(after.keys) == INLINE_KEYS
    assert after == pool_of(storage, username)
    assert {one for one in came if after.state(one, NOW + 1) is None} == came
    assert all(after.state(one, NOW + 1) for one in stayed)
    for gone in before.key_ids() - after.key_ids():
        found = storage.keys.get(username, gone)
        assert found is not None and found.state == KeyState("exhausted", NOW + 60, NOW, 429)


def test_without_a_usable_overflow_key_the_retry_time_is_stored(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    first = storage.overflow_keys.swap_in(username, exhaust(storage, username, NOW + 50), NOW)
    assert first.overflow_retry_at == 0
    second = storage.overflow_keys.swap_in(username, exhaust(storage, username, NOW + 90), NOW)

    assert second.key_ids() == first.key_ids()
    assert second.overflow_retry_at == NOW + 50
    assert second.exhausted_until(NOW) == NOW + 50
    assert second.exhausted_until(NOW + 51) is None, "an overflow key may be usable again"

    third = storage.overflow_keys.swap_in(username, second, NOW + 51)
    assert third.usable(NOW + 51) and third.overflow_retry_at == 0


def test_a_new_overflow_key_clears_the_retry_time(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    storage.overflow_keys.swap_in(username, exhaust(storage, username), NOW)
    exhausted = storage.overflow_keys.swap_in(username, exhaust(storage, username), NOW)
    assert exhausted.overflow_retry_at == NOW + 60
    new = key()
    storage.keys.create(username, [new])

    pool = pool_of(storage, username)
    assert pool.overflow_retry_at == 0 and new.key_id not in pool.key_ids()
    assert new.key_id in storage.overflow_keys.swap_in(username, pool, NOW).key_ids()


def test_a_changed_or_cleared_overflow_key_clears_the_retry_time(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    storage.overflow_keys.swap_in(username, exhaust(storage, username), NOW)
    exhausted = storage.overflow_keys.swap_in(username, exhaust(storage, username), NOW)
    first, second, *_ = [one for one in stored if one.key_id not in exhausted.key_ids()]

    storage.keys.clear_state(username, first)
    assert pool_of(storage, username).overflow_retry_at == 0
    assert storage.keys.get(username, first.key_id) == first

    storage.table.run(
        storage.pools.set_overflow_retry_op(username, pool_of(storage, username), NOW + 60)
    )
    current = storage.keys.get(username, second.key_id)
    assert current is not None and current.state is not None
    changed = msgspec.structs.replace(current, encrypted_key="gBBBB", revision=2)
    storage.keys.replace(username, current, changed)
    assert pool_of(storage, username).overflow_retry_at == 0
    found = storage.keys.get(username, second.key_id)
    assert found is not None and found.state is None, "another secret has no state yet"


def test_a_key_added_during_a_swap_is_found(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    storage.overflow_keys.swap_in(username, exhaust(storage, username), NOW)
    exhausted, new = exhaust(storage, username), key()

    class Busy(Keys):
        """Another process stores a key right after the first read."""

        done = False

        def of_api(self, username: str, api_name: str) -> list[StoredKey]:
            found = super().of_api(username, api_name)
            if not self.done:
                self.done = True
                storage.keys.create(username, [new])
            return found

    keys = Busy(storage.table, storage.users, storage.pools, storage.schedules, storage.counters)
    after = OverflowKeys(storage.table, keys, storage.pools).swap_in(username, exhausted, NOW)

    assert new.key_id in after.key_ids() and after.usable(NOW)


def test_a_swap_does_not_apply_the_state_of_an_old_secret_to_a_new_one(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    before = exhaust(storage, username)
    old = storage.keys.get(username, before.keys[0].key_id)
    assert old is not None
    new = msgspec.structs.replace(old, encrypted_key="gBBBB", revision=2)
    storage.keys.replace(username, old, new)

    after = storage.overflow_keys.swap_in(username, before, NOW)

    assert after.usable(NOW)
    found = storage.keys.get(username, old.key_id)
    assert found is not None and found.state is None
    assert after.state(old.key_id, NOW) is None


def test_states_and_checks_of_an_old_secret_are_not_stored_for_a_new_one(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    state, result = KeyState("refused", NOW + 300, NOW, 401), {"outcome": "valid"}
    inline = pool_of(storage, username).key_ids()
    for old in stored[:1] + stored[-1:]:
        new = msgspec.structs.replace(old, encrypted_key="gBBBB", revision=2)
        storage.keys.replace(username, old, new)

        assert not storage.pools.set_state(username, "openai", old, state)
        storage.overflow_keys.save_state(username, [(pool_key(old), state)])
        storage.keys.set_check(username, old, result)

        assert storage.keys.get(username, old.key_id) == new
        assert pool_of(storage, username).state(old.key_id, NOW) is None
        if old.key_id in inline:
            assert storage.pools.set_state(username, "openai", new, state)
            assert not storage.pools.clear_state(username, "openai", old)
            assert pool_of(storage, username).state(old.key_id, NOW) == state


def test_a_promoted_key_keeps_its_state(
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


def test_the_pool_agrees_with_its_keys_after_concurrent_swaps(
    storage: Storage, username: str, stored: list[StoredKey], parallel: Parallel
) -> None:
    before = exhaust(storage, username)

    pools = parallel(8, lambda _: storage.overflow_keys.swap_in(username, before, NOW))

    after = pool_of(storage, username)
    assert all(pool.usable(NOW) for pool in pools)
    assert len(after.keys) == INLINE_KEYS and after.usable(NOW)
    by_id = {one.key_id: pool_key(one) for one in stored}
    assert all(by_id[one.key_id] == one for one in after.keys)


def test_a_key_deleted_concurrently_is_not_swapped_in(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    before = exhaust(storage, username)
    outside = [one for one in stored if one.key_id not in before.key_ids()]
    for one in outside[1:]:
        storage.keys.delete(username, one)

    after = storage.overflow_keys.swap_in(username, before, NOW)

    assert after.key_ids() - before.key_ids() == {outside[0].key_id}
    storage.keys.delete(username, outside[0])
    exhausted = exhaust(storage, username)
    swapped = storage.overflow_keys.swap_in(username, exhausted, NOW)
    assert swapped.key_ids() <= {one.key_id for one in stored}


def test_a_state_is_set_only_in_the_item_that_holds_the_key(
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


def test_exhausted_overflow_keys_are_swapped_in_only_if_calls_may_use_no_inline_key(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    inline = pool_of(storage, username).key_ids()
    exhausted = KeyState("exhausted", NOW + 9_000, NOW, 200)
    for one in stored:
        if one.key_id not in inline:
            storage.keys.set_state(username, one, exhausted)

    asked = storage.overflow_keys.swap_in(username, exhaust(storage, username, NOW + 900), NOW)
    assert asked.key_ids() == inline
    assert asked.overflow_retry_at == NOW + 60, "they are looked at again before they are ready"

    held = KeyState("exhausted", NOW + 900, NOW, 429, 60)
    for inline_key in asked.keys:
        assert storage.pools.set_state(username, "openai", inline_key, held)
    before = pool_of(storage, username)
    after = storage.overflow_keys.swap_in(username, before, NOW)
    came = after.key_ids() - inline
    assert len(came) == MANY - INLINE_KEYS
    assert {after.states[key_id] for key_id in came} == {exhausted}
    assert after.may_be_used(NOW) and after.overflow_retry_at == 0
    gone = storage.keys.get(username, next(iter(inline - after.key_ids())))
    assert gone is not None and gone.state is not None and gone.state.hold == 60


def test_a_state_is_replaced_only_if_it_has_not_changed(
    storage: Storage, username: str, stored: list[StoredKey]
) -> None:
    one = pool_of(storage, username).keys[0]
    old, new = (
        KeyState("exhausted", NOW + 900, NOW, 429, 60),
        KeyState("exhausted", NOW + 900, NOW, 429, 120),
    )
    assert not storage.pools.replace_state(username, "openai", one, old, new)
    assert storage.pools.set_state(username, "openai", one, old)
    assert storage.pools.replace_state(username, "openai", one, old, new)
    assert not storage.pools.replace_state(username, "openai", one, old, new)
    other = msgspec.structs.replace(one, encrypted_key="gBBBB")
    assert not storage.pools.replace_state(username, "openai", other, new, old)
    assert pool_of(storage, username).states == {one.key_id: new}
