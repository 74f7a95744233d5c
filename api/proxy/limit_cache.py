"""Which limits applied when they were last read, so that they can be counted in the reading trip.

Only what a token's text does not say itself needs to be remembered. A wrong hint costs a trip more,
never exactness: what the trip reads is always compared with it.
"""

from __future__ import annotations

from api.bounded_cache import BoundedCache
from api.limits.policies import Policy
from api.limits.rules import LimitRule


class LimitCache:
    """The user's own limit of each API, and the limits of tokens that were changed since they were
    made."""

    def __init__(self) -> None:
        self._policies: BoundedCache[tuple[str, str], Policy] = BoundedCache()
        self._tokens: BoundedCache[str, LimitRule | None] = BoundedCache()

    def policy(self, username: str, api_name: str) -> Policy | None:
        """The limit as last seen."""
        return self._policies.get((username, api_name))

    def set_policy(self, username: str, api_name: str, policy: Policy | None) -> None:
        """Remember a limit; only that there is one needs to be kept."""
        if policy is None:
            self._policies.delete((username, api_name))
        else:
            self._policies.set((username, api_name), policy)

    def token(self, token_id: str, said: LimitRule | None) -> LimitRule | None:
        """A token's limit as last seen; `said` is the one of its text."""
        return self._tokens.get(token_id, said)

    def set_token(self, token_id: str, said: LimitRule | None, held: LimitRule | None) -> None:
        """Remember a token's limit where it is not the one of its text."""
        if held == said:
            self._tokens.delete(token_id)
        else:
            self._tokens.set(token_id, held)
