"""The encryption of a backup's content: chunks of ChaCha20-Poly1305, as in age's STREAM.

The key and the nonces are those of https://age-encryption.org/v1 ("Payload"). Unlike there, four
bytes before each chunk say how long it is and whether it is the last one, so that a file that was
cut off, or continued, can be told from one that was altered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK_SIZE = 64 * 1024
NONCE_SIZE = 16
TAG_SIZE = 16
_LENGTH_SIZE = 4
_LAST = 0x8000_0000
_COUNTER_SIZE = 11


class AlteredContentError(Exception):
    """A chunk is not what was written there."""


class TruncatedContentError(Exception):
    """The content ends before its last chunk does."""


class TrailingContentError(Exception):
    """Something follows the last chunk."""


def derive_key(secret: bytes, salt: bytes, purpose: str) -> bytes:
    """Derive a key of 32 bytes with HKDF-SHA256 (RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=salt, info=purpose.encode()).derive(secret)


class ContentCipher:
    """Seals and opens the chunks of one file. `nonce` has 16 random bytes, new for each file."""

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        self._cipher = ChaCha20Poly1305(derive_key(file_key, nonce, "payload"))

    def seal(self, index: int, last: bool, plain: bytes) -> bytes:
        """Encrypt the chunk with this index. Each index is used once."""
        return self._cipher.encrypt(_chunk_nonce(index, last), plain, None)

    def open(self, index: int, last: bool, sealed: bytes) -> bytes:
        """Decrypt a chunk. Raises AlteredContentError."""
        try:
            return self._cipher.decrypt(_chunk_nonce(index, last), sealed, None)
        except InvalidTag:
            raise AlteredContentError from None


class ContentWriter:
    """Encrypts what is written to it, chunk by chunk."""

    def __init__(self, write: Callable[[bytes], None], cipher: ContentCipher) -> None:
        self._write = write
        self._cipher = cipher
        self._pending = bytearray()
        self._index = 0

    def write(self, data: bytes) -> None:
        """Add data. A full chunk stays pending until more comes, for it may be the last one."""
        self._pending += data
        while len(self._pending) > CHUNK_SIZE:
            self._seal(last=False)

    def close(self) -> None:
        """Write the last chunk."""
        self._seal(last=True)

    def _seal(self, last: bool) -> None:
        plain = bytes(self._pending[:CHUNK_SIZE])
        del self._pending[:CHUNK_SIZE]
        sealed = self._cipher.seal(self._index, last, plain)
        length = len(sealed) | (_LAST if last else 0)
        self._write(length.to_bytes(_LENGTH_SIZE, "big") + sealed)
        self._index += 1


def read_chunks(read: Callable[[int], bytes], cipher: ContentCipher) -> Iterator[bytes]:
    """Decrypt chunk by chunk. What is yielded is authentic.

    `read(size)` returns up to `size` bytes, fewer only at the end of the file. Raises
    AlteredContentError, TruncatedContentError or TrailingContentError.
    """
    index, last = 0, False
    while not last:
        head = read(_LENGTH_SIZE)
        if len(head) < _LENGTH_SIZE:
            raise TruncatedContentError
        length = int.from_bytes(head, "big")
        last, length = bool(length & _LAST), length & ~_LAST
        full = CHUNK_SIZE + TAG_SIZE
        if length > full or length < TAG_SIZE or (length < full and not last):
            raise AlteredContentError
        sealed = read(length)
        if len(sealed) < length:
            raise TruncatedContentError
        plain = cipher.open(index, last, sealed)
        if last and read(1):
            raise TrailingContentError
        yield plain
        index += 1


def _chunk_nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(_COUNTER_SIZE, "big") + (b"\1" if last else b"\0")
