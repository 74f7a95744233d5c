"""Puts together the messages of a WebSocket whose usage is read. They are relayed independently."""

from __future__ import annotations

from collections.abc import Callable

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

MAX_MESSAGE = 1 << 20
"""Bytes of the longest message that is read. Messages with a call's usage are much shorter."""


class MessageObserver:
    """Calls `take` with each whole message of one direction, as bytes.

    `from_upstream` names the direction. The frames must not be changed by an extension. After
    invalid frames, nothing more is read: the peers judge them.
    """

    def __init__(self, take: Callable[[bool, bytes], None], *, from_upstream: bool) -> None:
        self._take = take
        self._from_upstream = from_upstream
        self._protocol = FrameProtocol(client=from_upstream, extensions=[])
        self._parts: list[bytes] = []
        self._size = 0
        self._is_over = False

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream."""
        if self._is_over:
            return
        try:
            self._protocol.receive_bytes(data)
            for frame in self._protocol.received_frames():
                if frame.opcode is Opcode.CLOSE:
                    self._is_over = True
                elif isinstance(frame.payload, str):
                    self._add(frame.payload.encode(), frame.message_finished)
                elif frame.opcode is Opcode.BINARY and isinstance(frame.payload, bytes):
                    self._add(frame.payload, frame.message_finished)
        except ParseFailed:
            self._is_over = True

    def _add(self, data: bytes, is_last: bool) -> None:
        self._size += len(data)
        if self._size <= MAX_MESSAGE:
            self._parts.append(data)
        else:
            self._parts.clear()
        if is_last:
            parts, size = self._parts, self._size
            self._parts, self._size = [], 0
            if size <= MAX_MESSAGE:
                self._take(self._from_upstream, b"".join(parts))
