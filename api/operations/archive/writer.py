"""Write a backup."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from types import TracebackType
from typing import Self

import msgspec

from api.operations.archive.encryption import NONCE_SIZE, ContentCipher, ContentWriter
from api.operations.archive.header import Header, write_header
from api.operations.archive.locks import FILE_KEY_SIZE, Locks, lock
from api.operations.archive.records import About, BlockWriter, End
from api.operations.archive.streams import ArchiveOutput, Progress
from api.operations.items import InstallationSecrets, Item, ItemCounts

_PROGRESS_STEP = 256 * 1024


class ArchiveSummary(msgspec.Struct, frozen=True):
    """What a backup is. `records` also counts items that came twice, `sha256` is of the file."""

    bytes: int
    records: int
    counts: ItemCounts
    sha256: str
    created_at: datetime


class ArchiveWriter:
    """Writes one backup to an output.

    Use it as a context manager: what is not finished is discarded. Raises OperationError.
    """

    def __init__(
        self,
        output: ArchiveOutput,
        locks: Locks,
        about: About,
        progress: Progress | None = None,
    ) -> None:
        self._output = output
        self._about = about
        self._progress = progress
        self._bytes = self._records = self._reported = 0
        self._has_secrets = self._finished = False
        self._digest = hashlib.sha256()
        try:
            file_key, nonce = os.urandom(FILE_KEY_SIZE), os.urandom(NONCE_SIZE)
            header = Header(about.product, about.created_at, lock(file_key, locks))
            self._write(write_header(header, file_key) + nonce)
            self._content = ContentWriter(self._write, ContentCipher(file_key, nonce))
            self._blocks = BlockWriter(self._content.write)
            self._blocks.add_about(about)
        except BaseException:
            output.discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._finished:
            self._output.discard()

    def add(self, item: Item) -> None:
        """Add an item. One that is added again replaces the former when the backup is restored."""
        self._blocks.add_item(item)
        self._records += 1

    def add_secrets(self, secrets: InstallationSecrets) -> None:
        """Add the secrets, at any time before the end. The last ones count."""
        self._blocks.add_secrets(secrets)
        self._has_secrets = True

    def finish(self, counts: ItemCounts) -> ArchiveSummary:
        """Write the end, and make the file appear under its name.

        `counts` says what the items are; the file's end has it, and readers return it.
        """
        if not self._has_secrets:
            raise ValueError("a backup needs the secrets")
        self._blocks.add_end(End(records=self._records, counts=counts))
        self._content.close()
        self._report()
        self._output.commit()
        self._finished = True
        return ArchiveSummary(
            bytes=self._bytes,
            records=self._records,
            counts=counts,
            sha256=self._digest.hexdigest(),
            created_at=self._about.created_at,
        )

    def _write(self, data: bytes) -> None:
        self._output.write(data)
        self._digest.update(data)
        self._bytes += len(data)
        if self._bytes - self._reported >= _PROGRESS_STEP:
            self._report()

    def _report(self) -> None:
        self._reported = self._bytes
        if self._progress is not None:
            self._progress(self._bytes, self._records)
