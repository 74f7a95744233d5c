"""API keys `USER#{username}` / `APIKEY#{key_id}`.

A `key_id` is `{api_name}.{random}`, so one query reads all keys of an API. The first keys of an API
are also stored in its pool item (pool_item.py), in the same transaction.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.credentials import AuthScheme
from api.pools import PoolKey, SealedKey
from api.quota.key_state import KeyState
from api.storage.operations import NOT_EXISTS
from api.storage.page import Page, read_page
from api.storage.pools import Pools
from api.storage.schedules import Schedules
from api.storage.table import Table, TransactionFailed
from api.storage.users import Users, user_partition

_PREFIX = "APIKEY#"
_LISTING = "APIKEYS"
_SAME_REVISION = "revision = :old"
_SAME_SECRET = "encrypted_key = :sealed"


class StoredKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stored third-party credential. `encrypted_key` is a Fernet token. Times are epoch seconds.

    `credential_locations` are other places where clients of the API send a credential.
    `url_fields` are the JSON fields whose URLs the proxy rewrites. `revision` counts changes, for
    conditional writes. `state` is stored here only for an overflow key. `check_every` is in
    seconds.
    """

    key_id: str
    api_name: str
    base_url: str
    auth: AuthScheme
    encrypted_key: str
    hint: str
    created_at: int
    updated_at: int
    provider: str | None = None
    description: str = ""
    rate_limit_dialect: str = msgspec.field(name="rate_limit", default="generic")
    credential_locations: tuple[str, ...] = msgspec.field(name="accepts", default=())
    url_fields: tuple[str, ...] = msgspec.field(name="links", default=())
    revision: int = 1
    check: dict[str, Any] | None = None
    state: KeyState | None = None
    check_every: int | None = None

    def is_usable(self, now: float) -> bool:
        """Return whether an overflow key can be used now."""
        return self.state is None or self.state.until <= now


class KeyChanged(Exception):
    """The key, its pool or its account was changed after it was read."""


