"""The ids of kept reservations that a call may take, shared by the processes of one machine.

Whoever removes an id owns its reservation: the process that kept it, for its next call, or another
one, to end it in favour of a call that would be refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.short_lock import ShortLock

if TYPE_CHECKING:
    from mmap import mmap

_BUCKETS = 256
_BUCKET = 16
_WORD = 8
SHARED_BYTES = _BUCKETS * _BUCKET * _WORD
"""The size of the memory that worker processes share."""


class KeptIds:
    """A set of ids. Thread-safe.

    `memory` has `SHARED_BYTES` bytes that several processes share, and `lock_file` is a descriptor
    of a file that all of them have open for writing; by default the ids belong to this process.
    `is_complete` is whether no other process has kept reservations in the same budgets.
    """

    def __init__(
        self,
        memory: bytearray | mmap | None = None,
        lock_file: int | None = None,
        *,
        is_complete: bool = False,
    ) -> None:
        self.is_complete = is_complete
        self._words = memoryview(memory if memory is not None else bytearray(SHARED_BYTES)).cast(
            "Q"
        )
        self._lock_file = lock_file
        self._lock = ShortLock()

    def add(self, id_: str) -> bool:
        """Add an id. Return False if there is no room for it."""
        return self._replace(id_, 0, _number(id_))

    def take(self, id_: str) -> bool:
        """Remove an id. Return False if another call has removed it."""
        return self._replace(id_, _number(id_), 0)

    def __contains__(self, id_: str) -> bool:
        number = _number(id_)
        start = _bucket(number)
        return number in self._words[start : start + _BUCKET].tolist()

    def _replace(self, id_: str, old: int, new: int) -> bool:
        """Replace a word in the bucket of an id. Return False if it is not there."""
        start = _bucket(_number(id_))
        with self._lock:
            if self._lock_file is None:
                return self._set(start, old, new)
            # Imported only by servers of one machine. The system frees a killed process's lock.
            from fcntl import LOCK_EX, LOCK_UN, lockf

            lockf(self._lock_file, LOCK_EX)
            try:
                return self._set(start, old, new)
            finally:
                lockf(self._lock_file, LOCK_UN)

    def _set(self, start: int, old: int, new: int) -> bool:
        words = self._words[start : start + _BUCKET].tolist()
        if old not in words:
            return False
        self._words[start + words.index(old)] = new
        return True


def _number(id_: str) -> int:
    """Return an id of a reservation as a number above 0."""
    return int(id_, 36) + 1


def _bucket(number: int) -> int:
    return number % _BUCKETS * _BUCKET
