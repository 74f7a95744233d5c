"""The state of backups by schedule, in a file of the data folder, for `doctor` and `status`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from api.local.data_folder import write_whole

_NAME = "backups.json"


class BackupState(msgspec.Struct, frozen=True):
    """Where backups go, how often, and how the last ones ended. Times are in epoch seconds.

    `failure` is the sentence of the last backup if it failed, and `failed_at` its time.
    """

    folder: str
    hours: int
    since: int
    backup: str = ""
    made_at: int | None = None
    failure: str = ""
    failed_at: int | None = None

    def document(self) -> dict[str, str | int | None]:
        """Return the state for JSON."""
        return msgspec.structs.asdict(self)

    def is_overdue(self, now: float) -> bool:
        """Return whether two backups were due since the last one that was made."""
        return now - (self.made_at or self.since) > 2 * self.hours * 3600


def read_backup_state(data: Path) -> BackupState | None:
    """Return the state in the data folder, None if no server makes backups by schedule."""
    try:
        return msgspec.json.decode((data / _NAME).read_bytes(), type=BackupState)
    except (OSError, msgspec.MsgspecError):
        return None


def write_backup_state(data: Path, state: BackupState | None) -> None:
    """Store the state, or remove it. Raises OSError."""
    if state is None:
        (data / _NAME).unlink(missing_ok=True)
    else:
        write_whole(data / _NAME, msgspec.json.encode(state).decode(), replace=True)
