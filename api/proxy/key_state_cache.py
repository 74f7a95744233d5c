"""What calls found out of keys, until it stands in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from api.pools import KeyState, PoolKey

_MOST = 10_000
# Seconds: until a call is recorded, and for those that read the pool before it was.
_UNWRITTEN = 60
_WRITTEN = 2


class KeyStateCache:
    """Keys that are passed over in this process. `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[PoolKey, tuple[float, KeyState]] = {}
        self._lock = Lock()

    def note(self, key: PoolKey, state: KeyState) -> None:
        """A key is passed over here from now on; everywhere once the call is recorded."""
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (self._clock() + _UNWRITTEN, state)

    def written(self, states: Iterable[tuple[PoolKey, KeyState]]) -> None:
        """From now on the table knows better: a check may have shown that a key works."""
        until = self._clock() + _WRITTEN
        with self._lock:
            for key, state in states:
                if self._known.get(key, (0.0, None))[1] == state:
                    self._known[key] = (until, state)

    def state(self, key: PoolKey, now: float) -> KeyState | None:
        """What is noted against using a key now."""
        until, state = self._known.get(key, (0.0, None))
        return state if until > now and state is not None and state.until > now else None
