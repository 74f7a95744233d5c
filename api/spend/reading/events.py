"""Splits a stream of server-sent events into the data of its events.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from collections.abc import Callable

from api.lazy_pattern import lazy_pattern

LARGEST_EVENT = 1 << 16
"""The bytes of an event's data that are kept together. A larger one is passed on in pieces."""

_LINE_END = lazy_pattern(rb"\r\n|\r|\n")


class EventSplitter:
    """Calls `on_event` with the data of each event, and `on_piece` for the pieces of large ones.

    `on_piece` gets the pieces in order, then b"" at the event's end.
    """

    def __init__(
        self, on_event: Callable[[bytes], None], on_piece: Callable[[bytes], None]
    ) -> None:
        self._on_event = on_event
        self._on_piece = on_piece
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._is_large = False
        # Whether the rest of the current line belongs to a large event, or is ignored.
        self._in_line: bool | None = None
        self._after_cr = False

    def feed(self, data: bytes) -> None:
        """Read the next piece of the stream."""
        if self._after_cr and data:
            self._after_cr = False
            if data[0] == 10:
                data = data[1:]
        text = self._rest + data if self._rest else data
        if b"\r" in text:
            lines = _LINE_END.split(text)
            self._after_cr = text.endswith(b"\r")
        else:
            lines = text.split(b"\n")
        rest = lines.pop()
        for line in lines:
            if self._in_line is not None:
                self._end_long_line(line)
            elif line:
                self._line(line)
            else:
                self._end_event()
        if self._in_line is not None or len(rest) > LARGEST_EVENT:
            self._long_line(rest)
            rest = b""
        self._rest = rest

    def finish(self) -> bytes:
        """End the stream. Returns the data of an event whose end is missing, b"" if none."""
        if self._rest:
            self._line(self._rest)
        if self._is_large:
            self._end_event()
            return b""
        data, self._data = b"\n".join(self._data), []
        return data

    def _line(self, line: bytes) -> None:
        value = _value(line)
        if value is None:
            return
        if self._is_large:
            self._on_piece(b"\n" + value)
            return
        self._data.append(value)
        self._size += len(value)
        if self._size > LARGEST_EVENT:
            self._become_large()

    def _become_large(self) -> None:
        self._is_large = True
        data, self._data = b"\n".join(self._data), []
        if data:
            self._on_piece(data)

    def _long_line(self, part: bytes) -> None:
        """Take a part of a line that is too long to be kept."""
        if self._in_line is None:
            value = _value(part)
            self._in_line = value is not None
            if value is not None:
                if not self._is_large:
                    self._become_large()
                self._on_piece(value)
        elif self._in_line and part:
            self._on_piece(part)

    def _end_long_line(self, part: bytes) -> None:
        self._long_line(part)
        self._in_line = None

    def _end_event(self) -> None:
        if self._is_large:
            self._is_large = False
            self._on_piece(b"")
        elif self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            self._data = []
            self._on_event(data)
        self._size = 0


def _value(line: bytes) -> bytes | None:
    """Return the value of a field `data`, None for any other line."""
    if not line.startswith(b"data"):
        return None
    if line[4:6] == b": ":
        return line[6:]
    if line[4:5] == b":":
        return line[5:]
    return b"" if len(line) == 4 else None
