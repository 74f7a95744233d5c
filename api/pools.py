"""Pools: the keys of one API, which of them can be used now, and the API's policy."""

from __future__ import annotations

from typing import Protocol

import msgspec

from api.credentials import AuthScheme
from api.limits.policies import Policy
from api.quota.key_state import KeyState
from api.spend.budgets import NO_SPEND, ApiPricing, ApiSpend
from api.upstream.further_hosts import FurtherHosts

INLINE_KEYS = 6
"""The maximum number of keys in a pool item. Any others are overflow keys."""


class PoolKey(msgspec.Struct, frozen=True):
    """The part of a key that the proxy needs. `encrypted_key` is a Fernet token.

    `extra_headers` are the names of the header fields with further secrets. `provider` is a slug of
    the catalogue, empty if it is the API's name or not known.
    """

    key_id: str
    base_url: str
    auth: AuthScheme
    encrypted_key: str
    rate_limit_dialect: str = "generic"
    credential_locations: tuple[str, ...] = ()
    url_fields: tuple[str, ...] = ()
    extra_headers: tuple[str, ...] = ()
    provider: str = ""
    further_hosts: tuple[FurtherHosts, ...] = ()


class SealedKey(Protocol):
    """A key with its encrypted secret, for writes that must not apply to another secret."""

    @property
    def key_id(self) -> str: ...

    @property
    def encrypted_key(self) -> str: ...


class Pool(msgspec.Struct, frozen=True):
    """An API's inline keys with their states, and its policy.

    `has_overflow` is true if the API also has overflow keys. None of them can be used before
    `overflow_retry_at` (epoch seconds). `overflow_revision` counts changes to them.
    `spend` are the budgets that apply to its calls, and the revision of the user's own prices.
    """

    api_name: str
    keys: tuple[PoolKey, ...]
    states: dict[str, KeyState]
    policy: Policy | None
    has_overflow: bool
    overflow_retry_at: int = 0
    overflow_revision: int = 0
    spend: ApiSpend = NO_SPEND

    @property
    def pricing(self) -> ApiPricing:
        """What prices the API's calls. The first key decides, if the keys have several hosts."""
        key = self.keys[0] if self.keys else None
        if key is None:
            return ApiPricing(self.api_name, "", "", self.spend)
        return ApiPricing(self.api_name, key.provider, key.base_url, self.spend)

    def key_ids(self) -> frozenset[str]:
        """Return the ids of the inline keys."""
        return frozenset(key.key_id for key in self.keys)

    def slot(self, key_id: str) -> int | None:
        """Return the position of an inline key, or None for any other key.

        Keys that are added at the same moment can exceed INLINE_KEYS. Those beyond it have no slot.
        """
        ids = [key.key_id for key in self.keys[:INLINE_KEYS]]
        return ids.index(key_id) if key_id in ids else None

    def state(self, key_id: str, now: float) -> KeyState | None:
        """Return the state because of which an inline key comes last now, None if it is ready."""
        state = self.states.get(key_id)
        return state if state is not None and state.until > now else None

    def usable(self, now: float) -> bool:
        """Return whether an inline key is ready now."""
        return any(self.state(key.key_id, now) is None for key in self.keys)

    def may_be_used(self, now: float) -> bool:
        """Return whether a call may use an inline key that is ready, or exhausted but not held."""
        states = [self.state(key.key_id, now) for key in self.keys]
        return any(
            state is None or (state.reason == "exhausted" and not state.hold) for state in states
        )

    def exhausted_until(self, now: float) -> int | None:
        """Return when the first exhausted key has quota again, in epoch seconds.

        None if a key is ready now, or if no key is exhausted. Calls may use a key before that.
        """
        states = [self.state(key.key_id, now) for key in self.keys]
        if (self.has_overflow and self.overflow_retry_at <= now) or None in states:
            return None
        ends = [
            state.until for state in states if state is not None and state.reason == "exhausted"
        ]
        if not ends:
            return None
        return min([*ends, self.overflow_retry_at] if self.has_overflow else ends)
