"""The pool item: its key, its attributes, and how many keys fit in one read unit.

Each inline key is an attribute `key:{key_id}` and each key's state an attribute `state:{key_id}`,
so concurrent changes to different keys do not conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from api.credentials import AuthScheme
from api.limits.policies import Policy
from api.limits.reservations import Reservation
from api.pools import INLINE_KEYS, Pool, PoolKey
from api.quota.key_state import KeyState
from api.spend.budgets import NO_SPEND, ApiSpend
from api.storage.users import user_partition
from api.upstream.further_hosts import FurtherHosts

POOL_PREFIX = "API#"
_READ_UNIT = 4096
# The largest policy with five reservations, the attributes about overflow keys, and the names of
# all attributes that do not belong to a key.
_OTHER_BYTES = 302
_STATE_BYTES = 60
_SPEND = "spend"


class _InlineKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """The stored form of a PoolKey."""

    key_id: str = msgspec.field(name="i")
    base_url: str = msgspec.field(name="u")
    auth: AuthScheme = msgspec.field(name="a")
    encrypted_key: str = msgspec.field(name="e")
    rate_limit_dialect: str = msgspec.field(name="d", default="generic")
    credential_locations: tuple[str, ...] = msgspec.field(name="x", default=())
    url_fields: tuple[str, ...] = msgspec.field(name="l", default=())
    extra_headers: tuple[str, ...] = msgspec.field(name="h", default=())
    provider: str = msgspec.field(name="p", default="")
    further_hosts: tuple[FurtherHosts, ...] = msgspec.field(name="f", default=())


_encoder = msgspec.json.Encoder()
_inline_key = msgspec.json.Decoder(_InlineKey)
_state = msgspec.json.Decoder(KeyState)
_reservations = msgspec.json.Decoder(tuple[Reservation, ...])
_spend = msgspec.json.Decoder(ApiSpend)


def pool_sort_key(api_name: str) -> str:
    """Return the sort key of a pool."""
    return f"{POOL_PREFIX}{api_name}"


def as_pool(item: dict[str, Any]) -> Pool:
    """Return the pool that an item stores."""
    keys = []
    states = {}
    for name, value in item.items():
        if name.startswith("key:"):
            keys.append(PoolKey(*msgspec.structs.astuple(_inline_key.decode(value))))
        elif name.startswith("state:"):
            states[name.removeprefix("state:")] = _state.decode(value)
    keys.sort(key=lambda key: key.key_id)
    return Pool(
        api_name=item["api_name"],
        keys=tuple(keys),
        states=states,
        policy=_as_policy(item.get("policy")),
        has_overflow=bool(item.get("more")),
        overflow_retry_at=int(item.get("rest_until", 0)),
        overflow_revision=int(item.get("changes", 0)),
        spend=_decoded_spend(item[_SPEND]) if _SPEND in item else NO_SPEND,
    )


def encoded_key(key: PoolKey) -> str:
    """Return a key as the pool item stores it."""
    return _encode_key(key).decode()


def encoded_state(state: KeyState) -> str:
    """Return a key's state as the pool item stores it."""
    return _encoder.encode(state).decode()


def encoded_spend(spend: ApiSpend) -> str:
    """Return what concerns spend as the pool item stores it, in its attribute `spend`."""
    return _encoder.encode(spend).decode()


def encoded_policy(policy: Policy) -> dict[str, Any]:
    """Return a policy as the pool item stores it."""
    member: dict[str, Any] = {
        "limit": policy.limit,
        "window": policy.window,
        "anchor": policy.window_start,
        "revision": policy.revision,
    }
    if policy.reservations:
        member["reservations"] = _encoder.encode(policy.reservations).decode()
    return member


def fitting_keys(
    username: str,
    api_name: str,
    inline: Sequence[PoolKey],
    keys: Sequence[PoolKey],
    spend: ApiSpend = NO_SPEND,
) -> int:
    """Return how many of `keys` fit in the pool item besides the `inline` ones and `spend`.

    An empty item takes at least one key.
    """
    available_bytes = _READ_UNIT - _OTHER_BYTES - len(user_partition(username)) - 3 * len(api_name)
    if spend != NO_SPEND:
        available_bytes -= len(_SPEND) + len(encoded_spend(spend))
    used = sum(_key_bytes(key) for key in inline)
    for position, key in enumerate(keys):
        used += _key_bytes(key)
        count = len(inline) + position
        if count >= INLINE_KEYS or (count and used > available_bytes):
            return position
    return len(keys)


def _key_bytes(key: PoolKey) -> int:
    """Return the bytes of a key in the pool item, including a state of the greatest length."""
    return len(_encode_key(key)) + _STATE_BYTES + 2 * len(key.key_id)


def _encode_key(key: PoolKey) -> bytes:
    return _encoder.encode(_InlineKey(*msgspec.structs.astuple(key)))


def _as_policy(member: dict[str, Any] | None) -> Policy | None:
    if not member:
        return None
    reservations = member.get("reservations")
    return Policy(
        member["limit"],
        member["window"],
        # A whole number is read as an int, which would change the sort keys of the counters.
        float(member["anchor"]),
        _decoded_reservations(reservations) if reservations else (),
        member.get("revision", 1),
    )


@lru_cache(maxsize=1024)
def _decoded_reservations(text: str) -> tuple[Reservation, ...]:
    return _reservations.decode(text)


@lru_cache(maxsize=1024)
def _decoded_spend(text: str) -> ApiSpend:
    return _spend.decode(text)
