"""Pools `USER#{username}` / `API#{api_name}`: what a proxied request reads about an API.

The item holds the inline keys with their states, and the user's policy (pool_item.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.aws.json_client import Operation
from api.limits.policies import Policy
from api.pools import Pool, PoolKey, SealedKey
from api.quota.key_state import KeyState
from api.spend.budgets import NO_SPEND, ApiSpend
from api.storage.operations import EXISTS, revision_is
from api.storage.page import Page, read_page
from api.storage.pool_item import (
    POOL_PREFIX,
    as_pool,
    encoded_key,
    encoded_policy,
    encoded_spend,
    encoded_state,
    fitting_keys,
    pool_sort_key,
)
from api.storage.table import ConditionFailed, Table
from api.storage.users import user_partition

# An inline key's attribute contains its encrypted secret.
_SAME_SECRET = "contains(#key, :sealed)"
# Part of every change to an overflow key.
_OVERFLOW_CHANGED = "REMOVE rest_until ADD changes :one"


class Pools:
    """Reads and changes pools."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, username: str, api_name: str) -> Pool | None:
        """Read a pool. Returns None if nothing was ever stored for the API."""
        item = self._table.get(user_partition(username), pool_sort_key(api_name))
        return as_pool(item) if item else None

    def policy(self, username: str, api_name: str) -> Policy | None:
        """Read the policy of an API."""
        pool = self.get(username, api_name)
        return pool.policy if pool is not None else None

    def get_many(self, username: str, api_names: Sequence[str]) -> dict[str, Pool]:
        """Read several pools, by API name. Those that do not exist are left out."""
        pk = user_partition(username)
        items = self._table.get_many([(pk, pool_sort_key(name)) for name in api_names])
        return {pool.api_name: pool for pool in map(as_pool, items.values())}

    def page(self, username: str, limit: int, after: str | None) -> Page[Pool]:
        """Read a page of a user's pools, by API name."""
        pk = user_partition(username)
        return read_page(self._table, pk, POOL_PREFIX, limit, after, as_pool)

    def all(self, username: str) -> list[Pool]:
        """Read every pool of a user."""
        items = self._table.query_all(user_partition(username), prefix=POOL_PREFIX)
        return [as_pool(item) for item in items]

    def add_op(
        self,
        username: str,
        api_name: str,
        pool: Pool | None,
        keys: list[PoolKey],
        state: KeyState | None = None,
        spend: ApiSpend | None = None,
    ) -> Operation:
        """Add keys to the pool as it was read: inline if they fit, otherwise as overflow keys.

        `state` is the state of the keys that become inline. `spend` is for a new pool, or replaces
        what the pool stores about spend; the operation then fails if that has changed.
        """
        stored = spend or (pool.spend if pool else NO_SPEND)
        count = fitting_keys(username, api_name, pool.keys if pool else (), keys, stored)
        sets = ["api_name = :api"]
        values: dict[str, Any] = {":api": api_name}
        names: dict[str, str] = {}
        condition = None
        if spend is not None and spend != NO_SPEND:
            values[":spend"] = encoded_spend(spend)
            if pool is None:
                sets.append("spend = if_not_exists(spend, :spend)")
            else:
                sets.append("spend = :spend")
                condition = _same_spend(pool.spend, values)
        for position, key in enumerate(keys[:count]):
            names[f"#k{position}"] = f"key:{key.key_id}"
            values[f":k{position}"] = encoded_key(key)
            sets.append(f"#k{position} = :k{position}")
            if state is not None:
                names[f"#s{position}"] = f"state:{key.key_id}"
                values[f":s{position}"] = encoded_state(state)
                sets.append(f"#s{position} = :s{position}")
        expression = "SET " + ", ".join(sets)
        if len(keys) > count:
            expression = f"SET {', '.join([*sets, 'more = :yes'])} {_OVERFLOW_CHANGED}"
            values |= {":yes": True, ":one": 1}
        return self._update_op(username, api_name, expression, values, names, condition)

    def spend_op(self, username: str, pool: Pool, spend: ApiSpend) -> Operation:
        """Replace what the pool stores about spend. Fails if it is not as in `pool` any more."""
        values: dict[str, Any] = {}
        condition = f"{EXISTS} AND {_same_spend(pool.spend, values)}"
        expression = "REMOVE spend"
        if spend != NO_SPEND:
            expression = "SET spend = :spend"
            values[":spend"] = encoded_spend(spend)
        return self._update_op(username, pool.api_name, expression, values, condition=condition)

    def replace_op(self, username: str, api_name: str, key: PoolKey) -> Operation:
        """Change an inline key and delete its state. Fails unless the key is inline."""
        return self._update_op(
            username,
            api_name,
            "SET #key = :key REMOVE #state",
            {":key": encoded_key(key)},
            {"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
            condition="attribute_exists(#key)",
        )

    def refresh_op(self, username: str, api_name: str, key: PoolKey) -> Operation:
        """Change an inline key and keep its state. Fails unless the key is inline."""
        return self._update_op(
            username,
            api_name,
            "SET #key = :key",
            {":key": encoded_key(key)},
            {"#key": f"key:{key.key_id}"},
            condition="attribute_exists(#key)",
        )

    def move_to_overflow_op(self, username: str, api_name: str, key_id: str) -> Operation:
        """Make an inline key an overflow key. Fails unless it is inline."""
        return self._update_op(
            username,
            api_name,
            "SET more = :yes REMOVE rest_until, #key, #state ADD changes :one",
            {":yes": True, ":one": 1},
            {"#key": f"key:{key_id}", "#state": f"state:{key_id}"},
            condition="attribute_exists(#key)",
        )

    def swap_op(
        self,
        username: str,
        api_name: str,
        removed: list[PoolKey],
        added: list[PoolKey],
        states: Mapping[str, KeyState],
    ) -> Operation:
        """Replace the inline keys `removed` with the overflow keys `added` and their `states`.

        Fails if one of `removed` is no longer inline or one of `added` already is.
        """
        sets, removals, conditions = [], [], []
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        for position, key in enumerate(added):
            names[f"#n{position}"] = f"key:{key.key_id}"
            values[f":n{position}"] = encoded_key(key)
            sets.append(f"#n{position} = :n{position}")
            conditions.append(f"attribute_not_exists(#n{position})")
            if key.key_id in states:
                names[f"#t{position}"] = f"state:{key.key_id}"
                values[f":t{position}"] = encoded_state(states[key.key_id])
                sets.append(f"#t{position} = :t{position}")
        for position, key in enumerate(removed):
            names[f"#o{position}"] = f"key:{key.key_id}"
            names[f"#s{position}"] = f"state:{key.key_id}"
            removals += [f"#o{position}", f"#s{position}"]
            conditions.append(f"attribute_exists(#o{position})")
        return self._update_op(
            username,
            api_name,
            f"SET {', '.join(sets)} REMOVE rest_until, {', '.join(removals)}",
            values,
            names,
            condition=" AND ".join(conditions),
        )

    def set_overflow_retry_op(self, username: str, pool: Pool, until: int) -> Operation:
        """Store that no overflow key can be used before `until` (epoch seconds).

        Fails if a key was added, removed or changed since the pool was read.
        """
        names = {f"#k{i}": f"key:{key.key_id}" for i, key in enumerate(pool.keys)}
        values = {":until": until}
        unchanged = "attribute_not_exists(changes)"
        if pool.overflow_revision:
            unchanged = "changes = :seen"
            values[":seen"] = pool.overflow_revision
        return self._update_op(
            username,
            pool.api_name,
            "SET rest_until = :until",
            values,
            names,
            condition=" AND ".join([*(f"attribute_exists({name})" for name in names), unchanged]),
        )

    def remove_op(
        self,
        username: str,
        api_name: str,
        key_id: str,
        promoted: PoolKey | None,
        state: KeyState | None = None,
    ) -> Operation:
        """Remove an inline key. `promoted` is an overflow key that replaces it, with its state."""
        expression = "REMOVE #key, #state"
        names = {"#key": f"key:{key_id}", "#state": f"state:{key_id}"}
        values: dict[str, Any] = {}
        if promoted is not None:
            sets = ["#next = :next"]
            names["#next"] = f"key:{promoted.key_id}"
            values[":next"] = encoded_key(promoted)
            if state is not None:
                sets.append("#known = :known")
                names["#known"] = f"state:{promoted.key_id}"
                values[":known"] = encoded_state(state)
            expression = f"SET {', '.join(sets)} {expression}"
        return self._update_op(
            username, api_name, expression, values, names, condition="attribute_exists(#key)"
        )

    def touch_overflow_op(self, username: str, api_name: str, key_id: str) -> Operation:
        """Count a change to an overflow key, which may be usable now. Fails if it is inline."""
        return self._update_op(
            username,
            api_name,
            f"SET api_name = :api {_OVERFLOW_CHANGED}",
            {":api": api_name, ":one": 1},
            {"#key": f"key:{key_id}"},
            condition="attribute_not_exists(#key)",
        )

    def set_state_op(
        self, username: str, api_name: str, key: SealedKey, state: KeyState
    ) -> Operation:
        """Set the state of an inline key. Fails if it is not inline or has another secret."""
        return self._update_op(
            username,
            api_name,
            "SET #state = :state",
            {":state": encoded_state(state), ":sealed": key.encrypted_key},
            {"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
            condition=_SAME_SECRET,
        )

    def set_state(self, username: str, api_name: str, key: SealedKey, state: KeyState) -> bool:
        """Set the state of an inline key. False if it is not inline or has another secret."""
        return self._succeeds(self.set_state_op(username, api_name, key, state))

    def replace_state(
        self, username: str, api_name: str, key: SealedKey, old: KeyState, new: KeyState
    ) -> bool:
        """Replace the state of an inline key. False if it has changed, or like `set_state`."""
        return self._succeeds(
            self._update_op(
                username,
                api_name,
                "SET #state = :new",
                {
                    ":old": encoded_state(old),
                    ":new": encoded_state(new),
                    ":sealed": key.encrypted_key,
                },
                {"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
                condition=f"#state = :old AND {_SAME_SECRET}",
            )
        )

    def clear_state(self, username: str, api_name: str, key: SealedKey) -> bool:
        """Delete the state of an inline key. Returns False like `set_state`."""
        return self._succeeds(
            self._update_op(
                username,
                api_name,
                "REMOVE #state",
                {":sealed": key.encrypted_key},
                {"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
                condition=_SAME_SECRET,
            )
        )

    def policy_op(
        self, username: str, api_name: str, old: Policy | None, new: Policy | None
    ) -> Operation:
        """Replace policy `old` with `new`. Fails if the stored policy is not `old`."""
        expression = "SET api_name = :api" + (", policy = :policy" if new else " REMOVE policy")
        values: dict[str, Any] = {":api": api_name}
        condition = "attribute_not_exists(policy)"
        if new is not None:
            values[":policy"] = encoded_policy(new)
        if old is not None:
            # A policy that was removed and set again has revision 1 again, but another start.
            unchanged = revision_is("policy.revision", old.revision)
            condition = f"policy.anchor = :anchor AND {unchanged}"
            values |= {":anchor": old.window_start, ":old": old.revision}
        return self._update_op(username, api_name, expression, values, condition=condition)

    def _update_op(
        self,
        username: str,
        api_name: str,
        expression: str,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
        condition: str | None = None,
    ) -> Operation:
        pk, sk = user_partition(username), pool_sort_key(api_name)
        return self._table.update_op(pk, sk, expression, values, names, condition=condition)

    def _succeeds(self, operation: Operation) -> bool:
        """Send a conditional operation. Returns False if its condition failed."""
        return not isinstance(self._table.batch([operation])[0], ConditionFailed)


def _same_spend(spend: ApiSpend, values: dict[str, Any]) -> str:
    """Return the condition that a pool stores `spend`; add its value to `values`."""
    if spend == NO_SPEND:
        return "attribute_not_exists(spend)"
    values[":seen"] = encoded_spend(spend)
    return "spend = :seen"
