"""The pool item `USER#{username}` / `API#{api_name}`: all that the proxy reads of an API, in one
item.

It holds the first keys of the pool as the proxy needs them, what is known of their state, and the
user's own limit. Each key is an attribute of its own, so changes to different keys do not meet.
"""

from __future__ import annotations

from typing import Any

from api.aws.json_client import Operation
from api.quota.key_state import KeyState
from api.storage.policies import Policy, policy_member
from api.storage.pool import Pool, PoolKey, SealedKey, as_pool, encoded, room_for
from api.storage.table import ConditionFailed, Table, unchanged
from api.storage.users import partition

# The sealed secret stands in the text of an inline key.
_SAME_SECRET = "contains(#key, :sealed)"
# What is written with every change of a key that is not inline.
_OVERFLOW_CHANGED = "REMOVE rest_until ADD changes :one"


class Pools:
    """Read and change pool items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, username: str, api_name: str) -> Pool | None:
        """The pool, or None when nothing was ever stored under that name."""
        item = self._table.get(partition(username), sort_key(api_name))
        return as_pool(item) if item else None

    def policy(self, username: str, api_name: str) -> Policy | None:
        """The user's own limit of an API."""
        pool = self.get(username, api_name)
        return pool.policy if pool is not None else None

    def all(self, username: str) -> list[Pool]:
        """Every pool of a user."""
        return [as_pool(i) for i in self._table.query_all(partition(username), prefix="API#")]

    def add_op(self, username: str, api_name: str, keys: list[PoolKey]) -> Operation:
        """Add keys: inline while there is room (always the first), else noted as `more`."""
        pool = self.get(username, api_name)
        room = room_for(username, api_name, pool.keys if pool else (), keys)
        sets = ["api_name = :api"]
        values: dict[str, Any] = {":api": api_name}
        names: dict[str, str] = {}
        for position, key in enumerate(keys[:room]):
            names[f"#k{position}"] = f"key:{key.key_id}"
            values[f":k{position}"] = encoded(key)
            sets.append(f"#k{position} = :k{position}")
        expression = "SET " + ", ".join(sets)
        if len(keys) > room:
            expression = f"SET {', '.join([*sets, 'more = :yes'])} {_OVERFLOW_CHANGED}"
            values |= {":yes": True, ":one": 1}
        return self._table.update_op(
            partition(username), sort_key(api_name), expression, values, names
        )

    def replace_op(self, username: str, api_name: str, key: PoolKey) -> Operation:
        """Change an inline key; what was known of its state no longer holds."""
        return self._table.update_op(
            partition(username),
            sort_key(api_name),
            "SET #key = :key REMOVE #state",
            {":key": encoded(key)},
            names={"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
            condition="attribute_exists(#key)",
        )

    def swap_op(
        self, username: str, api_name: str, leaving: list[PoolKey], coming: list[PoolKey]
    ) -> Operation:
        """Put keys in the place of inline ones, as long as the ones are in and the others out."""
        sets, removals, conditions = [], [], []
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        for position, key in enumerate(coming):
            names[f"#n{position}"] = f"key:{key.key_id}"
            values[f":n{position}"] = encoded(key)
            sets.append(f"#n{position} = :n{position}")
            conditions.append(f"attribute_not_exists(#n{position})")
        for position, key in enumerate(leaving):
            names[f"#o{position}"] = f"key:{key.key_id}"
            names[f"#s{position}"] = f"state:{key.key_id}"
            removals += [f"#o{position}", f"#s{position}"]
            conditions.append(f"attribute_exists(#o{position})")
        return self._table.update_op(
            partition(username),
            sort_key(api_name),
            f"SET {', '.join(sets)} REMOVE rest_until, {', '.join(removals)}",
            values,
            names,
            condition=" AND ".join(conditions),
        )

    def rest_op(self, username: str, pool: Pool, until: int) -> Operation:
        """Note that no key but the inline ones can be used until then; the condition fails when any
        came, went or was changed since the pool was read.
        """
        names = {f"#k{i}": f"key:{key.key_id}" for i, key in enumerate(pool.keys)}
        same = "changes = :seen" if pool.overflow_revision else "attribute_not_exists(changes)"
        return self._table.update_op(
            partition(username),
            sort_key(pool.api_name),
            "SET rest_until = :until",
            {":until": until}
            | ({":seen": pool.overflow_revision} if pool.overflow_revision else {}),
            names,
            condition=" AND ".join([*(f"attribute_exists({name})" for name in names), same]),
        )

    def remove_op(
        self,
        username: str,
        api_name: str,
        key_id: str,
        promoted: PoolKey | None,
        state: KeyState | None = None,
    ) -> Operation:
        """Take an inline key out, and put another one in its place where there is one, with what is
        known of it.
        """
        expression = "REMOVE #key, #state"
        names = {"#key": f"key:{key_id}", "#state": f"state:{key_id}"}
        values: dict[str, Any] = {}
        if promoted is not None:
            sets = ["#next = :next"]
            names["#next"] = f"key:{promoted.key_id}"
            values[":next"] = encoded(promoted)
            if state is not None:
                sets.append("#known = :known")
                names["#known"] = f"state:{promoted.key_id}"
                values[":known"] = encoded(state)
            expression = f"SET {', '.join(sets)} {expression}"
        return self._table.update_op(
            partition(username),
            sort_key(api_name),
            expression,
            values,
            names=names,
            condition="attribute_exists(#key)",
        )

    def touch_overflow_op(self, username: str, api_name: str, key_id: str) -> Operation:
        """For a change of a key outside the inline ones: nobody has moved it in meanwhile, and it
        may be usable from now on.
        """
        return self._table.update_op(
            partition(username),
            sort_key(api_name),
            f"SET api_name = :api {_OVERFLOW_CHANGED}",
            {":api": api_name, ":one": 1},
            names={"#key": f"key:{key_id}"},
            condition="attribute_not_exists(#key)",
        )

    def set_state_op(
        self, username: str, api_name: str, key: SealedKey, state: KeyState
    ) -> Operation:
        """Note that a key is to be passed over, unless its secret was replaced meanwhile."""
        return self._table.update_op(
            partition(username),
            sort_key(api_name),
            "SET #state = :state",
            {":state": encoded(state), ":sealed": key.encrypted_key},
            names={"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
            condition=_SAME_SECRET,
        )

    def clear_state(self, username: str, api_name: str, key: SealedKey) -> bool:
        """The key can be used again. False when it is not among the inline ones."""
        try:
            self._table.run(
                self._table.update_op(
                    partition(username),
                    sort_key(api_name),
                    "REMOVE #state",
                    {":sealed": key.encrypted_key},
                    names={"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
                    condition=_SAME_SECRET,
                )
            )
        except ConditionFailed:
            return False
        return True

    def set_state(self, username: str, api_name: str, key: SealedKey, state: KeyState) -> bool:
        """Note that a key is to be passed over. False when it is not among the inline ones."""
        call = self.set_state_op(username, api_name, key, state)
        return not isinstance(self._table.batch([call])[0], ConditionFailed)

    def policy_op(
        self, username: str, api_name: str, old: Policy | None, new: Policy | None
    ) -> Operation:
        """Put `new` in place of `old`; the condition fails when somebody changed it meanwhile."""
        expression = "SET api_name = :api" + (", policy = :policy" if new else " REMOVE policy")
        values: dict[str, Any] = {":api": api_name}
        condition = "attribute_not_exists(policy)"
        if new is not None:
            values[":policy"] = policy_member(new)
        if old is not None:
            # The anchor tells it from one that was made after it was removed, and counts anew.
            condition = f"policy.anchor = :anchor AND {unchanged('policy.revision', old.revision)}"
            values |= {":anchor": old.window_start, ":old": old.revision}
        return self._table.update_op(
            partition(username), sort_key(api_name), expression, values, condition=condition
        )


def sort_key(api_name: str) -> str:
    """The sort key of a pool."""
    return f"API#{api_name}"
