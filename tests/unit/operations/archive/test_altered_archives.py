"""Altered, truncated, mixed and foreign files are refused (S52)."""

from __future__ import annotations

import gzip
import random

import pytest

from api.operations.archive.encryption import CHUNK_SIZE, NONCE_SIZE, TAG_SIZE
from api.operations.archive.locks import Locks
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.recovery_keys import new_recovery_key
from api.operations.errors import ArchiveError, WrongKeyError
from api.operations.items import Item
from api.secret import Secret
from tests.support.archives import (
    PASSPHRASE,
    RECOVERY_KEY,
    MemoryInput,
    cheap_argon2id,
    read_archive,
    write_archive,
)

__all__ = ["cheap_argon2id"]

FRAME = 4 + CHUNK_SIZE + TAG_SIZE
ALTERED = "is altered or damaged"


def large_items(seed: int) -> list[Item]:
    draw = random.Random(seed)
    return [{"text": {"S": draw.randbytes(50_000).hex()}} for _ in range(5)]


LARGE = large_items(1)


def split(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the header with the nonce, and the chunks with their lengths."""
    start = 0
    for _ in range(3):
        start = data.index(b"\n", start) + 1
    start += NONCE_SIZE
    return data[:start], [data[i : i + FRAME] for i in range(start, len(data), FRAME)]


def refused(data: bytes, written: list[Item], message: str = ":") -> None:
    """Check that a file is refused, and that what was yielded before is what was written."""
    yielded: list[Item] = []
    with pytest.raises(ArchiveError, match=message):
        for item in ArchiveReader(MemoryInput(data), RECOVERY_KEY).items():
            yielded.append(item)
    assert yielded == written[: len(yielded)]


def test_s52_each_altered_byte_of_a_small_file_is_refused() -> None:
    data = write_archive([{"text": {"S": "a"}}])
    for position in range(len(data)):
        for bit in (1, 32, 128):
            altered = bytearray(data)
            altered[position] ^= bit
            refused(bytes(altered), [])


def test_s52_altered_bytes_of_a_large_file_are_refused() -> None:
    data = write_archive(LARGE)
    draw = random.Random(2)
    for _ in range(60):
        altered = bytearray(data)
        altered[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        refused(bytes(altered), LARGE)


def test_s52_each_truncation_of_a_small_file_is_refused() -> None:
    data = write_archive([{"text": {"S": "a"}}])
    for length in range(1, len(data)):
        refused(data[:length], [], "is not complete")


def test_s52_truncations_of_a_large_file_are_refused() -> None:
    header, chunks = split(write_archive(LARGE))
    assert len(chunks) >= 4
    data = header + b"".join(chunks)
    for count in range(len(chunks)):
        for extra in (0, 1, 4, 5, 1000):
            length = len(header) + count * FRAME + extra
            if length < len(data):
                refused(data[:length], LARGE, "is not complete")


def test_s52_appended_data_is_refused() -> None:
    data = write_archive(LARGE)
    for more in (b"\0", b"\n", data, data[-FRAME:]):
        refused(data + more, LARGE, "has data after its end")


def test_s52_moved_chunks_are_refused() -> None:
    header, chunks = split(write_archive(LARGE))
    for index in range(len(chunks) - 1):
        swapped = [*chunks[:index], chunks[index + 1], chunks[index], *chunks[index + 2 :]]
        refused(header + b"".join(swapped), LARGE)
        refused(header + b"".join(chunks[:index] + chunks[index + 1 :]), LARGE, ALTERED)
        doubled = chunks[: index + 1] + chunks[index:]
        refused(header + b"".join(doubled), LARGE, ALTERED)


def test_s52_parts_of_two_backups_do_not_fit_together() -> None:
    first, other = write_archive(LARGE), write_archive(large_items(3))
    header, chunks = split(first)
    other_header, other_chunks = split(other)
    refused(header + b"".join(other_chunks), LARGE, ALTERED)
    refused(other_header + b"".join(chunks), LARGE, ALTERED)
    for index in range(1, len(chunks)):
        refused(header + b"".join(chunks[:index] + other_chunks[index:]), LARGE, ALTERED)


def test_s52_another_header_in_the_second_pass_is_refused() -> None:
    data = write_archive(LARGE)
    reader = ArchiveReader(MemoryInput(data, data, data.replace(b"0.1.0", b"0.1.1")), RECOVERY_KEY)
    reader.verify()
    with pytest.raises(ArchiveError, match=ALTERED):
        next(reader.items())


def test_s52_another_backup_in_the_second_pass_is_refused() -> None:
    first, other = write_archive(LARGE), write_archive(large_items(3))
    reader = ArchiveReader(MemoryInput(first, first, other), RECOVERY_KEY)
    reader.verify()
    with pytest.raises(ArchiveError, match=ALTERED):
        next(reader.items())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"api-dash", "is not complete"),
        (b"age-encryption.org/v1\n-> X25519 x", "a file that age encrypted, not a backup"),
        (b"PK\x03\x04" + bytes(100), "is a ZIP file"),
        (gzip.compress(b"x", mtime=0), "is a gzip file"),
        (b"SQLite format 3\x00" + bytes(100), "is an SQLite database"),
        (b'{"PK": 1}\n', "is not a backup of API Dashboard"),
        (bytes(100_000), "is not a backup of API Dashboard"),
        (b"\xff" * 100_000, "is not a backup of API Dashboard"),
        (b"api-dashboard-backup x\n", ALTERED),
        (b"api-dashboard-backup 2\n{}", "newer version .* update API Dashboard"),
        (b"api-dashboard-backup 999999999\n", "newer version"),
        (b"api-dashboard-backup 1\n" + b"x" * 100_000, ALTERED),
    ],
)
def test_s52_foreign_and_newer_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        ArchiveReader(MemoryInput(data), RECOVERY_KEY)


def test_a_wrong_key_is_told_from_an_altered_file() -> None:
    data = write_archive(opened_by=Locks(PASSPHRASE, (RECOVERY_KEY.public,)))
    with pytest.raises(WrongKeyError, match="The passphrase does not open backup: give"):
        ArchiveReader(MemoryInput(data), Secret("wrong horse battery"))
    with pytest.raises(WrongKeyError, match="The recovery key does not open backup: give"):
        ArchiveReader(MemoryInput(data), new_recovery_key())
    with pytest.raises(ArchiveError, match=ALTERED):
        ArchiveReader(MemoryInput(data.replace(b"argon2id", b"argon3id")), PASSPHRASE)


def test_a_key_of_the_other_kind_is_named() -> None:
    with pytest.raises(WrongKeyError, match="has no passphrase: open it with its recovery key"):
        ArchiveReader(MemoryInput(write_archive()), PASSPHRASE)
    data = write_archive(opened_by=Locks(PASSPHRASE))
    with pytest.raises(WrongKeyError, match="has no recovery key: open it with its passphrase"):
        ArchiveReader(MemoryInput(data), RECOVERY_KEY)


def test_a_whole_file_is_not_refused() -> None:
    assert read_archive(write_archive(LARGE))[0] == LARGE
