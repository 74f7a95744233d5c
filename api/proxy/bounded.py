"""What a process remembers between calls, in so much memory and no more."""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

_MOST = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """A dictionary of at most 10,000 members, the oldest of which go first. Read `known`."""

    def __init__(self) -> None:
        self.known: dict[Key, Value] = {}
        self._lock = Lock()

    def set(self, key: Key, value: Value) -> None:
        """Remember a member."""
        with self._lock:
            if len(self.known) >= _MOST and key not in self.known:
                self.known.pop(next(iter(self.known)))
            self.known[key] = value

    def forget(self, key: Key) -> None:
        """Remove a member, if it is there."""
        with self._lock:
            self.known.pop(key, None)
