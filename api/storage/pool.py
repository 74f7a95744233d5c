"""An API's pool as its item holds it: the first keys, what is known of their state, the policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from api.credentials import AuthScheme
from api.quota.key_state import KeyState
from api.storage.policies import Policy, as_policy
from api.storage.users import partition

# At most six keys, and no more than fit the 4 kB of one read unit beside a policy with all its
# reservations; the rest of a larger pool is looked at only when none of these can be used.
INLINE_KEYS = 6
_READ_UNIT = 4096
# The largest policy with five reservations, `more`, `rest_until`, `changes`, and the
# names of all attributes that do not belong to a key.
_OTHER_BYTES = 302


class PoolKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key as the proxy needs it."""

    key_id: str = msgspec.field(name="i")
    base_url: str = msgspec.field(name="u")
    auth: AuthScheme = msgspec.field(name="a")
    encrypted_key: str = msgspec.field(name="e")
    rate_limit_dialect: str = msgspec.field(name="d", default="generic")
    credential_locations: tuple[str, ...] = msgspec.field(name="x", default=())
    url_fields: tuple[str, ...] = msgspec.field(name="l", default=())


class SealedKey(Protocol):
    """A key as it was read: what is found out of it holds for the secret that it had then."""

    @property
    def key_id(self) -> str: ...

    @property
    def encrypted_key(self) -> str: ...


class Pool(msgspec.Struct, frozen=True):
    """An API's pool. `more`: there are keys beside the inline ones, none of which can be used until
    the epoch second `overflow_retry_at`; `changes` counts the changes to them.
    """

    api_name: str
    keys: tuple[PoolKey, ...]
    states: dict[str, KeyState]
    policy: Policy | None
    has_overflow: bool
    overflow_retry_at: int = 0
    overflow_revision: int = 0

    def key_ids(self) -> frozenset[str]:
        """The ids of the inline keys."""
        return frozenset(key.key_id for key in self.keys)

    def place(self, key_id: str) -> int | None:
        """The position of an inline key; None for any other, and for one too many, which two that
        were stored at the same moment can be.
        """
        ids = [key.key_id for key in self.keys[:INLINE_KEYS]]
        return ids.index(key_id) if key_id in ids else None

    def state(self, key_id: str, now: float) -> KeyState | None:
        """What is known against using an inline key now, or None when it is ready."""
        state = self.states.get(key_id)
        return state if state is not None and state.until > now else None

    def usable(self, now: float) -> bool:
        """Whether any inline key is ready."""
        return any(self.state(key.key_id, now) is None for key in self.keys)

    def exhausted_until(self, now: float) -> int | None:
        """The epoch second at which the first spent key comes back, where no key is ready."""
        states = [self.state(key.key_id, now) for key in self.keys]
        if (self.has_overflow and self.overflow_retry_at <= now) or None in states:
            return None
        ends = [
            state.until for state in states if state is not None and state.reason == "exhausted"
        ]
        if not ends:
            return None
        return min([*ends, self.overflow_retry_at] if self.has_overflow else ends)


_pool_key = msgspec.json.Decoder(PoolKey)
_state = msgspec.json.Decoder(KeyState)
_encoder = msgspec.json.Encoder()


def encoded(member: PoolKey | KeyState) -> str:
    """A key or a state as the pool item holds it."""
    return _encoder.encode(member).decode()


def as_pool(item: dict[str, Any]) -> Pool:
    """The typed pool of an item."""
    keys = []
    states = {}
    for name, value in item.items():
        if name.startswith("key:"):
            keys.append(_pool_key.decode(value))
        elif name.startswith("state:"):
            states[name[6:]] = _state.decode(value)
    keys.sort(key=lambda key: key.key_id)
    return Pool(
        api_name=item["api_name"],
        keys=tuple(keys),
        states=states,
        policy=as_policy(item.get("policy")),
        has_overflow=bool(item.get("more")),
        overflow_retry_at=int(item.get("rest_until", 0)),
        overflow_revision=int(item.get("changes", 0)),
    )


def room_for(
    username: str, api_name: str, inline: Sequence[PoolKey], keys: Sequence[PoolKey]
) -> int:
    """How many of `keys` can stand beside the inline ones."""
    most = _READ_UNIT - _OTHER_BYTES - len(partition(username)) - 3 * len(api_name)
    used = sum(_size(key) for key in inline)
    for position, key in enumerate(keys):
        used += _size(key)
        count = len(inline) + position
        if count >= INLINE_KEYS or (count and used > most):
            return position
    return len(keys)


def _size(key: PoolKey) -> int:
    """The bytes of a key in the pool item, its state at its longest included."""
    state = 60 + len(key.key_id)
    return len(_encoder.encode(key)) + len(key.key_id) + state
