"""Headers and contents that are made to do harm are refused before they can (S52)."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import Any

import msgspec
import pytest

from api.operations.archive import header as headers
from api.operations.archive import locks, records
from api.operations.archive.encryption import NONCE_SIZE, ContentCipher, ContentWriter
from api.operations.archive.header import Header, write_header
from api.operations.archive.locks import PassphraseLock
from api.operations.archive.reader import ArchiveReader
from api.operations.errors import ArchiveError
from tests.support.archives import ABOUT, PASSPHRASE, RECOVERY_KEY, MemoryInput

FILE_KEY = bytes(range(32))
ALTERED = "is altered or damaged"
GOOD = {"memory_kib": 65536, "passes": 3, "lanes": 4}


def with_content(*blocks: bytes) -> bytes:
    """Return a file that is authentic and has these blocks."""
    written = bytearray()
    header = Header(
        ABOUT.product,
        ABOUT.created_at,
        locks.lock(FILE_KEY, locks.Locks(recovery_keys=(RECOVERY_KEY.public,))),
    )
    nonce = bytes(NONCE_SIZE)
    written += write_header(header, FILE_KEY) + nonce
    content = ContentWriter(written.extend, ContentCipher(FILE_KEY, nonce))
    content.write(b"".join(blocks))
    content.close()
    return bytes(written)


def block(kind: bytes, data: bytes, size: int | None = None) -> bytes:
    packed = zlib.compress(data)
    length = len(data) if size is None else size
    return kind + len(packed).to_bytes(4, "big") + length.to_bytes(4, "big") + packed


FIRST = block(b"A", msgspec.json.encode(ABOUT))
SECRETS = block(b"S", b'{"signing":"s","encryption":["e"]}')
END = block(b"E", b'{"records":0,"counts":{}}')


@pytest.mark.parametrize(
    "changes",
    [
        {"memory_kib": 10 * 1024 * 1024},
        {"memory_kib": 256 * 1024 + 1},
        {"memory_kib": 256 * 1024, "passes": 9},
        {"memory_kib": 8, "lanes": 2},
        {"memory_kib": 0},
        {"memory_kib": -1},
        {"passes": 0},
        {"passes": 65},
        {"passes": 2**40},
        {"lanes": 17},
        {"lanes": 0},
        {"lanes": 1.5},
    ],
)
def test_s52_costs_of_argon2id_out_of_bounds_are_refused_before_use(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "Argon2id", lambda **_: pytest.fail("Argon2id is used"))
    lock = PassphraseLock(bytes(16), **GOOD, wrapped_key=bytes(48))
    raw = msgspec.json.decode(msgspec.json.encode(Header(ABOUT.product, ABOUT.created_at, (lock,))))
    raw["locks"][0].update(changes)
    lines = b"api-dashboard-backup 1\n" + msgspec.json.encode(raw) + b"\n"
    data = lines + headers._checksum(lines) + b" x\n" + bytes(100)
    with pytest.raises(ArchiveError, match=ALTERED):
        ArchiveReader(MemoryInput(data), PASSPHRASE)


def test_costs_within_bounds_are_accepted() -> None:
    lock = PassphraseLock(bytes(16), **GOOD, wrapped_key=bytes(48))
    assert msgspec.convert(msgspec.to_builtins(lock), PassphraseLock) == lock


def test_a_content_of_the_smallest_form_is_accepted() -> None:
    ArchiveReader(MemoryInput(with_content(FIRST, SECRETS, END)), RECOVERY_KEY).verify()


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (END,),
        (SECRETS, END),
        (FIRST,),
        (FIRST, END),
        (FIRST, SECRETS),
        (FIRST, FIRST, SECRETS, END),
        (FIRST, SECRETS, END, END),
        (FIRST, SECRETS, END, b"\0"),
        (FIRST, SECRETS, block(b"X", b"{}"), END),
        (FIRST, SECRETS, block(b"E", b'{"records":1,"counts":{}}')),
        (FIRST, block(b"S", b'{"signing":"","encryption":["e"]}'), END),
        (FIRST, block(b"S", b'{"signing":"s","encryption":[]}'), END),
        (FIRST, SECRETS, block(b"I", b"\xff"), END),
        # a bomb: more than it says, more than is allowed, and less than it says
        (FIRST, SECRETS, block(b"I", bytes(1_000_000), 100), END),
        (FIRST, SECRETS, block(b"I", bytes(50_000_000)), END),
        (FIRST, SECRETS, block(b"I", b"{}", 100), END),
        (FIRST, SECRETS, b"I" + b"\xff" * 8, END),
    ],
)
def test_s52_contents_of_another_form_are_refused(blocks: tuple[bytes, ...]) -> None:
    with pytest.raises(ArchiveError, match=ALTERED):
        ArchiveReader(MemoryInput(with_content(*blocks)), RECOVERY_KEY).verify()


def test_s52_a_bomb_takes_no_memory() -> None:
    bomb = with_content(FIRST, SECRETS, block(b"I", bytes(100_000_000), 1000), END)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match=ALTERED):
            ArchiveReader(MemoryInput(bomb), RECOVERY_KEY).verify()
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "item",
    [
        b"{}",
        b"[]",
        b"1",
        b'{"a":"text"}',
        b'{"a":{}}',
        b'{"a":{"X":"1"}}',
        b'{"a":{"S":"1","N":"1"}}',
        b'{"a":{"S":1}}',
        b'{"a":{"N":1}}',
        b'{"a":{"N":"one"}}',
        b'{"a":{"B":"?"}}',
        b'{"a":{"BOOL":"true"}}',
        b'{"a":{"SS":[1]}}',
        b'{"a":{"L":[{}]}}',
        b'{"a":{"L":[{"S":"1","N":"1"}]}}',
        b'{"a":{"M":{"b":{"Y":"1"}}}}',
        b'{"a":{"M":{"b":"1"}}}',
        b'{"a":{"L":' * 5000,
    ],
)
def test_s52_items_that_are_none_of_dynamodb_are_refused(item: bytes) -> None:
    with pytest.raises(records.BadContentError):
        records.decode_items(item)
