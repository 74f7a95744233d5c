"""The pool item `USER#{username}` / `API#{api_name}`: all that the proxy reads of an API, in one
item.

It holds the first keys of the pool as the proxy needs them, what is known of their state, and the
user's own limit. Each key is an attribute of its own, so changes to different keys do not meet.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.aws.json_client import Call
from api.credentials import AuthScheme
from api.storage.limits import Allowance
from api.storage.table import ConditionFailed, Table
from api.storage.users import partition

# At most six keys, and no more than fit the 4 kB of one read unit beside a policy; the rest of a
# larger pool is queried only when none of these can be used.
INLINE_KEYS = 6
_INLINE_BYTES = 3800


class PoolKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key as the proxy needs it."""

    key_id: str = msgspec.field(name="i")
    base_url: str = msgspec.field(name="u")
    auth: AuthScheme = msgspec.field(name="a")
    encrypted_key: str = msgspec.field(name="e")
    rate_limit: str = msgspec.field(name="d", default="generic")
    accepts: tuple[str, ...] = msgspec.field(name="x", default=())
    links: tuple[str, ...] = msgspec.field(name="l", default=())


class KeyState(msgspec.Struct, frozen=True):
    """Why a key is passed over: `exhausted` until an epoch second, or `refused` (401) until
    then.
    """

    why: str
    until: int


class Policy(msgspec.Struct, frozen=True):
    """A limit set by the user: `limit` requests in `window` seconds, windows counted from
    `anchor`.
    """

    limit: int
    window: int
    anchor: float

    def allowance(self, api_name: str) -> Allowance:
        """The counter that the limit is enforced by."""
        scope = f"api:{api_name}:{self.limit}:{self.window}"
        return Allowance(scope, self.limit, self.window, self.anchor)


class Pool(msgspec.Struct, frozen=True):
    """An API's pool. `more`: there are keys beside the inline ones."""

    api_name: str
    keys: tuple[PoolKey, ...]
    states: dict[str, KeyState]
    policy: Policy | None
    more: bool

    def key_ids(self) -> frozenset[str]:
        """The ids of the inline keys."""
        return frozenset(key.key_id for key in self.keys)


_pool_key = msgspec.json.Decoder(PoolKey)
_state = msgspec.json.Decoder(KeyState)
_encode = msgspec.json.Encoder()


