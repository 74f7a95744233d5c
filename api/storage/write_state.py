"""Whether the database accepts writes, as its last write showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap


class WriteState:
    """Remembers whether the last write failed. A check of it is one comparison.

    `memory` is one byte that the worker processes share, by default a byte of this process.
    """

    def __init__(self, memory: bytearray | mmap | None = None) -> None:
        self._memory: bytearray | mmap = memory if memory is not None else bytearray(1)

    @property
    def failed(self) -> bool:
        """Whether the last write failed."""
        return self._memory[0] != 0

    def set_failed(self) -> None:
        """Remember that a write failed."""
        self._memory[0] = 1

    def set_succeeded(self) -> None:
        """Remember that a write succeeded."""
        self._memory[0] = 0
