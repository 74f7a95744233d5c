"""What is written to a backup is what is read from it."""

from __future__ import annotations

import hashlib
import random

import pytest

from api.operations.archive.encryption import CHUNK_SIZE
from api.operations.archive.locks import Locks
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.recovery_keys import new_recovery_key
from api.operations.archive.writer import ArchiveWriter
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item, ItemCounts
from api.secret import Secret
from tests.support.archives import (
    ABOUT,
    PASSPHRASE,
    RECOVERY_KEY,
    SECRETS,
    MemoryInput,
    MemoryOutput,
    cheap_argon2id,
    read_archive,
    write_archive,
)

__all__ = ["cheap_argon2id"]

EVERY_TYPE: Item = {
    "text": {"S": 'é"\\\n\u2028\x00'},
    "number": {"N": "-1.5E+30"},
    "binary": {"B": "AAEC/w=="},
    "truth": {"BOOL": False},
    "null": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "binaries": {"BS": ["AA=="]},
    "map": {"M": {"list": {"L": [{"M": {}}, {"L": []}, {"S": ""}]}}},
}


def noise(length: int, seed: int = 1) -> str:
    """Return a text that compresses badly."""
    return random.Random(seed).randbytes((length + 1) // 2).hex()[:length]


@pytest.mark.parametrize("count", [0, 1, 2, 3000])
def test_items_and_secrets_come_back_in_order(count: int) -> None:
    items = [{"number": {"N": str(i)}, "text": {"S": noise(100, i)}} for i in range(count)]
    read, reader = read_archive(write_archive(items))
    assert read == items
    assert [key.reveal() for key in reader.secrets().encryption] == ["new", "old"]
    assert reader.secrets().signing.reveal() == "sign"
    assert reader.about == ABOUT


def test_every_type_of_value_comes_back() -> None:
    assert read_archive(write_archive([EVERY_TYPE, EVERY_TYPE]))[0] == [EVERY_TYPE, EVERY_TYPE]


def test_sizes_around_the_border_of_a_chunk_come_back() -> None:
    # Zlib makes somewhat more than a byte of two hexadecimal digits.
    sizes = {}
    for length in range(109_000, 113_000, 100):
        items: list[Item] = [{"text": {"S": noise(length)}}]
        data = write_archive(items)
        assert read_archive(data)[0] == items
        sizes[len(data)] = length
    assert min(sizes) < CHUNK_SIZE < max(sizes)


def test_an_item_of_dynamodbs_largest_size_comes_back() -> None:
    items: list[Item] = [{"text": {"S": "\x01" * 400_000}}, EVERY_TYPE]
    assert read_archive(write_archive(items))[0] == items


def test_a_larger_item_is_refused() -> None:
    with pytest.raises(OperationError, match="cannot be backed up"):
        write_archive([{"text": {"S": "x" * 5_000_000}}])


def test_the_summary_is_the_files() -> None:
    output = MemoryOutput()
    seen: list[tuple[int, int]] = []
    locks = Locks(recovery_keys=(RECOVERY_KEY.public,))
    with ArchiveWriter(output, locks, ABOUT, lambda *done: seen.append(done)) as writer:
        writer.add_secrets(SECRETS)
        for number in range(20):
            writer.add({"text": {"S": noise(100_000, number)}})
        written = writer.finish(ItemCounts(keys=20))
    data = output.committed or b""
    assert written.sha256 == hashlib.sha256(data).hexdigest()
    assert (written.bytes, written.records) == (len(data), 20)
    assert written.counts == ItemCounts(keys=20)
    assert ArchiveReader(MemoryInput(data), RECOVERY_KEY).verify() == written
    assert len(seen) >= 3 and seen[-1] == (len(data), 20) and seen == sorted(seen)
    assert not output.discarded


def test_the_last_secrets_count() -> None:
    later = InstallationSecrets(signing=Secret("later"), encryption=(Secret("newer"),))
    data = write_archive(between=lambda writer: writer.add_secrets(later))
    assert read_archive(data)[1].secrets().signing.reveal() == "later"


def test_any_one_lock_opens_a_backup() -> None:
    other = new_recovery_key()
    locks = Locks(PASSPHRASE, (RECOVERY_KEY.public, other.public))
    data = write_archive([EVERY_TYPE], opened_by=locks)
    for key in (PASSPHRASE, RECOVERY_KEY, other):
        assert list(ArchiveReader(MemoryInput(data), key).items()) == [EVERY_TYPE]


def test_a_passphrase_is_the_same_in_each_unicode_form() -> None:
    data = write_archive(opened_by=Locks(Secret("caf\u00e9 caf\u00e9 1")))
    ArchiveReader(MemoryInput(data), Secret("cafe\u0301 cafe\u0301 1")).verify()


@pytest.mark.parametrize(
    "locks", [Locks(), Locks(Secret("short")), Locks(recovery_keys=(RECOVERY_KEY.public,) * 21)]
)
def test_locks_that_protect_nothing_are_refused_and_nothing_is_left(locks: Locks) -> None:
    output = MemoryOutput()
    with pytest.raises(OperationError, match=":"):
        ArchiveWriter(output, locks, ABOUT)
    assert output.discarded and output.committed is None


def test_what_is_not_finished_is_discarded() -> None:
    output = MemoryOutput()
    with (
        pytest.raises(KeyboardInterrupt),
        ArchiveWriter(output, Locks(PASSPHRASE), ABOUT) as writer,
    ):
        writer.add(EVERY_TYPE)
        raise KeyboardInterrupt
    assert output.discarded and output.committed is None


def test_s52_a_backup_shows_nothing_without_a_key() -> None:
    data = write_archive([{"text": {"S": "ada's secret"}}])
    assert data.startswith(b"api-dashboard-backup 1\n")
    for text in (b"ada", b"sign", b"/home", b"text"):
        assert text not in data
    header = ArchiveReader(MemoryInput(data), RECOVERY_KEY).header
    assert (header.product, header.created_at) == (ABOUT.product, ABOUT.created_at)
