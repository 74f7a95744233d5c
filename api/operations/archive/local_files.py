"""Backups in files of this machine."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from api.operations.archive.streams import ArchiveStream
from api.operations.errors import OperationError

_MODE = 0o600  # of the owner alone
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class LocalOutput:
    """Writes `NAME.part`, and gives it its name once it is whole and durable.

    A process that is killed leaves the part; the next backup with the same name starts it anew.
    """

    def __init__(self, target: str, *, replace: bool) -> None:
        self._path = Path(target)
        if not self._path.name:
            raise OperationError(f"'{target}' names no file: give a file name")
        self._part = self._path.with_name(self._path.name + ".part")
        self._replace = replace
        self._written = 0
        self._descriptor = -1
        try:
            self._refuse_existing()
            self._descriptor = self._create_part()
        except OSError as error:
            raise self._failure(error) from error

    @property
    def name(self) -> str:
        """Return the path."""
        return str(self._path)

    def write(self, data: bytes) -> None:
        """Write data."""
        rest = memoryview(data)
        try:
            while rest:
                count = os.write(self._descriptor, rest)
                self._written += count
                rest = rest[count:]
        except OSError as error:
            raise self._failure(error) from error

    def commit(self) -> None:
        """Make the file durable, then rename it."""
        try:
            os.fsync(self._descriptor)
            self._rename()
            os.close(self._descriptor)
            self._descriptor = -1
            _sync_folder(self._path.parent)
        except OSError as error:
            raise self._failure(error) from error

    def discard(self) -> None:
        """Remove the part."""
        if self._descriptor >= 0:
            with suppress(OSError):
                self._part.unlink()
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    def _refuse_existing(self) -> None:
        if self._path.is_dir():
            raise OperationError(f"{self.name} is a folder: name a file in it")
        if os.path.lexists(self._path):
            if not self._replace:
                raise self._exists()
            if not self._path.is_file():
                raise OperationError(f"{self.name} is no ordinary file: name another one")

    def _create_part(self) -> int:
        """Create the part, or take over one that no process writes any more."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self._part, flags, _MODE)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
                raise OperationError(f"{self._part} is in the way: remove it")
            if status.st_uid != os.geteuid():
                raise OperationError(
                    f"{self._part} belongs to another user: name a file in a folder of your own"
                )
            self._lock(descriptor)
            os.fchmod(descriptor, _MODE)
            os.ftruncate(descriptor, 0)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._in_use() from None
        except OSError:  # a network file system without locks
            return
        try:
            same = os.path.samestat(os.fstat(descriptor), self._part.stat())
        except FileNotFoundError:
            same = False
        if not same:  # another process finished it between our open and our lock
            raise self._in_use()

    def _rename(self) -> None:
        if self._replace:
            self._part.replace(self._path)
            return
        try:
            # Unlike a rename, a link fails if a file of this name has appeared since.
            os.link(self._part, self._path)
        except FileExistsError:
            raise self._exists() from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(self._path):
                raise self._exists() from None
            self._part.rename(self._path)
        else:
            self._part.unlink()

    def _exists(self) -> OperationError:
        return OperationError(f"{self.name} already exists: name another file or remove this one")

    def _in_use(self) -> OperationError:
        return OperationError(
            f"Another backup is being written to {self.name}: wait for its end or name another file"
        )

    def _failure(self, error: OSError) -> OperationError:
        folder = self._path.parent
        if error.errno in _NO_SPACE:
            return OperationError(
                f"The disk is full after {_size(self._written)} of {self.name} were written: "
                f"free more than that at {folder} or write to another disk"
            )
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return OperationError(f"There is no folder {folder}: create it or name another one")
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            return OperationError(
                f"{self.name} cannot be written, {_reason(error)}: name a file in another folder"
            )
        return OperationError(
            f"{self.name} cannot be written, {_reason(error)}: check the path and the disk"
        )


class LocalInput:
    """Reads a file, and refuses it if it changes between two passes."""

    def __init__(self, source: str) -> None:
        self._path = Path(source)
        try:
            status = self._path.stat()
        except OSError as error:
            raise self._failure(error) from error
        if stat.S_ISDIR(status.st_mode):
            raise OperationError(f"{self.name} is a folder: name the backup in it")
        if not stat.S_ISREG(status.st_mode):
            raise OperationError(
                f"{self.name} is no ordinary file, and a backup is read more than once: "
                "save it to a file first"
            )
        self._identity = _identity(status)
        self._size = status.st_size

    @property
    def name(self) -> str:
        """Return the path."""
        return str(self._path)

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return self._size

    @contextmanager
    def open(self) -> Iterator[ArchiveStream]:
        """Read the file from its beginning."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise self._failure(error) from error
        try:
            if _identity(os.fstat(descriptor)) != self._identity:
                raise OperationError(
                    f"{self.name} was changed while it was read: "
                    "repeat the command when nothing writes to it"
                )
            yield _LocalStream(self, descriptor)
        finally:
            os.close(descriptor)

    def _failure(self, error: OSError) -> OperationError:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return OperationError(f"There is no file {self.name}: check the path")
        return OperationError(
            f"{self.name} cannot be read, {_reason(error)}: check its permissions and the disk"
        )

    def read(self, descriptor: int, size: int) -> bytes:
        """Read from an open file. Raises OperationError."""
        try:
            return os.read(descriptor, size)
        except OSError as error:
            raise self._failure(error) from error


class _LocalStream:
    def __init__(self, source: LocalInput, descriptor: int) -> None:
        self._source = source
        self._descriptor = descriptor

    def read(self, size: int) -> bytes:
        return self._source.read(self._descriptor, size)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _sync_folder(folder: Path) -> None:
    """Make a new name durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown error").lower()


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
