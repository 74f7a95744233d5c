"""The finding about backups by schedule: the last one, its age, and the last failure."""

from __future__ import annotations

from pathlib import Path

from api.cli.output import plain
from api.cli.times import ago
from api.local.backup_state import BackupState, read_backup_state
from api.operations.diagnosis.finding import Finding

_CHECK = "backups"


def backup_finding(data: Path, now: float) -> Finding:
    """Return whether the server of a data folder makes its backups by schedule."""
    state = read_backup_state(data)
    if state is None:
        return Finding(
            _CHECK,
            "ok",
            "The server makes no backups by schedule (API_DASHBOARD_BACKUP_FOLDER is not set).",
        )
    text = backup_text(state)
    if state.failure:
        return Finding(_CHECK, "failed", text, "The next try is within the hour.")
    if state.is_overdue(now):
        return Finding(
            _CHECK, "warning", text, f"One is due every {state.hours} hours: keep the server on."
        )
    if state.backup and not Path(state.backup).exists():
        return Finding(_CHECK, "warning", f"{state.backup} is missing.", "Make a new backup.")
    return Finding(_CHECK, "ok", text)


def backup_text(state: BackupState) -> str:
    """Return the last backup and the last failure in a sentence or two."""
    last = (
        f"The server has made no backup in {state.folder} yet."
        if state.made_at is None
        else f"The last backup is {state.backup}, made {ago(state.made_at)}."
    )
    if state.failure and state.failed_at is not None:
        last += f" The last try failed {ago(state.failed_at)}: {plain(state.failure)}"
    return last
