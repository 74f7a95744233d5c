"""Decodes bodies for callers whose platform undoes Content-Encoding on the way.

The upstream is asked for `identity`. One that sends gzip or deflate all the same is decoded here,
piece by piece. Other codings are passed on unchanged, with their Content-Encoding.
"""

from __future__ import annotations

import zlib

from api.http.connection import Connection, Watched
from api.http.errors import MalformedResponse
from api.http.fields import DIGESTS
from api.http.timeouts import Timeouts
from api.proxy.upstream_request import UpstreamResponse

# Bytes of a decoded piece. A few kB of gzip can hold gigabytes.
_PIECE = 1 << 16
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
# Fields that describe the coded body.
_OF_CODED_BODY = DIGESTS | {"content-encoding", "content-length"}


def decoded(
    response: UpstreamResponse,
) -> tuple[list[tuple[str, str]], DecodedBody | None]:
    """Return the fields of a response without its content coding, and its body decoded.

    The body is None if it has no coding, or one that cannot be decoded. A partial body (206) is
    not decoded either, because its start may be missing.
    """
    codings = [
        coding
        for name, value in response.headers
        if len(name) == 16 and name.lower() == "content-encoding"
        for part in value.split(",")
        if (coding := part.strip().lower()) not in ("", "identity")
    ]
    if len(codings) != 1 or codings[0] not in _CODINGS or response.status == 206:
        return response.headers, None
    kept = [field for field in response.headers if field[0].lower() not in _OF_CODED_BODY]
    return kept, DecodedBody(response.connection, codings[0])


class DecodedBody:
    """Reads a body from a connection and decodes it, with the methods of the connection.

    Raises MalformedResponse for a body that is not in its coding, or ends early.
    """

    def __init__(self, connection: Connection, coding: str) -> None:
        self._connection = connection
        self._coding = coding
        self._decompressor = zlib.decompressobj(_CODINGS[coding])
        self._input = b""
        self._has_begun = False
        self._has_more = False

    @property
    def finished(self) -> bool:
        """Whether the whole coded body has arrived."""
        return self._connection.finished

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def take(self) -> bytes:
        """Return decoded bytes of what has already arrived, b"" if there are none."""
        self._input += self._connection.take()
        return self._decode()

    def read_body(self, timeouts: Timeouts, caller: Watched | None = None) -> bytes:
        """Return the next decoded bytes as they arrive, b"" at the end.

        Raises the same errors as `Connection.read_body`.
        """
        while True:
            piece = self._decode()
            if piece:
                return piece
            data = self._connection.read_body(timeouts, caller)
            if not data:
                # An empty body is no valid gzip, but servers send it.
                if (self._has_begun or self._input) and not self._decompressor.eof:
                    raise MalformedResponse(f"incomplete {self._coding}")
                return b""
            self._input += data

    def _decode(self) -> bytes:
        while self._input or self._has_more:
            if not self._has_begun and not self._begin():
                return b""
            decompressor = self._decompressor
            if decompressor.eof and not self._begin_next():
                return b""
            try:
                piece = self._decompressor.decompress(self._input, _PIECE)
            except zlib.error as error:
                raise MalformedResponse(f"invalid {self._coding}") from error
            decompressor = self._decompressor
            self._input = decompressor.unconsumed_tail or decompressor.unused_data
            # The decompressor can hold back output although it has taken all input.
            self._has_more = len(piece) == _PIECE and not decompressor.eof
            if piece:
                return piece
        return b""

    def _begin(self) -> bool:
        """Return whether decoding can begin. Some servers send `deflate` without zlib's header."""
        if self._coding == "deflate":
            if len(self._input) < 2:
                return False
            first, second = self._input[:2]
            if first & 15 != 8 or (first << 8 | second) % 31:
                self._decompressor = zlib.decompressobj(_RAW)
        self._has_begun = True
        return True

    def _begin_next(self) -> bool:
        """Begin with the next member of gzip, if one follows. NULs at the end are padding."""
        if self._coding == "deflate" or not self._input.strip(b"\0"):
            self._input = b""
            return False
        self._input = self._input.lstrip(b"\0")
        self._decompressor = zlib.decompressobj(_GZIP)
        return True
