"""Where a backup is written to and read from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Progress = Callable[[int, int], None]
"""Is called with the bytes and the items that are done, about four times a megabyte."""


class ArchiveOutput(Protocol):
    """A file or an object that appears with `commit` and not before.

    Every method raises OperationError.
    """

    @property
    def name(self) -> str:
        """Return what messages call it: a path or `s3://bucket/key`."""

    def write(self, data: bytes) -> None:
        """Write data."""

    def commit(self) -> None:
        """Make what was written durable and visible, at once."""

    def discard(self) -> None:
        """Remove what was written, if it is not committed. Raises nothing. Idempotent."""


class ArchiveStream(Protocol):
    """One pass over an input."""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end. Raises OperationError."""


class ArchiveInput(Protocol):
    """A file or an object that can be read several times."""

    @property
    def name(self) -> str:
        """Return what messages call it: a path or `s3://bucket/key`."""

    @property
    def size(self) -> int:
        """Return its size in bytes."""

    def open(self) -> AbstractContextManager[ArchiveStream]:
        """Read it from its beginning.

        Raises OperationError, also if it is not what it was when it was opened first.
        """