class Keys:
    """Creates, reads, changes and deletes keys, together with their pools."""

    def __init__(self, table: Table, users: Users, pools: Pools, schedules: Schedules) -> None:
        self._table = table
        self._users = users
        self._pools = pools
        self._schedules = schedules

    def create(self, username: str, keys: list[StoredKey]) -> None:
        """Store all of `keys` (at most 40) or none.

        Raises KeyChanged if the account no longer exists.
        """
        operations = [self._users.assert_active_op(username)]
        by_api: dict[str, list[PoolKey]] = {}
        for key in keys:
            operations.append(self._table.put_op(_item(username, key), NOT_EXISTS))
            if key.check_every is not None:
                operations.append(self._schedule_op(username, key))
            by_api.setdefault(key.api_name, []).append(pool_key(key))
        operations += [
            self._pools.add_op(username, api_name, added) for api_name, added in by_api.items()
        ]
        self._transact(operations)

    def get(self, username: str, key_id: str) -> StoredKey | None:
        """Read a key."""
        item = self._table.get(user_partition(username), _sort_key(key_id))
        return as_key(item) if item else None

    def page(self, username: str, limit: int, after: str | None) -> Page[StoredKey]:
        """Read a page of a user's keys, sorted by API and then by the random part of the id."""
        return read_page(self._table, user_partition(username), _PREFIX, limit, after, as_key)

    def of_api(self, username: str, api_name: str) -> list[StoredKey]:
        """Read every key of an API."""
        items = self._table.query_all(user_partition(username), prefix=f"{_PREFIX}{api_name}.")
        return [as_key(item) for item in items]

    def replace(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
        """Replace `old` with `new`. Returns the stored key. Raises KeyChanged.

        A changed secret, host or authentication deletes the key's state.
        """
        same = pool_key(new) == pool_key(old)
        stored = msgspec.structs.replace(new, state=old.state if same else None)
        operations = [
            self._table.put_op(_item(username, stored), _SAME_REVISION, {":old": old.revision})
        ]
        if new.check_every != old.check_every:
            operations.append(self._schedule_op(username, new))
        if not same:
            operations += self._replace_in_pool_ops(username, pool_key(new), old.api_name)
        self._transact(operations)
        return stored

    def delete(self, username: str, key: StoredKey) -> None:
        """Delete a key. An overflow key replaces it in the pool item.

        Raises KeyChanged.
        """
        operations = [
            self._table.delete_op(
                user_partition(username),
                _sort_key(key.key_id),
                _SAME_REVISION,
                {":old": key.revision},
            )
        ]
        if key.check_every is not None:
            operations.append(self._schedules.set_op(username, key.key_id, None, 0))
        self._transact([*operations, *self._remove_from_pool_ops(username, key)])

    def set_check(self, username: str, key: StoredKey, check: dict[str, Any]) -> None:
        """Store the result of a key check, unless the key was deleted or has another secret."""
        operation = self._table.update_op(
            user_partition(username),
            _sort_key(key.key_id),
            # The new revision makes a concurrent `replace` fail, which would undo this.
            "SET #check = :check ADD revision :one",
            {":check": check, ":sealed": key.encrypted_key, ":one": 1},
            names={"#check": "check"},
            condition=_SAME_SECRET,
        )
        self._table.batch([operation])

    def assert_unchanged_op(self, username: str, key: StoredKey) -> Operation:
        """Require that a key still exists as it was read."""
        return self._table.condition_op(
            user_partition(username), _sort_key(key.key_id), _SAME_REVISION, {":old": key.revision}
        )

    def set_state(self, username: str, key: StoredKey, state: KeyState) -> None:
        """Set the state of an overflow key."""
        self._table.batch([self.state_op(username, key, state)])

    def clear_state(self, username: str, key: StoredKey) -> None:
        """Delete the state of an overflow key, so it can be used again."""
        # This order matters: a request that reads the changed pool item must find the key usable.
        self._table.batch([self.state_op(username, key, None)])
        self._table.batch([self._pools.touch_overflow_op(username, key.api_name, key.key_id)])

    def state_op(self, username: str, key: SealedKey, state: KeyState | None) -> Operation:
        """Set or delete the state of an overflow key.

        The condition fails if the key was deleted or has another secret.
        """
        values: dict[str, Any] = {":sealed": key.encrypted_key}
        if state is not None:
            values[":state"] = msgspec.to_builtins(state)
        return self._table.update_op(
            user_partition(username),
            _sort_key(key.key_id),
            "SET #state = :state" if state is not None else "REMOVE #state",
            values,
            names={"#state": "state"},
            condition=_SAME_SECRET,
        )

    def users_with_keys(self) -> list[str]:
        """Read every username that has a key from the index (eventually consistent)."""
        items = self._table.query_all(_LISTING, index=True, limit=500)
        return list(dict.fromkeys(item["GSI1SK"].removeprefix("USER#") for item in items))

    def _schedule_op(self, username: str, key: StoredKey) -> Operation:
        return self._schedules.set_op(username, key.key_id, key.check_every, key.updated_at)

    def _replace_in_pool_ops(self, username: str, new: PoolKey, api_name: str) -> list[Operation]:
        pool = self._pools.get(username, api_name)
        if pool is not None and new.key_id in pool.key_ids():
            return [self._pools.replace_op(username, api_name, new)]
        return [self._pools.touch_overflow_op(username, api_name, new.key_id)]

    def _remove_from_pool_ops(self, username: str, key: StoredKey) -> list[Operation]:
        pool = self._pools.get(username, key.api_name)
        if pool is None or key.key_id not in pool.key_ids():
            return [self._pools.touch_overflow_op(username, key.api_name, key.key_id)]
        remove_op = self._pools.remove_op
        promoted = self._overflow_key(username, key, pool.key_ids()) if pool.has_overflow else None
        if promoted is None:
            return [remove_op(username, key.api_name, key.key_id, None)]
        return [
            remove_op(username, key.api_name, key.key_id, pool_key(promoted), promoted.state),
            self.assert_unchanged_op(username, promoted),
        ]

    def _overflow_key(
        self, username: str, removed: StoredKey, inline: frozenset[str]
    ) -> StoredKey | None:
        for key in self.of_api(username, removed.api_name):
            if key.key_id != removed.key_id and key.key_id not in inline:
                return key
        return None

    def _transact(self, operations: list[Operation]) -> None:
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            raise KeyChanged from failure


def pool_key(key: StoredKey) -> PoolKey:
    """Return the part of a key that the proxy needs."""
    return PoolKey(
        key_id=key.key_id,
        base_url=key.base_url,
        auth=key.auth,
        encrypted_key=key.encrypted_key,
        rate_limit_dialect=key.rate_limit_dialect,
        credential_locations=key.credential_locations,
        url_fields=key.url_fields,
    )


def as_key(item: dict[str, Any]) -> StoredKey:
    """Return the key that an item stores."""
    return msgspec.convert(item, StoredKey)


def _sort_key(key_id: str) -> str:
    return f"{_PREFIX}{key_id}"


def _item(username: str, key: StoredKey) -> dict[str, Any]:
    pk = user_partition(username)
    return {
        "PK": pk,
        "SK": _sort_key(key.key_id),
        "GSI1PK": _LISTING,
        "GSI1SK": pk,
        **msgspec.to_builtins(key),
        "revision": key.revision,
    }
