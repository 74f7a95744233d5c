"""Frames of the WebSocket protocol (RFC 6455 5.2), valid or not, without a library that refuses
invalid ones.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"


@dataclass(frozen=True)
class RawFrame:
    """A frame as it is on the wire. `payload` is unmasked, `mask` is None without a mask.

    `reserved` are the three bits for extensions. `length_size` is the size of the extended payload
    length in bytes: 0, 2 or 8, which should be the smallest that suffices.
    """

    opcode: int
    payload: bytes = b""
    final: bool = True
    reserved: int = 0
    mask: bytes | None = None
    length_size: int | None = None

    @property
    def encoded(self) -> bytes:
        """The bytes on the wire."""
        size = len(self.payload)
        length_size = self.length_size
        if length_size is None:
            length_size = 0 if size < 126 else 2 if size < 1 << 16 else 8
        marker = {0: size, 2: 126, 8: 127}[length_size]
        first = self.final << 7 | self.reserved << 4 | self.opcode
        head = bytes([first, (self.mask is not None) << 7 | marker])
        if length_size:
            head += size.to_bytes(length_size, "big")
        return head + (self.mask or b"") + masked(self.payload, self.mask)


def decode_frames(data: bytes) -> list[RawFrame]:
    """Return the frames in `data`, which has to end with a frame's end."""
    stream = io.BytesIO(data)
    frames = []
    while stream.tell() < len(data):
        frames.append(read_frame(stream.read))
    return frames


def read_frame(read: Callable[[int], bytes]) -> RawFrame:
    """Read a frame. `read` returns this many bytes."""
    first, second = read(2)
    size = second & 0x7F
    length_size = {126: 2, 127: 8}.get(size, 0)
    if length_size:
        size = int.from_bytes(read(length_size), "big")
    mask = read(4) if second & 0x80 else None
    payload = read(size)
    assert len(payload) == size, "the data ends inside a frame"
    opcode, reserved = first & 0x0F, first >> 4 & 0x7
    return RawFrame(opcode, masked(payload, mask), first >= 0x80, reserved, mask, length_size)


def masked(payload: bytes, mask: bytes | None) -> bytes:
    """Return the payload with the mask applied (RFC 6455 5.3), which also removes it."""
    if not mask or not payload:
        return payload
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """Return the payload of a close frame."""
    return struct.pack(">H", code) + reason
