"""Backups in memory, and cheap parameters of Argon2id for them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from api.operations.archive import locks
from api.operations.archive.locks import Locks
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.records import About
from api.operations.archive.recovery_keys import RecoveryKey
from api.operations.archive.writer import ArchiveWriter
from api.operations.items import InstallationSecrets, Item, ItemCounts
from api.secret import Secret

PASSPHRASE = Secret("correct horse battery")
RECOVERY_KEY = RecoveryKey(bytes(range(1, 33)))
SECRETS = InstallationSecrets(signing=Secret("sign"), encryption=(Secret("new"), Secret("old")))
ABOUT = About(
    data_format=1,
    product="0.1.0",
    created_at=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    source="the data folder /home/ada/data",
    table="api-dashboard",
)


class MemoryOutput:
    """An output that keeps what was committed."""

    name = "backup"

    def __init__(self) -> None:
        self.written = bytearray()
        self.committed: bytes | None = None
        self.discarded = False

    def write(self, data: bytes) -> None:
        self.written += data

    def commit(self) -> None:
        self.committed = bytes(self.written)

    def discard(self) -> None:
        self.discarded = True


class MemoryInput:
    """An input of bytes, which may be other bytes at each pass."""

    name = "backup"

    def __init__(self, *passes: bytes) -> None:
        self.passes = list(passes)

    @property
    def size(self) -> int:
        return len(self.passes[0])

    @contextmanager
    def open(self) -> Iterator[io.BytesIO]:
        data = self.passes.pop(0) if len(self.passes) > 1 else self.passes[0]
        yield io.BytesIO(data)


@pytest.fixture(autouse=True)
def cheap_argon2id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys in a millisecond."""
    for name, value in (("MEMORY_KIB", 64), ("PASSES", 1), ("LANES", 1)):
        monkeypatch.setattr(locks, name, value)


def write_archive(
    items: Iterable[Item] = (),
    *,
    opened_by: Locks | None = None,
    between: Callable[[ArchiveWriter], None] | None = None,
) -> bytes:
    """Return a backup of the items."""
    output = MemoryOutput()
    chosen = opened_by or Locks(recovery_keys=(RECOVERY_KEY.public,))
    with ArchiveWriter(output, chosen, ABOUT) as writer:
        for item in items:
            writer.add(item)
        writer.add_secrets(SECRETS)
        if between is not None:
            between(writer)
        writer.finish(ItemCounts(users=1))
    assert output.committed is not None
    return output.committed


def read_archive(data: bytes) -> tuple[list[Item], ArchiveReader]:
    """Verify a backup and return its items."""
    reader = ArchiveReader(MemoryInput(data), RECOVERY_KEY)
    reader.verify()
    return list(reader.items()), reader
