"""Follows the frames of a WebSocket by their headers (RFC 6455 5.2). Payloads are only counted.

Frames are relayed as they are, even if they are invalid: the peers judge them.
"""

from __future__ import annotations

import struct

from wsproto.frame_protocol import FrameProtocol

_CLOSE = 0x8
_MASKED = 0x80
_FINAL = 0x80


class FrameScanner:
    """The frames that go in one direction.

    `messages` counts complete messages, `payload_bytes` the bytes of their payloads as they are on
    the wire: possibly compressed. `closed` is true once a close frame has begun, `is_too_large`
    once a message has more than `largest` bytes.
    """

    __slots__ = (
        "_counted",
        "_final",
        "_head",
        "_left",
        "_message_size",
        "closed",
        "is_too_large",
        "largest",
        "messages",
        "payload_bytes",
    )

    def __init__(self, largest: int | None = None) -> None:
        self.largest = largest
        self.is_too_large = False
        self._message_size = 0
        self._head = b""
        self._left = 0
        self._counted = self._final = False
        self.messages = 0
        self.payload_bytes = 0
        self.closed = False

    @property
    def at_boundary(self) -> bool:
        """Whether the last byte was the last one of a frame, or there was none."""
        return not self._head and not self._left

    def feed(self, data: bytes, *, to_boundary: bool = False) -> int:
        """Take bytes of the stream. Return how many: all, or those of the first frame only.

        With `to_boundary`, stops behind the frame that has begun.
        """
        position, size = 0, len(data)
        while position < size:
            if to_boundary and position and self.at_boundary:
                break
            if self._left:
                taken = min(self._left, size - position)
                position += taken
                self._pass(taken)
                continue
            needed = _header_size(self._head) - len(self._head)
            self._head += data[position : position + needed]
            position = min(position + needed, size)
            if len(self._head) == _header_size(self._head):
                self._begin(self._head)
                self._head = b""
        return position

    def _begin(self, head: bytes) -> None:
        opcode, length = head[0] & 0x0F, head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack_from(">H", head, 2)
        elif length == 127:
            (length,) = struct.unpack_from(">Q", head, 2)
        if opcode == _CLOSE:
            self.closed = True
        self._left = length
        self._counted = opcode < _CLOSE
        self._final = bool(head[0] & _FINAL)
        if self._counted:
            self._message_size += length
            if self.largest is not None and self._message_size > self.largest:
                self.is_too_large = True
        self._pass(0)

    def _pass(self, size: int) -> None:
        """Count bytes of the payload, and the message if they are its last ones."""
        self._left -= size
        if self._counted:
            self.payload_bytes += size
            if self._final and not self._left:
                self.messages += 1
                self._message_size = 0


def _header_size(head: bytes) -> int:
    """Return the size of a frame's header as far as its first bytes tell: 2 to 14 bytes."""
    if len(head) < 2:
        return 2
    extended = {126: 2, 127: 8}.get(head[1] & 0x7F, 0)
    return 2 + extended + (4 if head[1] & _MASKED else 0)


def close_frame(code: int, reason: str, *, masked: bool) -> bytes:
    """Return a close frame. The frames of a client, such as the proxy is to the upstream, are
    masked."""
    return bytes(FrameProtocol(client=masked, extensions=[]).close(code, reason))
