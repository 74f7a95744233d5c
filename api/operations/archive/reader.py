"""Read a backup."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from api.operations.archive.encryption import (
    NONCE_SIZE,
    AlteredContentError,
    ContentCipher,
    TrailingContentError,
    TruncatedContentError,
    read_chunks,
)
from api.operations.archive.header import (
    Header,
    Preamble,
    altered,
    read_header,
    trailing,
    truncated,
)
from api.operations.archive.locks import Key, PassphraseLock, RecoveryLock, unlock
from api.operations.archive.records import (
    ABOUT,
    END,
    ITEMS,
    SECRETS,
    BadContentError,
    decode_about,
    decode_end,
    decode_items,
    decode_secrets,
    read_blocks,
)
from api.operations.archive.streams import ArchiveInput, ArchiveStream, Progress
from api.operations.archive.writer import ArchiveSummary
from api.operations.errors import WrongKeyError
from api.operations.items import InstallationSecrets, Item
from api.secret import Secret

_PROGRESS_STEP = 256 * 1024
_READ_SIZE = 64 * 1024
_KINDS = (ABOUT, ITEMS, SECRETS, END)


class ArchiveReader:
    """Reads one backup, as often as it is asked to, with constant memory.

    Opens it at once: raises WrongKeyError if the key does not fit, and ArchiveError if the input is
    no backup or is not what was written. The other methods raise ArchiveError, and OperationError
    if the input cannot be read.
    """

    def __init__(self, source: ArchiveInput, key: Key, progress: Progress | None = None) -> None:
        self._input = source
        self._progress = progress
        self._secrets: InstallationSecrets | None = None
        with source.open() as opened:
            stream = _Stream(opened)
            self._preamble = read_header(stream.read, source.name)
            self._file_key = _open_locks(self._preamble, key, source.name)
            self._nonce = stream.read(NONCE_SIZE)
            if len(self._nonce) < NONCE_SIZE:
                raise truncated(source.name)
            with _told(source.name):
                self.about = decode_about(next(self._blocks(stream))[1])

    @property
    def header(self) -> Header:
        """Return what the backup shows without a key."""
        return self._preamble.header

    def secrets(self) -> InstallationSecrets:
        """Return the secrets. Verifies the backup if nothing read it to its end yet."""
        if self._secrets is None:
            self.verify()
        assert self._secrets is not None
        return self._secrets

    def verify(self) -> ArchiveSummary:
        """Read the whole backup and check everything."""
        items = self._read()
        while True:
            try:
                next(items)
            except StopIteration as end:
                summary: ArchiveSummary = end.value
                return summary

    def items(self) -> Iterator[Item]:
        """Yield every item. Each one is authentic; whether they are all is known at the end.

        Call `verify` first where a part of a backup is worse than nothing.
        """
        for items in self._read():
            yield from items

    def _read(self) -> Generator[list[Item], None, ArchiveSummary]:
        with self._input.open() as opened, _told(self._input.name):
            stream = _Stream(opened)
            self._skip_header(stream)
            records, reported = 0, 0
            secrets: InstallationSecrets | None = None
            for kind, data in self._blocks(stream):
                if kind == ITEMS:
                    items = decode_items(data)
                    records += len(items)
                    yield items
                elif kind == SECRETS:
                    secrets = decode_secrets(data)
                elif kind == END:
                    end = decode_end(data)
                if self._progress is not None and stream.bytes - reported >= _PROGRESS_STEP:
                    reported = stream.bytes
                    self._progress(stream.bytes, records)
            if end.records != records or secrets is None:
                raise BadContentError
            self._secrets = secrets
            if self._progress is not None:
                self._progress(stream.bytes, records)
            return ArchiveSummary(
                bytes=stream.bytes,
                records=records,
                counts=end.counts,
                sha256=stream.digest.hexdigest(),
                created_at=self.about.created_at,
            )

    def _skip_header(self, stream: _Stream) -> None:
        """Read the header again. It must be the same: the file key belongs to this one only."""
        expected = self._preamble.raw + self._nonce
        if stream.read(len(expected)) != expected:
            raise AlteredContentError

    def _blocks(self, stream: _Stream) -> Iterator[tuple[bytes, bytes]]:
        """Yield the blocks, of which the first and only the first is that of kind About."""
        cipher = ContentCipher(self._file_key, self._nonce)
        for number, (kind, data) in enumerate(read_blocks(read_chunks(stream.read, cipher))):
            if (kind == ABOUT) != (number == 0) or kind not in _KINDS:
                raise BadContentError
            yield kind, data


class _Stream:
    """Counts and digests what is read, and reads ahead, for the header is read byte by byte."""

    def __init__(self, stream: ArchiveStream) -> None:
        self._stream = stream
        self._ahead = b""
        self._position = 0
        self.bytes = 0
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        parts = []
        while size > 0:
            part = self._ahead[self._position : self._position + size]
            if not part:
                self._ahead, self._position = self._stream.read(_READ_SIZE), 0
                if not self._ahead:
                    break
                self.digest.update(self._ahead)
                continue
            self._position += len(part)
            self.bytes += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what is wrong with the content into a sentence."""
    try:
        yield
    except (AlteredContentError, BadContentError):
        raise altered(name) from None
    except TruncatedContentError:
        raise truncated(name) from None
    except TrailingContentError:
        raise trailing(name) from None


def _open_locks(preamble: Preamble, key: Key, name: str) -> bytes:
    locks = preamble.header.locks
    kind, what, other = (
        (PassphraseLock, "passphrase", "recovery key")
        if isinstance(key, Secret)
        else (RecoveryLock, "recovery key", "passphrase")
    )
    if not any(isinstance(lock, kind) for lock in locks):
        raise WrongKeyError(f"{name} has no {what}: open it with its {other}")
    file_key = unlock(locks, key)
    if file_key is None:
        raise WrongKeyError(
            f"The {what} does not open {name}: give the one that was in use when it was written"
        )
    if not preamble.is_authentic(file_key):
        raise altered(name)
    return file_key
