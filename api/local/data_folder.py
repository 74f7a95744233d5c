"""Open the folder with all data of one machine: check its format and access, and lock it."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shlex
import time
from pathlib import Path
from types import TracebackType

from api.errors import StartError
from api.storage.data_format import DATA_FORMAT as FORMAT
from api.storage.data_format import OLDEST_DATA_FORMAT as OLDEST_FORMAT

RESTORE = "restore it from a backup with `api-dashboard restore FILE --replace`"
"""What to do about damaged data, as part of a sentence."""

_MOVED = "moved"
_FILLING = "filling"
# What a data folder contains after its first start, besides VERSION.
_CONTENTS = ("secrets.env", "database.db", "database.state")


class DataFolder:
    """The open data folder. No other process can open it until `close()` or this process ends.

    `version` is the format of its data, up to FORMAT.

    The lock is a POSIX record lock (fcntl(2)). It belongs to this process only, so forked workers
    and the started database cannot keep it after this process has ended.
    """

    def __init__(self, path: Path, lock: int, version: int = FORMAT) -> None:
        self.path = path
        self.version = version
        self._lock = lock

    @property
    def database(self) -> Path:
        """Return the path of the embedded database's SQLite file."""
        return self.path / "database.db"

    @property
    def database_state(self) -> Path:
        """Return the path of the file that says how the database was last closed."""
        return self.path / "database.state"

    @property
    def secrets(self) -> Path:
        """Return the path of the file with the secrets that the first start generated."""
        return self.path / "secrets.env"

    def close(self) -> None:
        """Release the lock."""
        os.close(self._lock)

    def __enter__(self) -> DataFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def has_data(path: Path) -> bool:
    """Return whether a start has created the data folder `path`."""
    return any((path / name).exists() for name in ("VERSION", *_CONTENTS))


def restore_folder(path: Path) -> Path:
    """Return the folder in which a restore builds new files for the data folder `path`."""
    return path / "restore"


def is_restore_unfinished(path: Path) -> bool:
    """Return whether a restore has written all files, but not put all of them in their place."""
    return (restore_folder(path) / "READY").exists()


def set_moved(path: Path, address: str) -> None:
    """Mark the data as moved to an address, so that no server starts with it. Raises OSError."""
    write_whole(path / _MOVED, f"{address}\n", replace=True)


def moved_to(path: Path) -> str | None:
    """Return the address that the data was moved to, None if it was not. Raises OSError."""
    try:
        return (path / _MOVED).read_text(errors="replace").strip()
    except FileNotFoundError:
        return None


def clear_moved(path: Path) -> None:
    """Remove the mark of `set_moved`. Raises OSError."""
    (path / _MOVED).unlink(missing_ok=True)


def set_filling(path: Path, move: str) -> None:
    """Mark the folder as the target of a move, so that no server starts with it. Raises OSError."""
    write_whole(path / _FILLING, f"{move}\n", replace=True)


def filling(path: Path) -> str | None:
    """Return the move that fills the folder, None if there is none. Raises OSError."""
    try:
        return (path / _FILLING).read_text(errors="replace").strip()
    except FileNotFoundError:
        return None


def clear_filling(path: Path) -> None:
    """Remove the mark of `set_filling`. Raises OSError."""
    (path / _FILLING).unlink(missing_ok=True)


def open_data_folder(path: Path, timeout: float = 3.0, *, to_restore: bool = False) -> DataFolder:
    """Open and lock the folder `path`. Create it with mode 0700 if it does not exist.

    Waits up to `timeout` seconds for an instance that is stopping. Raises StartError if the folder
    cannot be created or written, has an unknown format, or is used by another running instance.
    With `to_restore`, its contents may be of any kind, because they are replaced.
    """
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_writable(path, error) from error
    try:
        _acquire(lock, path, timeout)
        version = FORMAT
        if not to_restore:
            _require_whole(path)
            version = _check_format(path)
    except OSError as error:
        os.close(lock)
        raise _not_writable(path, error) from error
    except StartError:
        os.close(lock)
        raise
    return DataFolder(path, lock, version)


def _not_writable(path: Path, error: OSError) -> StartError:
    if error.errno == errno.ENOSPC:
        return StartError(
            f"The disk with the data folder {path} is full: make room on it and start again."
        )
    return StartError(
        f"The data folder {path} cannot be written ({error.strerror}): "
        "make it a folder that this user can write, or set API_DASHBOARD_DATA to one."
    )


def _acquire(lock: int, path: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except (BlockingIOError, PermissionError) as error:
            if time.monotonic() >= deadline:
                raise StartError(
                    f"The data folder {path} is used by another running API Dashboard: "
                    "stop that one, or set API_DASHBOARD_DATA to another folder."
                ) from error
        time.sleep(0.05)


def _require_whole(path: Path) -> None:
    if is_restore_unfinished(path):
        raise StartError(
            f"A restore of {path} was interrupted: run the same `api-dashboard restore` command "
            "again, which finishes it."
        )
    if restore_folder(path).exists() and not has_data(path):
        raise StartError(
            f"A restore to {path} was interrupted: run the same `api-dashboard restore` command "
            f"again, or delete {restore_folder(path)} to begin with an empty folder."
        )
    if filling(path) is not None:
        raise StartError(
            f"A move to {path} is not finished: run the same `api-dashboard move` command again, "
            "or delete the folder and reopen the source with `api-dashboard reopen`."
        )
    address = moved_to(path)
    if address is not None:
        raise StartError(
            f"The data in {path} moved to {address}: use it there, or run "
            f"`api-dashboard reopen {shlex.quote(str(path))}` to use this copy again."
        )


def _check_format(path: Path) -> int:
    version = path / "VERSION"
    try:
        text = version.read_text(errors="replace").strip()
    except FileNotFoundError:
        _require_new(path)
        text = str(FORMAT)
        write_whole(version, f"{FORMAT}\n")
    except OSError as error:
        raise StartError(
            f"{version} cannot be read ({error.strerror}): make it a file that this user can read, "
            f"or {RESTORE}."
        ) from error
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise StartError(
            f"{version} does not contain a version number: {RESTORE}, "
            "or set API_DASHBOARD_DATA to another folder."
        )
    if int(text) > FORMAT:
        raise StartError(
            f"The data folder {path} was written by a newer version of API Dashboard "
            f"(format {text}; this version supports {FORMAT}): start that version instead."
        )
    if int(text) < OLDEST_FORMAT:
        raise StartError(
            f"The data folder {path} has the unknown format {text} (this version supports "
            f"{FORMAT}): {RESTORE}, or set API_DASHBOARD_DATA to another folder."
        )
    # Detects a folder that is not writable, even if all files exist.
    probe = path / "writable"
    probe.touch()
    probe.unlink()
    return int(text)


def _require_new(path: Path) -> None:
    """Raise StartError if the folder has data. VERSION is the first file that is written to it."""
    for name in _CONTENTS:
        if (path / name).exists():
            raise StartError(
                f"The data folder {path} contains {name} but no VERSION file, so its format is "
                f"unknown: {RESTORE}, or set API_DASHBOARD_DATA to another folder."
            )


def write_whole(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file with mode 0600 atomically and to disk.

    This process must hold the lock of the folder. Raises OSError, and FileExistsError if the file
    exists and `replace` is false.
    """
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists() and not replace:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    save_names(path.parent)


def save_names(folder: Path) -> None:
    """Write the names of a folder's files to disk, after a file was created or renamed."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
