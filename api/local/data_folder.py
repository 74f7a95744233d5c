"""Open the folder with all data of one machine: check its format and access, and lock it."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from api.errors import StartError

FORMAT = 1


class DataFolder:
    """The open data folder. No other process can open it until `close()` or this process ends.

    The lock is a POSIX record lock (fcntl(2)). It belongs to this process only, so forked workers
    and the started database cannot keep it after this process has ended.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @property
    def database(self) -> Path:
        """Return the path of the embedded database's SQLite file."""
        return self.path / "database.db"

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


def open_data_folder(path: Path, timeout: float = 3.0) -> DataFolder:
    """Open and lock the folder `path`. Create it with mode 0700 if it does not exist.

    Waits up to `timeout` seconds for an instance that is stopping. Raises StartError if the folder
    cannot be created or written, was written by a newer version, or is used by another running
    instance.
    """
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_writable(path, error) from error
    try:
        _acquire(lock, path, timeout)
        _check_format(path)
    except OSError as error:
        os.close(lock)
        raise _not_writable(path, error) from error
    except StartError:
        os.close(lock)
        raise
    return DataFolder(path, lock)


def _not_writable(path: Path, error: OSError) -> StartError:
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


def _check_format(path: Path) -> None:
    version = path / "VERSION"
    if not version.exists():
        write_whole(version, f"{FORMAT}\n")
    text = version.read_text(errors="replace").strip()
    if not text.isascii() or not text.isdigit():
        raise StartError(
            f"{version} does not contain a version number: restore it from a backup, "
            "or set API_DASHBOARD_DATA to another folder."
        )
    if int(text) > FORMAT:
        raise StartError(
            f"The data folder {path} was written by a newer version of API Dashboard "
            f"(format {text}; this version supports {FORMAT}): start that version instead."
        )
    # Detects a folder that is not writable, even if all files exist.
    probe = path / "writable"
    probe.touch()
    probe.unlink()


def write_whole(path: Path, text: str) -> None:
    """Write a new file with mode 0600 atomically and to disk.

    This process must hold the lock of the folder. Raises OSError, and FileExistsError if the file
    exists: it is never replaced.
    """
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
