"""The content of a backup: blocks of compressed JSON lines.

A block is its kind (one byte), the lengths of its compressed and of its expanded data (four bytes
each, big endian), and the data, compressed with zlib (RFC 1950). The blocks are one of kind
`A` (About), then those of items (`I`) and secrets (`S`), and at last one of kind `E` (End).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item, ItemCounts
from api.secret import Secret

# Level 3 takes half the time of level 6, and files become a seventh larger.
_LEVEL = 3
BLOCK_SIZE = 256 * 1024
# An item of DynamoDB has at most 400 KB; JSON escapes can make six bytes of one.
MAX_ITEM = 4 * 1024 * 1024
MAX_BLOCK = BLOCK_SIZE + MAX_ITEM
_HEAD_SIZE = 9

ABOUT, ITEMS, SECRETS, END = b"A", b"I", b"S", b"E"


class BadContentError(Exception):
    """The content is authentic, yet is not what this format has."""


class About(msgspec.Struct, frozen=True):
    """Where a backup comes from. `data_format` is the format of the items, not of the file."""

    data_format: int
    product: str
    created_at: datetime
    source: str
    table: str = ""


class End(msgspec.Struct, frozen=True):
    """The last block: what the blocks before have."""

    records: int
    counts: ItemCounts


_Number = Annotated[str, Meta(pattern=r"^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$", max_length=200)]
_Base64 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]


_TYPES = {
    "text": "S",
    "number": "N",
    "binary": "B",
    "truth": "BOOL",
    "null": "NULL",
    "texts": "SS",
    "numbers": "NS",
    "binaries": "BS",
    "members": "M",
    "elements": "L",
}


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename=_TYPES):
    """An attribute's value in DynamoDB's JSON, to validate it."""

    text: str | UnsetType = UNSET
    number: _Number | UnsetType = UNSET
    binary: _Base64 | UnsetType = UNSET
    truth: bool | UnsetType = UNSET
    null: bool | UnsetType = UNSET
    texts: list[str] | UnsetType = UNSET
    numbers: list[_Number] | UnsetType = UNSET
    binaries: list[_Base64] | UnsetType = UNSET
    members: dict[str, _Nested] | UnsetType = UNSET
    elements: list[_Nested] | UnsetType = UNSET


class _Nested(_Value, frozen=True, forbid_unknown_fields=True, rename=_TYPES):
    """A value within another one."""

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not UNSET for name in _TYPES) != 1:
            raise ValueError("a value has one type")


class _StoredSecrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signing: Annotated[str, Meta(min_length=1)]
    encryption: Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(min_length=1)]


_TypeName = Literal["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "M", "L"]
_OneValue = Annotated[dict[_TypeName, Any], Meta(min_length=1, max_length=1)]
_items = msgspec.json.Decoder(dict[str, _OneValue])
_valid_items = msgspec.json.Decoder(Annotated[dict[str, _Value], Meta(min_length=1)])
_encoder = msgspec.json.Encoder()
_Record = TypeVar("_Record")


class BlockWriter:
    """Collects items, and writes them as blocks with `write`."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._lines = bytearray()

    def add_item(self, item: Item) -> None:
        """Add an item. Raises OperationError if it is larger than any of DynamoDB."""
        line = _encoder.encode(item)
        if len(line) > MAX_ITEM:
            raise OperationError(
                f"An item of {len(line)} bytes cannot be backed up: an item has at most {MAX_ITEM}"
            )
        self._lines += line
        self._lines += b"\n"
        if len(self._lines) >= BLOCK_SIZE:
            self._write_items()

    def add_secrets(self, secrets: InstallationSecrets) -> None:
        """Add the secrets."""
        texts = [key.reveal() for key in secrets.encryption]
        self._add(SECRETS, _StoredSecrets(signing=secrets.signing.reveal(), encryption=texts))

    def add_about(self, about: About) -> None:
        """Add what the backup is of. Comes first."""
        self._add(ABOUT, about)

    def add_end(self, end: End) -> None:
        """Add the end. Comes last."""
        self._add(END, end)

    def _add(self, kind: bytes, record: msgspec.Struct) -> None:
        self._write_items()
        self._write_block(kind, _encoder.encode(record))

    def _write_items(self) -> None:
        if self._lines:
            self._write_block(ITEMS, bytes(self._lines))
            self._lines.clear()

    def _write_block(self, kind: bytes, data: bytes) -> None:
        packed = zlib.compress(data, _LEVEL)
        self._write(kind + len(packed).to_bytes(4, "big") + len(data).to_bytes(4, "big") + packed)


def read_blocks(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the data of each block.

    A block's data never has more than MAX_BLOCK bytes, whatever it is expanded from. Raises
    BadContentError.
    """
    pending = bytearray()

    def take(size: int) -> bytes:
        while len(pending) < size:
            chunk = next(chunks, None)
            if chunk is None:
                raise BadContentError
            pending.extend(chunk)
        taken = bytes(pending[:size])
        del pending[:size]
        return taken

    kind = b""
    while kind != END:
        head = take(_HEAD_SIZE)
        kind = head[:1]
        packed, expanded = int.from_bytes(head[1:5], "big"), int.from_bytes(head[5:], "big")
        if packed > MAX_BLOCK or expanded > MAX_BLOCK:
            raise BadContentError
        data = _expand(take(packed), expanded)
        if kind == END and (pending or next(chunks, None) is not None):
            raise BadContentError
        yield kind, data


def _expand(packed: bytes, size: int) -> bytes:
    expander = zlib.decompressobj()
    try:
        data = expander.decompress(packed, size + 1)
    except zlib.error:
        raise BadContentError from None
    if len(data) != size or not expander.eof or expander.unused_data:
        raise BadContentError
    return data


def decode_items(data: bytes) -> list[Item]:
    """Decode a block of items. Raises BadContentError."""
    try:
        _valid_items.decode_lines(data)
        return cast(list[Item], _items.decode_lines(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadContentError from None


def decode_secrets(data: bytes) -> InstallationSecrets:
    """Decode a block of secrets. Raises BadContentError."""
    stored = _decode(data, _StoredSecrets)
    keys = tuple(Secret(text) for text in stored.encryption)
    return InstallationSecrets(signing=Secret(stored.signing), encryption=keys)


def decode_about(data: bytes) -> About:
    """Decode the first block. Raises BadContentError."""
    return _decode(data, About)


def decode_end(data: bytes) -> End:
    """Decode the last block. Raises BadContentError."""
    return _decode(data, End)


def _decode(data: bytes, kind: type[_Record]) -> _Record:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadContentError from None
