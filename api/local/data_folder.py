"""Opens the folder that holds all data of one machine: its format, its access, its only user."""

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
    """The opened data folder; nobody else can open it until `close()` or the end of this process.

    The lock is a POSIX record lock (fcntl(2)): it belongs to this process alone, so neither the
    workers that it forks nor the database that it starts can keep it after this process has gone.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @property
    def database(self) -> Path:
        """The SQLite file of the embedded database."""
        return self.path / "database.db"

    @property
    def secrets(self) -> Path:
        """The file with the secrets that were made on first start."""
        return self.path / "secrets.env"

    def close(self) -> None:
        """Let others open the folder."""
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


def open_data_folder(path: Path, patience: float = 3.0) -> DataFolder:
    """Open the folder `path`, made with mode 0700 on first use, and lock it.

    `patience` (seconds) is how long a predecessor that is just ending is waited for.
    Raises StartError when the folder cannot be made or written, was written by a newer version, or
    is used by another running instance.
    """
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_writable(path, error) from error
    try:
        _take(lock, path, patience)
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


def _take(lock: int, path: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
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
            f"{version} does not hold a version number: restore it from a backup, "
            "or set API_DASHBOARD_DATA to another folder."
        )
    if int(text) > FORMAT:
        raise StartError(
            f"The data folder {path} was written by a newer version of API Dashboard "
            f"(format {text}, this one knows {FORMAT}): start that version instead."
        )
    # Even where every file is there already, a folder that cannot be written is noticed now.
    probe = path / "writable"
    probe.touch()
    probe.unlink()


def write_whole(path: Path, text: str) -> None:
    """Write a new file with mode 0600 that is never seen half-made, and is on disk when it returns.

    The folder that it is in must be locked by this process. Raises OSError, FileExistsError among
    them: an existing file is never replaced.
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
