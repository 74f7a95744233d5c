"""API keys `USER#{username}` / `APIKEY#{key_id}`.

A `key_id` is `{api_name}.{random}`, so one query reads all keys of an API, except those that were
moved to it (moved_keys.py). The first keys of an API are also stored in its pool item
(pool_item.py), in the same transaction.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.credentials import AuthScheme
from api.pools import Pool, PoolKey, SealedKey
from api.quota.key_state import KeyState
from api.storage.counters import Counters
from api.storage.moved_keys import marker_ops, marker_prefix
from api.storage.operations import NOT_EXISTS
from api.storage.page import Page, read_page
from api.storage.pool_additions import PoolAdditions
from api.storage.pool_item import fitting_keys
from api.storage.pools import Pools
from api.storage.schedules import Schedules
from api.storage.table import Table, TransactionFailed
from api.storage.users import Users, user_partition
from api.upstream.further_hosts import FurtherHosts

_PREFIX = "APIKEY#"
_LISTING = "APIKEYS"
_SAME_REVISION = "revision = :old"
_SAME_SECRET = "encrypted_key = :sealed"


class ExtraHeader(msgspec.Struct, frozen=True):
    """A header field with a further secret of a key: its name and the secret's last characters."""

    name: str
    hint: str


class StoredKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stored third-party credential. `encrypted_key` is a Fernet token. Times are epoch seconds.

    `credential_locations` are other places where clients of the API send a credential.
    `url_fields` are the JSON fields whose URLs the proxy rewrites, `further_hosts` the API's hosts
    besides that of `base_url`. `revision` counts changes, for
    conditional writes. `state` is stored here only for an overflow key. `check_every` is in
    seconds. `encrypted_key` also has the secrets of `extra_headers`.
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
    extra_headers: tuple[ExtraHeader, ...] = ()
    further_hosts: tuple[FurtherHosts, ...] = ()

    def is_usable(self, now: float) -> bool:
        """Return whether an overflow key is ready now."""
        return self.state is None or self.state.until <= now


class KeyChanged(Exception):
    """The key, its pool or its account was changed after it was read."""


