"""Key states that calls revealed, kept until they are stored in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from api.bounded_cache import BoundedCache
from api.pools import PoolKey
from api.quota.key_state import KeyState

# Seconds that a state is kept: before its call is recorded, and after that, for calls that read the
# pool before the record.
_PENDING_SECONDS = 60
_CONFIRMED_SECONDS = 2


class KeyStateCache:
    """States of keys in this process. `clock` returns epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._states: BoundedCache[PoolKey, tuple[float, KeyState]] = BoundedCache()

    def set(self, key: PoolKey, state: KeyState) -> None:
        """Remember a state that is not stored yet."""
        self._states.set(key, (self._clock() + _PENDING_SECONDS, state))

    def confirm(self, states: Iterable[tuple[PoolKey, KeyState]]) -> None:
        """Let states expire soon: they are stored, and the table is the authority from now on."""
        until = self._clock() + _CONFIRMED_SECONDS
        for key, state in states:
            entry = self._states.get(key)
            if entry is not None and entry[1] == state:
                self._states.set(key, (until, state))

    def get(self, key: PoolKey, now: float) -> KeyState | None:
        """Return the state because of which a key comes last now, or None."""
        entry = self._states.get(key)
        if entry is None:
            return None
        until, state = entry
        return state if until > now and state.until > now else None