class Pools:
    """Read and change pool items."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, username: str, api_name: str) -> Pool | None:
        """The pool, or None when nothing was ever stored under that name."""
        item = self._table.get(partition(username), sort_key(api_name))
        return as_pool(item) if item else None

    def all(self, username: str) -> list[Pool]:
        """Every pool of a user."""
        return [as_pool(i) for i in self._table.query_all(partition(username), prefix="API#")]

    def add_call(self, username: str, api_name: str, keys: list[PoolKey]) -> Call:
        """Add keys: inline while there is room (always the first), else noted as `more`."""
        pool = self.get(username, api_name)
        room = _room(pool.keys if pool else (), keys)
        sets = ["api_name = :api"]
        values: dict[str, Any] = {":api": api_name}
        names: dict[str, str] = {}
        for position, key in enumerate(keys[:room]):
            names[f"#k{position}"] = f"key:{key.key_id}"
            values[f":k{position}"] = _encode.encode(key).decode()
            sets.append(f"#k{position} = :k{position}")
        if len(keys) > room:
            sets.append("more = :yes")
            values[":yes"] = True
        return self._table.update_call(
            partition(username), sort_key(api_name), "SET " + ", ".join(sets), values, names
        )

    def replace_call(self, username: str, api_name: str, key: PoolKey) -> Call:
        """Change an inline key; what was known of its state no longer holds."""
        return self._table.update_call(
            partition(username),
            sort_key(api_name),
            "SET #key = :key REMOVE #state",
            {":key": _encode.encode(key).decode()},
            names={"#key": f"key:{key.key_id}", "#state": f"state:{key.key_id}"},
            condition="attribute_exists(#key)",
        )

    def remove_call(
        self, username: str, api_name: str, key_id: str, promoted: PoolKey | None
    ) -> Call:
        """Take an inline key out, and put another one in its place where there is one."""
        expression = "REMOVE #key, #state"
        names = {"#key": f"key:{key_id}", "#state": f"state:{key_id}"}
        values: dict[str, Any] = {}
        if promoted is not None:
            expression = "SET #next = :next " + expression
            names["#next"] = f"key:{promoted.key_id}"
            values[":next"] = _encode.encode(promoted).decode()
        return self._table.update_call(
            partition(username),
            sort_key(api_name),
            expression,
            values,
            names=names,
            condition="attribute_exists(#key)",
        )

    def absent_check(self, username: str, api_name: str, key_id: str) -> Call:
        """For a key outside the inline ones: nobody has moved it in meanwhile."""
        return self._table.update_call(
            partition(username),
            sort_key(api_name),
            "SET api_name = :api",
            {":api": api_name},
            names={"#key": f"key:{key_id}"},
            condition="attribute_not_exists(#key)",
        )

    def set_state_call(self, username: str, api_name: str, key_id: str, state: KeyState) -> Call:
        """Note that a key is to be passed over."""
        return self._table.update_call(
            partition(username),
            sort_key(api_name),
            "SET #state = :state",
            {":state": _encode.encode(state).decode()},
            names={"#key": f"key:{key_id}", "#state": f"state:{key_id}"},
            condition="attribute_exists(#key)",
        )

    def clear_state(self, username: str, api_name: str, key_id: str) -> None:
        """The key can be used again."""
        try:
            self._table.run(
                self._table.update_call(
                    partition(username),
                    sort_key(api_name),
                    "REMOVE #state",
                    names={"#key": f"key:{key_id}", "#state": f"state:{key_id}"},
                    condition="attribute_exists(#key)",
                )
            )
        except ConditionFailed:
            return

    def set_policy(self, username: str, api_name: str, policy: Policy | None) -> None:
        """Set or take away the user's own limit."""
        if policy is None:
            call = self._table.update_call(
                partition(username), sort_key(api_name), "REMOVE policy SET api_name = :api",
                {":api": api_name},
            )  # fmt: skip
        else:
            call = self._table.update_call(
                partition(username),
                sort_key(api_name),
                "SET policy = :policy, api_name = :api",
                {":policy": msgspec.structs.asdict(policy), ":api": api_name},
            )
        self._table.run(call)


def _room(inline: tuple[PoolKey, ...], keys: list[PoolKey]) -> int:
    """How many of `keys` can stand beside the inline ones."""
    used = sum(_size(key) for key in inline)
    for position, key in enumerate(keys):
        used += _size(key)
        count = len(inline) + position
        if count >= INLINE_KEYS or (count and used > _INLINE_BYTES):
            return position
    return len(keys)


def _size(key: PoolKey) -> int:
    """The bytes of a key in the pool item, its state at its longest included."""
    state = 60 + len(key.key_id)
    return len(_encode.encode(key)) + len(key.key_id) + state


def sort_key(api_name: str) -> str:
    """The sort key of a pool."""
    return f"API#{api_name}"


def as_pool(item: dict[str, Any]) -> Pool:
    """The typed pool of an item."""
    keys = []
    states = {}
    for name, value in item.items():
        if name.startswith("key:"):
            keys.append(_pool_key.decode(value))
        elif name.startswith("state:"):
            states[name[6:]] = _state.decode(value)
    policy = item.get("policy")
    keys.sort(key=lambda key: key.key_id)
    return Pool(
        api_name=item["api_name"],
        keys=tuple(keys),
        states=states,
        policy=Policy(**policy) if policy else None,
        more=bool(item.get("more")),
    )