class Keys:
    """Creates, reads, changes and deletes keys, together with their pools."""

    def __init__(
        self, table: Table, users: Users, pools: Pools, schedules: Schedules, counters: Counters
    ) -> None:
        self._table = table
        self._users = users
        self._pools = pools
        self._schedules = schedules
        self._counters = counters
        self._additions = PoolAdditions(table, pools)

    def create(self, username: str, keys: list[StoredKey]) -> None:
        """Store all of `keys` (at most 40) or none.

        Raises KeyChanged if the account no longer exists, and CapReached.
        """
        operations = [self._users.assert_active_op(username)]
        by_api: dict[str, list[PoolKey]] = {}
        for key in keys:
            operations.append(self._table.put_op(_item(username, key), NOT_EXISTS))
            if key.check_every is not None:
                operations.append(self._schedule_op(username, key))
            by_api.setdefault(key.api_name, []).append(pool_key(key))
        operations += self._additions.ops(username, by_api)
        try:
            self._counters.create(
                username, "keys", len(keys), max(key.created_at for key in keys), operations
            )
        except TransactionFailed as failure:
            raise KeyChanged from failure

    def get(self, username: str, key_id: str) -> StoredKey | None:
        """Read a key."""
        item = self._table.get(user_partition(username), key_sort_key(key_id))
        return as_key(item) if item else None

    def page(self, username: str, limit: int, after: str | None) -> Page[StoredKey]:
        """Read a page of a user's keys, sorted by API and then by the random part of the id."""
        return read_page(self._table, user_partition(username), _PREFIX, limit, after, as_key)

    def of_api(self, username: str, api_name: str) -> list[StoredKey]:
        """Read every key of an API."""
        pk = user_partition(username)
        prefixes = (f"{_PREFIX}{api_name}.", marker_prefix(api_name))
        items, markers = self._table.query_prefixes(pk, prefixes)
        if markers:
            moved = [(pk, key_sort_key(marker["key_id"])) for marker in markers]
            items += self._table.get_many(moved).values()
        return [key for key in map(as_key, items) if key.api_name == api_name]

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

    def refresh(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
        """Store the catalogue's data of `new`: dialect, credential locations, URL fields, hosts.

        The key's state stays. An inline key for which the pool item has no room any more becomes
        an overflow key. Returns the stored key. Raises KeyChanged.
        """
        values: dict[str, Any] = {
            ":old": old.revision,
            ":one": 1,
            ":dialect": new.rate_limit_dialect,
            ":locations": list(new.credential_locations),
            ":fields": list(new.url_fields),
            ":hosts": msgspec.to_builtins(new.further_hosts),
        }
        sets = (
            "rate_limit = :dialect, accepts = :locations, links = :fields, further_hosts = :hosts"
        )
        names = {}
        pool = self._pools.get(username, old.api_name)
        if pool is None or old.key_id not in pool.key_ids():
            pool_op = self._pools.touch_overflow_op(username, old.api_name, old.key_id)
        elif self._fits(username, pool, pool_key(new)):
            pool_op = self._pools.refresh_op(username, old.api_name, pool_key(new))
        else:
            pool_op = self._pools.move_to_overflow_op(username, old.api_name, old.key_id)
            state = pool.states.get(old.key_id)
            if state is not None:
                sets += ", #state = :state"
                names["#state"] = "state"
                values[":state"] = msgspec.to_builtins(state)
        key_op = self._table.update_op(
            user_partition(username),
            key_sort_key(old.key_id),
            f"SET {sets} ADD revision :one",
            values,
            names,
            condition=_SAME_REVISION,
        )
        self._transact([key_op, pool_op])
        return msgspec.structs.replace(new, revision=old.revision + 1)

    def move(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
        """Replace `old` with `new`, which belongs to another API, and move it to that API's pool.

        The key keeps its id, and its state unless its secret, host or authentication changed.
        Returns the stored key. Raises KeyChanged.
        """
        pool = self._pools.get(username, old.api_name)
        inline = pool is not None and old.key_id in pool.key_ids()
        state = pool.states.get(old.key_id) if pool is not None and inline else old.state
        same = pool_key(new) == pool_key(old)
        stored = msgspec.structs.replace(new, state=state if same else None)
        operations = [
            self._table.put_op(_item(username, stored), _SAME_REVISION, {":old": old.revision}),
            *self._remove_from_pool_ops(username, old),
            *self._additions.ops(username, {new.api_name: [pool_key(new)]}, stored.state),
            *marker_ops(self._table, username, new.key_id, old.api_name, new.api_name),
        ]
        if new.check_every != old.check_every:
            operations.append(self._schedule_op(username, new))
        self._transact(operations)
        return stored

    def delete(self, username: str, key: StoredKey) -> None:
        """Delete a key. An overflow key replaces it in the pool item.

        Raises KeyChanged.
        """
        operations = [
            self._table.delete_op(
                user_partition(username),
                key_sort_key(key.key_id),
                _SAME_REVISION,
                {":old": key.revision},
            )
        ]
        if key.check_every is not None:
            operations.append(self._schedules.set_op(username, key.key_id, None, 0))
        operations += self._remove_from_pool_ops(username, key)
        operations += marker_ops(self._table, username, key.key_id, key.api_name, None)
        try:
            self._counters.delete(username, "keys", operations)
        except TransactionFailed as failure:
            raise KeyChanged from failure

    def set_check(self, username: str, key: StoredKey, check: dict[str, Any]) -> None:
        """Store the result of a key check, unless the key was deleted or has another secret."""
        operation = self._table.update_op(
            user_partition(username),
            key_sort_key(key.key_id),
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
            user_partition(username),
            key_sort_key(key.key_id),
            _SAME_REVISION,
            {":old": key.revision},
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
            key_sort_key(key.key_id),
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

    def _fits(self, username: str, pool: Pool, key: PoolKey) -> bool:
        others = [other for other in pool.keys if other.key_id != key.key_id]
        return fitting_keys(username, pool.api_name, others, [key], pool.spend) > 0

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
        extra_headers=tuple(header.name for header in key.extra_headers),
        # Most keys have their provider's slug as the API's name: it need not be stored twice.
        provider=key.provider if key.provider and key.provider != key.api_name else "",
        further_hosts=key.further_hosts,
    )


def as_key(item: dict[str, Any]) -> StoredKey:
    """Return the key that an item stores."""
    return msgspec.convert(item, StoredKey)


def key_sort_key(key_id: str) -> str:
    """Return the sort key of a key."""
    return f"{_PREFIX}{key_id}"


def _item(username: str, key: StoredKey) -> dict[str, Any]:
    pk = user_partition(username)
    return {
        "PK": pk,
        "SK": key_sort_key(key.key_id),
        "GSI1PK": _LISTING,
        "GSI1SK": pk,
        **msgspec.to_builtins(key),
        "revision": key.revision,
    }
