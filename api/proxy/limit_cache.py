"""Remembers which limits applied to the last call, so that the next can count in its read trip.

Most limits are embedded in the token; only the others need to be remembered. Every entry is
compared with what the trip reads, so a wrong entry costs one more trip but never a wrong count.
"""

from __future__ import annotations

from api.bounded_cache import BoundedCache
from api.limits.policies import Policy
from api.limits.rules import LimitRule


class LimitCache:
    """The policy of each API, and the limits of tokens that were changed after creation."""

    def __init__(self) -> None:
        self._policies: BoundedCache[tuple[str, str], Policy] = BoundedCache()
        self._tokens: BoundedCache[str, LimitRule | None] = BoundedCache()

    def policy(self, username: str, api_name: str) -> Policy | None:
        """Return the policy that was last read, None if there was none."""
        return self._policies.get((username, api_name))

    def set_policy(self, username: str, api_name: str, policy: Policy | None) -> None:
        """Remember the policy of an API."""
        if policy is None:
            self._policies.delete((username, api_name))
        else:
            self._policies.set((username, api_name), policy)

    def token(self, token_id: str, in_token: LimitRule | None) -> LimitRule | None:
        """Return the token's limit that was last read, or `in_token`, the embedded one."""
        return self._tokens.get(token_id, in_token)

    def set_token(
        self, token_id: str, in_token: LimitRule | None, stored: LimitRule | None
    ) -> None:
        """Remember a token's stored limit if it differs from the embedded one."""
        if stored == in_token:
            self._tokens.delete(token_id)
        else:
            self._tokens.set(token_id, stored)
