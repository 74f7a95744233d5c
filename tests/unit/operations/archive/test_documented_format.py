"""A program that follows docs/backup-format.md, without our modules, reads a backup."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from base64 import b32decode, b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from nacl.bindings import crypto_aead_chacha20poly1305_ietf_decrypt, crypto_scalarmult
from nacl.pwhash.argon2id import kdf

from api.operations.archive import locks
from api.operations.archive.locks import Locks
from tests.support.archives import PASSPHRASE, RECOVERY_KEY, write_archive


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) with one block of output."""
    extracted = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256")


def open_sealed(key: bytes, nonce: bytes, sealed: bytes) -> bytes:
    return bytes(crypto_aead_chacha20poly1305_ietf_decrypt(sealed, None, nonce, key))


def recovered_key(lock: dict[str, str]) -> bytes:
    secret = b32decode(RECOVERY_KEY.secret_text[5:].upper() + "======")[:32]
    public = b32decode(RECOVERY_KEY.public_text[5:].upper() + "======")[:32]
    share = b64decode(lock["share"])
    shared = crypto_scalarmult(secret, share)
    wrapping_key = hkdf(shared, share + public, b"api-dashboard-backup/1 x25519")
    return open_sealed(wrapping_key, bytes(12), b64decode(lock["wrapped_key"]))


def blocks(data: bytes, file_key: bytes) -> Iterator[tuple[bytes, bytes]]:
    first, second, third, rest = data.split(b"\n", 3)
    lines = first + b"\n" + second + b"\n"
    digits, code = third.split(b" ")
    assert digits.decode() == hashlib.sha256(lines).hexdigest()[:16]
    expected = hmac.digest(hkdf(file_key, b"", b"header"), lines + digits + b" ", "sha256")
    assert code == b64encode(expected)
    key, rest, content = hkdf(file_key, rest[:16], b"payload"), rest[16:], b""
    number = 0
    while rest:
        length = int.from_bytes(rest[:4], "big")
        last, length = divmod(length, 2**31)
        nonce = number.to_bytes(11, "big") + bytes([last])
        content += open_sealed(key, nonce, rest[4 : 4 + length])
        rest, number = rest[4 + length :], number + 1
    assert last == 1
    while content:
        packed = int.from_bytes(content[1:5], "big")
        expanded = zlib.decompress(content[9 : 9 + packed])
        assert len(expanded) == int.from_bytes(content[5:9], "big")
        yield content[:1], expanded
        content = content[9 + packed :]


def read(data: bytes, file_key: bytes) -> list[dict[str, Any]]:
    found = list(blocks(data, file_key))
    assert [kind for kind, _ in found] == [b"A", b"I", b"S", b"E"]
    assert json.loads(found[2][1]) == {"signing": "sign", "encryption": ["new", "old"]}
    assert json.loads(found[0][1])["source"] == "the data folder /home/ada/data"
    items = [json.loads(line) for line in found[1][1].splitlines()]
    assert json.loads(found[3][1])["records"] == len(items)
    return items


ITEMS = [{"text": {"S": hashlib.sha512(bytes([i])).hexdigest() * 8}} for i in range(250)]


def test_a_recovery_key_opens_a_backup_as_documented() -> None:
    data = write_archive(ITEMS)
    header = json.loads(data.split(b"\n")[1])
    assert set(header) == {"product", "created_at", "locks"}
    assert read(data, recovered_key(header["locks"][0])) == ITEMS


def test_a_passphrase_opens_a_backup_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "MEMORY_KIB", 1024)
    monkeypatch.setattr(locks, "LANES", 1)  # libsodium has one lane
    data = write_archive(ITEMS, opened_by=Locks(PASSPHRASE))
    (lock,) = json.loads(data.split(b"\n")[1])["locks"]
    wrapping_key = kdf(
        32,
        PASSPHRASE.reveal().encode(),
        b64decode(lock["salt"]),
        opslimit=lock["passes"],
        memlimit=lock["memory_kib"] * 1024,
    )
    assert read(data, open_sealed(wrapping_key, bytes(12), b64decode(lock["wrapped_key"]))) == ITEMS
