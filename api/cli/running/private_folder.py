"""A temporary folder for a command's configuration, which only the user can read."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from api.cli.errors import CliError
from api.cli.files import is_disk_full

_PREFIX = "api-dashboard-run-"
_LOCK = ".lock"


class PrivateFolder:
    """A folder with the mode 0700 that is created with the first file, and removed by `close`.

    A lock marks it as in use. The folders of processes that were killed have none: they are
    removed when the next folder is made.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = Path(tempfile.gettempdir()) if parent is None else parent
        self._path: Path | None = None
        self._lock: int | None = None
        self._files: list[Path] = []
        self._stand_ins: list[tuple[Path, Path, str]] = []

    @property
    def path(self) -> Path:
        """The folder. Raises CliError if it cannot be made."""
        if self._path is None:
            _remove_unused(self._parent)
            try:
                self._path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
                self._lock = os.open(self._path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            except OSError as error:
                raise _unusable(self._parent, error) from error
        return self._path

    def write(self, name: str, content: str) -> Path:
        """Write a file that only the user can read. Raises CliError, for example on a full disk."""
        path = self.path / name
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                stream.write(content)
        except OSError as error:
            raise _unusable(path, error) from error
        self._files.append(path)
        return path

    def stand_in(self, name: str, source: Path, without: str) -> Path:
        """Make a subfolder that stands in for `source`: with links to everything in it but one.

        What a program creates in it, or replaces, is moved to `source` by `close`.
        """
        path = self.path / name
        try:
            path.mkdir(mode=0o700, parents=True)
            for entry in source.iterdir() if source.is_dir() else ():
                if entry.name != without:
                    (path / entry.name).symlink_to(entry.absolute())
        except OSError as error:
            raise _unusable(path, error) from error
        self._stand_ins.append((path, source, without))
        return path

    def files(self) -> list[tuple[Path, str]]:
        """Return the paths and contents of the files that were written."""
        return [(path, path.read_text(encoding="utf-8")) for path in self._files]

    def close(self) -> None:
        """Remove the folder, if it was made. Links are removed, not what they lead to."""
        for path, source, without in self._stand_ins:
            _move_new(path, source, without)
        self._stand_ins = []
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _move_new(path: Path, source: Path, without: str) -> None:
    """Move what a program created or replaced in a stand-in to the folder that it stands for."""
    with contextlib.suppress(OSError):
        for entry in path.iterdir():
            if entry.name == without or entry.is_symlink():
                continue
            source.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(OSError, shutil.Error):
                shutil.move(entry, source / entry.name)


def _remove_unused(parent: Path) -> None:
    """Remove the user's folders whose process is gone."""
    for path in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_uid != os.getuid() or path.is_symlink():
                continue
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def _unusable(path: Path, error: OSError) -> CliError:
    if is_disk_full(error):
        return CliError(f"The disk is full, so {path} cannot be written: free some space.")
    return CliError(
        f"{path} cannot be written ({error.strerror}): set TMPDIR to a folder that you can write."
    )
