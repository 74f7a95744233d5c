"""Skips one JSON value in text that arrives in pieces, mostly with functions written in C."""

from __future__ import annotations

import re

from api.lazy_pattern import lazy_pattern

_IN_STRING = lazy_pattern(rb'[^"\\]*+(?:\\.[^"\\]*+)*', re.DOTALL)
_TOKEN = lazy_pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*"|([\[{])|([\]}])', re.DOTALL)
_SCALAR = lazy_pattern(rb'[^\s,:"\[\]{}]*+')
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_FIRST_PIECE, _LARGEST_PIECE = 1 << 10, 1 << 16
# Levels of brackets that are removed pair by pair. Deeper ones are counted one by one.
_FEW_LEVELS = 40


class JsonSkipper:
    """Skips a value: `begin` with its first byte, then `skip` until it ends.

    Checks no grammar: brackets end what brackets began, outside of strings.
    """

    __slots__ = ("_begun", "_depth", "_escaped", "_in_string", "_piece", "is_scalar")

    def __init__(self) -> None:
        self.is_scalar = False
        """Whether the value is a number or a word, which ends with the text."""
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._begun = False
        self._piece = _FIRST_PIECE

    def begin(self, byte: int) -> None:
        """Begin with the value whose first byte is `byte`, at the place of the next `skip`."""
        self._begun = False
        self._in_string = byte == 34
        self._depth = 1 if byte in b"{[" else 0
        self.is_scalar = not self._in_string and not self._depth
        self._escaped = False
        self._piece = _FIRST_PIECE

    def skip(self, data: bytes, at: int) -> int:
        """Return the position behind the value, or -1 if it does not end in `data`."""
        if self.is_scalar:
            end = _SCALAR.match(data, at).end()  # type: ignore[union-attr]
            if not self._begun:
                # A byte that begins no value is skipped alone.
                end = max(end, at + 1)
                self._begun = True
            return end if end < len(data) else -1
        if not self._begun:
            self._begun = True
            at += 1
        return self._skip_container(data, at) if self._depth else self._skip_string(data, at)

    def _skip_string(self, data: bytes, at: int) -> int:
        if self._escaped and at < len(data):
            self._escaped = False
            at += 1
        quote = data.find(b'"', at)
        if quote >= 0 and data.find(b"\\", at, quote) < 0:
            return quote + 1
        end = _IN_STRING.match(data, at).end()  # type: ignore[union-attr]
        if end == len(data):
            return -1
        if data[end] == 34:
            return end + 1
        self._escaped = True
        return -1

    def _skip_container(self, data: bytes, at: int) -> int:
        size = len(data)
        while at < size:
            if self._escaped:
                self._escaped = False
                at += 1
            end = min(at + self._piece, size)
            self._piece = min(self._piece * 2, _LARGEST_PIECE)
            piece = data[at:end]
            if piece.endswith(b"\\"):
                backslashes = len(piece) - len(piece.rstrip(b"\\"))
                if backslashes % 2:
                    # The escaped character is in the next piece.
                    piece = piece[:-1]
                    self._escaped = True
            closing, opening, ends_in_string = _outline(piece, self._in_string)
            if closing >= self._depth:
                return self._skip_precisely(data, at)
            self._depth += opening - closing
            self._in_string = ends_in_string
            at = end
        return -1

    def _skip_precisely(self, data: bytes, at: int) -> int:
        """Return the position behind the value, whose end follows in the data if it is JSON."""
        self._escaped = False
        if self._in_string:
            at = _IN_STRING.match(data, at).end() + 1  # type: ignore[union-attr]
        depth = self._depth
        for token in _TOKEN.finditer(data, at):
            if token.lastindex == 1:
                depth += 1
            elif token.lastindex == 2:
                depth -= 1
                if not depth:
                    return token.end()
        return len(data)


def _outline(piece: bytes, in_string: bool) -> tuple[int, int, bool]:
    """Return how many brackets a piece closes that it did not open, how many it leaves open, and
    whether it ends in a string.
    """
    if b"\\" in piece:
        piece = piece.replace(b"\\\\", b"").replace(b'\\"', b"")
    parts = piece.split(b'"')
    outside = b"".join(parts[1::2] if in_string else parts[::2])
    brackets = outside.translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(_FEW_LEVELS):
        if b"[]" not in brackets:
            closing = brackets.count(b"]")
            break
        brackets = brackets.replace(b"[]", b"")
    else:
        closing = depth = 0
        for bracket in brackets:
            depth += 1 if bracket == 91 else -1
            closing = max(closing, -depth)
        return closing, closing + depth, in_string ^ (len(parts) % 2 == 0)
    return closing, len(brackets) - closing, in_string ^ (len(parts) % 2 == 0)
