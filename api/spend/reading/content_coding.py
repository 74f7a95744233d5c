"""Decodes a copy of a coded body as it passes, with bounded memory and work."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

_PIECE = 1 << 16
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_MOST = 256 << 20
# Real answers shrink to a twentieth at least. A bomb shrinks to a thousandth.
_MOST_OF_PIECE, _MOST_RATIO = 1 << 20, 100


class UnreadableCoding(Exception):
    """A body cannot be decoded, or is not worth it."""


class ContentDecoder:
    """Decodes gzip and deflate, or passes on a body without coding."""

    def __init__(self, codings: Sequence[str]) -> None:
        """Raises UnreadableCoding for a coding that is not known, and for more than one."""
        coded = [coding for coding in codings if coding not in ("", "identity")]
        if len(coded) > 1 or (coded and coded[0] not in _CODINGS):
            raise UnreadableCoding
        self._wbits = _CODINGS[coded[0]] if coded else None
        self._decompressor = zlib.decompressobj(self._wbits) if self._wbits is not None else None
        self._start = b""
        self._has_begun = False
        self._decoded = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what a piece holds, in pieces of at most 64 kB. Raises UnreadableCoding."""
        if self._decompressor is None:
            yield data
            return
        if not self._has_begun:
            data = self._start + data
            if len(data) < 2:
                self._start = data
                return
            self._begin(data)
        most = min(self._decoded + _MOST_OF_PIECE + _MOST_RATIO * len(data), _MOST)
        has_more = True
        while data or has_more:
            if self._decompressor.eof:
                data = data.lstrip(b"\0")  # Padding behind the last member.
                if not data or self._wbits != _GZIP:
                    return
                self._decompressor = zlib.decompressobj(_GZIP)
            try:
                piece = self._decompressor.decompress(data, _PIECE)
            except zlib.error as error:
                raise UnreadableCoding from error
            self._decoded += len(piece)
            if self._decoded > most:
                raise UnreadableCoding
            eof = self._decompressor.eof
            data = self._decompressor.unused_data if eof else self._decompressor.unconsumed_tail
            # The decompressor can hold back output although it has taken all input.
            has_more = len(piece) == _PIECE and not eof
            if piece:
                yield piece

    def _begin(self, data: bytes) -> None:
        """Look whether `deflate` has zlib's header, which some servers leave out."""
        self._has_begun = True
        if self._wbits == _ZLIB and (data[0] & 15 != 8 or (data[0] << 8 | data[1]) % 31):
            self._decompressor = zlib.decompressobj(_RAW)
