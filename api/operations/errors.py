"""What can go wrong in an operation. Each text is for the user."""

from __future__ import annotations

from api.errors import DashboardError


class OperationError(DashboardError):
    """An operation failed. The text is one sentence: what happened, a colon, what to do."""


class ArchiveError(OperationError):
    """A backup cannot be read: altered, truncated, of another program, or of a newer version."""


class WrongKeyError(ArchiveError):
    """The passphrase or the recovery key does not open the backup."""


def at_start(name: str) -> str:
    """Return what messages call a place, for the start of a sentence."""
    return f"T{name[1:]}" if name.startswith("the ") else name
