"""A thread-safe dictionary with a fixed capacity, for state that outlives a request."""

from __future__ import annotations

from typing import Generic, TypeVar

from api.short_lock import ShortLock

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Keeps at most `capacity` entries and evicts the oldest one when it is full.

    Reads take no lock: a `dict` lookup is atomic in CPython. Replacing an entry's value
    does not make the entry newer.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._entries: dict[Key, Value] = {}
        self._lock = ShortLock()
        self.get = self._entries.get

    def set(self, key: Key, value: Value) -> None:
        """Store an entry."""
        with self._lock:
            if key not in self._entries and len(self._entries) >= self._capacity:
                self._entries.pop(next(iter(self._entries)))
            self._entries[key] = value

    def delete(self, key: Key) -> None:
        """Remove an entry. Idempotent."""
        with self._lock:
            self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)
