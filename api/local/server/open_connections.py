"""How many connections each worker process serves, in memory that all of them share."""

from __future__ import annotations

import mmap

_MOST_ROWS = 256
_BYTES = 4
_NO_MORE = (1 << 32) - 1


class OpenConnections:
    """Tells a worker process whether another one serves fewer connections.

    Create it before the processes fork. A process has the row that the master gave it. One that
    died counts with what it had until another process takes its row. Rows from 256 on are ignored.
    """

    def __init__(self, processes: int) -> None:
        self._processes = min(processes, _MOST_ROWS)
        self._counts = memoryview(mmap.mmap(-1, _MOST_ROWS * _BYTES)).cast("I")

    def set(self, row: int, count: int) -> None:
        """Set how many connections the process with `row` serves."""
        if row < _MOST_ROWS:
            self._counts[row] = count

    def take_no_more(self, row: int) -> None:
        """Let no process wait for the one with `row`, which accepts nothing more."""
        self.set(row, _NO_MORE)

    def has_fewer(self, count: int) -> bool:
        """Return whether another process serves fewer connections than `count`."""
        return any(other < count for other in self._counts[: self._processes])
