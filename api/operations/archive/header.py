"""The header of a backup: three lines, which say how to open it, and who may."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from api.operations.archive.encryption import derive_key
from api.operations.archive.locks import MAX_RECOVERY_KEYS, Lock, PassphraseLock
from api.operations.errors import ArchiveError

FORMAT_VERSION = 1

_MAGIC = b"api-dashboard-backup "
_FIRST_LINE = re.compile(rb"api-dashboard-backup ([1-9][0-9]{0,8})\n")
_MAX_HEADER_LINE = 16 * 1024
_HEADER_PURPOSE = "header"

_FOREIGN = (
    (b"age-encryption.org/", "a file that age encrypted"),
    (b"-----BEGIN AGE", "a file that age encrypted"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"-----BEGIN PGP", "a file of PGP"),
)


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be read without a key. Not to be believed until `Preamble.authenticate` returns."""

    product: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.+-]{1,40}$")]
    created_at: Annotated[datetime, Meta(tz=True)]
    locks: Annotated[tuple[Lock, ...], Meta(min_length=1, max_length=MAX_RECOVERY_KEYS + 1)]

    def __post_init__(self) -> None:
        if sum(isinstance(lock, PassphraseLock) for lock in self.locks) > 1:
            raise ValueError("more than one passphrase")


class Preamble(msgspec.Struct, frozen=True):
    """The header as it is in the file: the lines that are authenticated, and the code for them."""

    header: Header
    authenticated: bytes
    code: bytes

    @property
    def raw(self) -> bytes:
        """Return all bytes of the header."""
        return self.authenticated + self.code + b"\n"

    def is_authentic(self, file_key: bytes) -> bool:
        """Return whether the header is what was written with this file key."""
        return hmac.compare_digest(self.code, _code(self.authenticated, file_key))


def write_header(header: Header, file_key: bytes) -> bytes:
    """Return the three lines of a header."""
    lines = b"%s%d\n%s\n" % (_MAGIC, FORMAT_VERSION, msgspec.json.encode(header))
    lines += _checksum(lines) + b" "
    return lines + _code(lines, file_key) + b"\n"


def read_header(read: Callable[[int], bytes], name: str) -> Preamble:
    """Read the header of the backup that messages call `name`.

    `read(size)` returns up to `size` bytes, fewer only at the end of the file. Raises ArchiveError.
    """
    first = _read_line(read, 64)
    version = _FIRST_LINE.fullmatch(first)
    if version is None:
        raise _not_a_backup(first, name)
    if int(version[1]) > FORMAT_VERSION:
        raise ArchiveError(
            f"{name} was written by a newer version of API Dashboard (format {int(version[1])}, "
            f"this version reads up to {FORMAT_VERSION}): update API Dashboard"
        )
    described = _read_line(read, _MAX_HEADER_LINE)
    last = _read_line(read, 128)
    if not last.endswith(b"\n"):
        at_end = len(described) < _MAX_HEADER_LINE and len(last) < 128
        raise truncated(name) if at_end else altered(name)
    checksum, _, code = last[:-1].partition(b" ")
    if checksum != _checksum(first + described):
        raise altered(name)
    try:
        header = msgspec.json.decode(described, type=Header)
    except msgspec.MsgspecError:
        raise altered(name) from None
    return Preamble(header, first + described + checksum + b" ", code)


def altered(name: str) -> ArchiveError:
    """Return the error for a backup that is not what was written."""
    return ArchiveError(f"{name} is altered or damaged: use another copy of it or another backup")


def truncated(name: str) -> ArchiveError:
    """Return the error for a backup whose end is missing."""
    return ArchiveError(
        f"{name} is not complete, its end is missing: copy it again or use another backup"
    )


def trailing(name: str) -> ArchiveError:
    """Return the error for a backup to which something was appended."""
    return ArchiveError(
        f"{name} has data after its end, which the backup did not write: "
        "copy it again or use another backup"
    )


def _not_a_backup(start: bytes, name: str) -> ArchiveError:
    if not start:
        return ArchiveError(f"{name} is empty: give a file that api-dashboard backup wrote")
    if (_MAGIC + b"1\n").startswith(start):
        return truncated(name)
    if start.startswith(_MAGIC):
        return altered(name)
    kind = next((kind for magic, kind in _FOREIGN if start.startswith(magic)), None)
    what = f"is {kind}, not a backup" if kind else "is not a backup of API Dashboard"
    return ArchiveError(f"{name} {what}: give a file that api-dashboard backup wrote")


def _read_line(read: Callable[[int], bytes], limit: int) -> bytes:
    """Read up to and including a line feed, at most `limit` bytes."""
    line = bytearray()
    while len(line) < limit and (byte := read(1)):
        line += byte
        if byte == b"\n":
            break
    return bytes(line)


def _checksum(lines: bytes) -> bytes:
    """Tell damage of the header from a wrong key, which would otherwise look the same."""
    return hashlib.sha256(lines).hexdigest()[:16].encode()


def _code(lines: bytes, file_key: bytes) -> bytes:
    key = derive_key(file_key, b"", _HEADER_PURPOSE)
    return b64encode(hmac.digest(key, lines, "sha256"))
