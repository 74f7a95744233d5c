"""Whether a token may be used from the caller's address.

A call that is refused must not disturb those that are allowed. So after the first one, nothing is
counted in limits before the token is read.
"""

from __future__ import annotations

from api.bounded_cache import BoundedCache
from api.errors import Problem
from api.proxy.identity import Identity
from api.services.token_validity import address_problem
from api.storage.tokens import Token

_REMEMBERED = 1024


class AddressCheck:
    """Checks addresses, and remembers with which tokens they were refused."""

    def __init__(self) -> None:
        self._refused: BoundedCache[tuple[str | None, str], bool] = BoundedCache(_REMEMBERED)

    def was_refused(self, identity: Identity) -> bool:
        """Return whether the last call with this token from this address was refused."""
        return self._refused.get((identity.token_id, identity.source), False)

    def problem(self, token: Token | None, identity: Identity) -> Problem | None:
        """Return why the token, as it was read, may not be used from the caller's address, or None.
        `token` is None for a session.
        """
        if token is None:
            return None
        problem = address_problem(token, identity.source)
        if problem is not None:
            self._refused.set((token.token_id, identity.source), True)
        elif self.was_refused(identity):
            self._refused.delete((token.token_id, identity.source))
        return problem
