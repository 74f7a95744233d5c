"""Upgrade a data folder of an older format, after a copy that the older version can use."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from api.errors import StartError
from api.local.data_folder import DataFolder, save_names, write_whole
from api.logs import log_event
from api.storage.data_format import DATA_FORMAT

_HOW_TO_GO_BACK = """\
This folder is a copy of the data of API Dashboard in {path},
made before its upgrade from format {old} to format {new}. To go back to the version that you used
before, stop the server and start that version with this folder:

    API_DASHBOARD_DATA={copy} api-dashboard

What was stored after the upgrade is not in it. Delete this folder when you do not need it.
"""


def upgrade_format(folder: DataFolder) -> None:
    """Copy the data of an older format to `backups` in the folder, then give it today's format.

    No process may use the database, and its file must be sound. A kill at any step leaves the older
    format, and the next call repeats everything. Raises StartError if the copy cannot be made.
    """
    if folder.version == DATA_FORMAT:
        return
    try:
        copy = _copy(folder) if folder.database.exists() else None
        write_whole(folder.path / "VERSION", f"{DATA_FORMAT}\n", replace=True)
    except OSError as error:
        raise _not_copied(folder, error) from error
    log_event(
        "data_format_upgraded",
        from_format=folder.version,
        to_format=DATA_FORMAT,
        **({} if copy is None else {"copy_of_the_former_data": str(copy)}),
    )
    folder.version = DATA_FORMAT


def _copy(folder: DataFolder) -> Path:
    """Copy database, secrets and VERSION. Return the folder of the copy. Raises OSError."""
    backups = folder.path / "backups"
    copy = backups / f"before-format-{DATA_FORMAT}"
    part = backups / f".{copy.name}.part"
    backups.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    try:
        _copy_database(folder.database, part / folder.database.name)
        if folder.secrets.exists():
            write_whole(part / folder.secrets.name, folder.secrets.read_text())
        if folder.database_state.exists():
            write_whole(part / folder.database_state.name, "created\n")
        write_whole(
            part / "README.txt",
            _HOW_TO_GO_BACK.format(
                path=folder.path, old=folder.version, new=DATA_FORMAT, copy=copy
            ),
        )
        write_whole(part / "VERSION", f"{folder.version}\n")
        # An older copy belongs to an upgrade that was interrupted.
        shutil.rmtree(copy, ignore_errors=True)
        part.replace(copy)
        save_names(backups)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return copy


def _copy_database(database: Path, copy: Path) -> None:
    """Copy a database that no process uses, with its write-ahead log. Raises OSError."""
    for suffix in ("", "-wal"):
        source = database.with_name(database.name + suffix)
        with contextlib.suppress(FileNotFoundError), source.open("rb") as reading:
            target = copy.with_name(copy.name + suffix)
            with open(target, "xb", opener=_private) as writing:
                shutil.copyfileobj(reading, writing, 1 << 20)
                writing.flush()
                os.fsync(writing.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _not_copied(folder: DataFolder, error: OSError) -> StartError:
    unchanged = f"The data is unchanged and has format {folder.version} as before."
    before = (
        f"This version of API Dashboard copies the data folder {folder.path} before it upgrades it"
    )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        size = folder.database.stat().st_size / 1e6
        return StartError(
            f"{before}, but the disk is full: make room for {max(size, 1):,.0f} MB and start "
            f"again. {unchanged}"
        )
    return StartError(
        f"{before}, but the copy cannot be written ({error.strerror}): make "
        f"{folder.path / 'backups'} a folder that this user can write, and start again. {unchanged}"
    )
