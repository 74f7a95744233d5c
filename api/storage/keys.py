"""API keys `USER#{username}` / `APIKEY#{key_id}`, and the pool item that the proxy reads.

A `key_id` is `{api_name}.{random}`, so the keys of one API lie side by side and are one query. What
the proxy needs of the first few keys of an API stands once more in its pool item `API#{api_name}`
(pools.py), written in the same transaction: a proxied request reads that one item.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Operation
from api.credentials import AuthScheme
from api.quota.key_state import KeyState
from api.storage.pool import PoolKey, SealedKey
from api.storage.pools import Pools
from api.storage.schedules import Schedules
from api.storage.table import NOT_EXISTS, ConditionFailed, Page, Table, TransactionFailed
from api.storage.users import Users, partition

LISTING = "APIKEYS"
_SAME_SECRET = "encrypted_key = :sealed"


class StoredKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stored third-party credential. `encrypted_key` is a Fernet token; times are epoch seconds.

    `credential_locations` are further places where clients of the API send a credential;
    `url_fields` are the JSON fields whose URLs are rewritten (see catalogue.py). `revision` counts
    changes, for conditional writes. `state` is stored only while the key is outside its pool item
    (overflow_keys.py). `check_every` is in seconds.
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


class ChangedMeanwhile(Exception):
    """Somebody else changed or removed the key between our read and our write."""


class Keys:
    """Store, list, read, change and delete keys, the pools in step."""

    def __init__(self, table: Table, users: Users, pools: Pools, schedules: Schedules) -> None:
        self._table = table
        self._users = users
        self._pools = pools
        self._schedules = schedules

    def create(self, username: str, keys: list[StoredKey]) -> None:
        """Store all of `keys` (at most 40) or none. Raises ChangedMeanwhile when the user is
        gone.
        """
        pk = partition(username)
        calls = [self._users.assert_alive_op(username)]
        for key in keys:
            calls.append(self._table.put_op(_item(pk, key), NOT_EXISTS))
            if key.check_every is not None:
                calls.append(self._schedule_call(username, key))
        by_api: dict[str, list[PoolKey]] = {}
        for key in keys:
            by_api.setdefault(key.api_name, []).append(pool_key(key))
        calls += [
            self._pools.add_op(username, api_name, added) for api_name, added in by_api.items()
        ]
        self._transact(calls)

    def get(self, username: str, key_id: str) -> StoredKey | None:
        """One key."""
        item = self._table.get(partition(username), sort_key(key_id))
        return as_key(item) if item else None

    def page(self, username: str, limit: int, after: str | None) -> Page:
        """A page of the user's keys, by API and then by chance."""
        pk = partition(username)
        return self._table.query(
            pk,
            prefix="APIKEY#",
            limit=limit,
            after={"PK": pk, "SK": after} if after else None,
        )

    def of_api(self, username: str, api_name: str) -> list[StoredKey]:
        """Every key of an API's pool, however large."""
        items = self._table.query_all(partition(username), prefix=f"APIKEY#{api_name}.")
        return [as_key(item) for item in items]

    def replace(self, username: str, old: StoredKey, new: StoredKey) -> StoredKey:
        """Put `new` in place of `old`; as it is stored, without a state that was another secret's.
        Raises ChangedMeanwhile.
        """
        same = pool_key(new) == pool_key(old)
        known = msgspec.structs.replace(new, state=old.state if same else None)
        put = self._table.put_op(
            _item(partition(username), known), "revision = :old", {":old": old.revision}
        )
        writes = [put]
        if new.check_every != old.check_every:
            writes.append(self._schedule_call(username, new))
        if same:
            self._transact(writes)
        else:
            self._with_pool(username, old, writes, pool_key(new))
        return known

    def delete(self, username: str, key: StoredKey) -> None:
        """Remove a key and let the next one of a large pool take its place. Raises
        ChangedMeanwhile.
        """
        delete = self._table.delete_op(
            partition(username),
            sort_key(key.key_id),
            "revision = :old",
            {":old": key.revision},
        )
        writes = [delete]
        if key.check_every is not None:
            writes.append(self._schedules.set_op(username, key.key_id, None, 0))
        self._with_pool(username, key, writes, None)

    def set_check(self, username: str, key: StoredKey, check: dict[str, Any]) -> None:
        """Remember what the provider's harmless request said, unless the key is gone or has another
        secret since.
        """
        try:
            self._table.run(
                self._table.update_op(
                    partition(username),
                    sort_key(key.key_id),
                    # With the revision, so that a change which was read before does not undo it.
                    "SET #check = :check ADD revision :one",
                    {":check": check, ":sealed": key.encrypted_key, ":one": 1},
                    names={"#check": "check"},
                    condition=_SAME_SECRET,
                )
            )
        except ConditionFailed:
            return

    def assert_unchanged_op(self, username: str, key: StoredKey) -> Operation:
        """For a key that takes a place in the pool: nobody has changed or removed it meanwhile."""
        return self._table.condition_op(
            partition(username), sort_key(key.key_id), "revision = :old", {":old": key.revision}
        )

    def set_state(self, username: str, key: StoredKey, state: KeyState) -> None:
        """Note that a key outside its pool item is to be passed over."""
        self._table.batch([self.state_op(username, key, state)])

    def forget_state(self, username: str, key: StoredKey) -> None:
        """A key outside its pool item can be used again."""
        # One after the other: who looks for usable keys after the second finds this one.
        self._table.batch([self.state_op(username, key, None)])
        self._table.batch([self._pools.touch_overflow_op(username, key.api_name, key.key_id)])

    def state_op(self, username: str, key: SealedKey, state: KeyState | None) -> Operation:
        """Keep what is known of a key outside its pool item; the condition fails where it is gone
        or has another secret.
        """
        values: dict[str, Any] = {":sealed": key.encrypted_key}
        if state is not None:
            values[":state"] = msgspec.to_builtins(state)
        return self._table.update_op(
            partition(username),
            sort_key(key.key_id),
            "SET #state = :state" if state is not None else "REMOVE #state",
            values,
            names={"#state": "state"},
            condition=_SAME_SECRET,
        )

    def users_with_keys(self) -> list[str]:
        """Every username that has a key, by the index (eventually consistent)."""
        names: dict[str, None] = {}
        after = None
        while True:
            page = self._table.query(LISTING, index=True, limit=500, after=after)
            for item in page.items:
                names[item["GSI1SK"].removeprefix("USER#")] = None
            if page.last is None:
                return list(names)
            after = page.last

    def _schedule_call(self, username: str, key: StoredKey) -> Operation:
        return self._schedules.set_op(username, key.key_id, key.check_every, key.updated_at)

    def _with_pool(
        self, username: str, key: StoredKey, writes: list[Operation], after: PoolKey | None
    ) -> None:
        pool = self._pools.get(username, key.api_name)
        inline = pool is not None and any(entry.key_id == key.key_id for entry in pool.keys)
        calls = list(writes)
        if after is not None and inline:
            calls.append(self._pools.replace_op(username, key.api_name, after))
        elif after is None and inline and pool is not None:
            promoted = self._next(username, key, pool.key_ids()) if pool.has_overflow else None
            if promoted is None:
                calls.append(self._pools.remove_op(username, key.api_name, key.key_id, None))
            else:
                calls.append(
                    self._pools.remove_op(
                        username, key.api_name, key.key_id, pool_key(promoted), promoted.state
                    )
                )
                calls.append(self.assert_unchanged_op(username, promoted))
        else:
            calls.append(self._pools.touch_overflow_op(username, key.api_name, key.key_id))
        self._transact(calls)

    def _transact(self, calls: list[Operation]) -> None:
        try:
            self._table.transact(calls)
        except TransactionFailed as failure:
            raise ChangedMeanwhile from failure

    def _next(self, username: str, gone: StoredKey, inline: frozenset[str]) -> StoredKey | None:
        for key in self.of_api(username, gone.api_name):
            if key.key_id != gone.key_id and key.key_id not in inline:
                return key
        return None


def sort_key(key_id: str) -> str:
    """The sort key of an API key."""
    return f"APIKEY#{key_id}"


def pool_key(key: StoredKey) -> PoolKey:
    """What the proxy needs of a key."""
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
    """The typed key of an item."""
    return msgspec.convert(item, StoredKey)


def _item(pk: str, key: StoredKey) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(key)
    members["revision"] = key.revision
    return {
        "PK": pk,
        "SK": sort_key(key.key_id),
        "GSI1PK": LISTING,
        "GSI1SK": pk,
        **members,
    }
