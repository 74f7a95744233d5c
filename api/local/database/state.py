"""What the data folder says about its database: whether it exists, and how it was last closed.

`database.state` is written when the database has its first content, and after each clean stop, with
the size and the time of the database's file. A file that differs from it, or a write-ahead log next
to it, means that the database was not closed by a clean stop: it is checked before the start.
"""

from __future__ import annotations

import time
from pathlib import Path

from api.errors import StartError
from api.local.data_folder import RESTORE, DataFolder, write_whole
from api.local.database.integrity import find_damage
from api.logs import log_event

_START_EMPTY = f"{RESTORE}, or set API_DASHBOARD_DATA to an empty folder to start without data."


def has_content(folder: DataFolder) -> bool:
    """Return whether a start of the product has stored content in the folder's database."""
    return folder.database_state.exists()


def require_database(folder: DataFolder) -> None:
    """Raise StartError if the database had content, but its file is missing or empty.

    A first start that was interrupted before it stored anything may leave no file or an empty one.
    """
    database = folder.database
    if _size(database) > 0:
        return
    # An installation of an older version has no state file, but the log of its database. The
    # database logs its address after it has created its file.
    if has_content(folder) or _has_listened(database) or _size(_wal(database)) > 0:
        found = "is empty" if database.exists() else "is missing"
        raise StartError(
            f"The database {database} {found}, but {folder.path} is not new: " + _START_EMPTY
        )


def require_sound_database(folder: DataFolder) -> None:
    """Check the database's file, unless a clean stop has closed it. Raises StartError."""
    database = folder.database
    if _size(database) == 0 or _was_stopped(folder):
        return
    started = time.monotonic()
    damage = find_damage(database, has_log=_size(_wal(database)) > 0)
    if damage is not None:
        log_event("database_damaged", "error", reason=damage)
        raise StartError(f"The database {database} is damaged ({damage}): " + _START_EMPTY)
    log_event("database_checked", ms=round((time.monotonic() - started) * 1000))


def save_content_exists(folder: DataFolder) -> None:
    """Remember that the database has content, before the product stores a user's data in it."""
    if not has_content(folder):
        write_whole(folder.database_state, "created\n")


def save_clean_stop(folder: DataFolder) -> None:
    """Remember the database's file after a stop, if the database was closed completely."""
    database = folder.database
    if has_content(folder) and database.exists() and _size(_wal(database)) == 0:
        try:
            write_whole(folder.database_state, _stopped(database), replace=True)
        except OSError as error:
            # The next start checks the database.
            log_event("state_not_written", "warning", reason=error.strerror)


def _was_stopped(folder: DataFolder) -> bool:
    if _size(_wal(folder.database)) > 0:
        return False
    try:
        return folder.database_state.read_text(errors="replace") == _stopped(folder.database)
    except OSError:
        return False


def _stopped(database: Path) -> str:
    stat = database.stat()
    return f"stopped {stat.st_size} {stat.st_mtime_ns}\n"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _wal(database: Path) -> Path:
    return database.with_name(database.name + "-wal")


def _has_listened(database: Path) -> bool:
    try:
        return "listening on" in database.with_suffix(".log").read_text(errors="replace")
    except OSError:
        return False
