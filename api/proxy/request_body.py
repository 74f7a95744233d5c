"""Reads the caller's body: a short one at once, a long one in pieces while it is forwarded."""

from __future__ import annotations

from api.errors import Problem
from api.raw_request import RawRequest

# Bytes. A body up to this size is read before it is forwarded, and can be sent to a second key.
_BUFFERED = 1 << 20


class BodyReader:
    """Reads and counts a request's body, at most `max_bytes` of it.

    `length` is the declared length in bytes, None for a chunked body.
    """

    def __init__(self, request: RawRequest, max_bytes: int) -> None:
        self._source = request.body
        self._max_bytes = max_bytes
        self.length = request.length
        self.bytes_read = 0
        self.is_complete = False
        self._start: bytes | None = None

    def read_start(self) -> bytes:
        """Read the whole body if it is short, otherwise its first MiB. Later calls return the same.

        Raises Problem(request_too_large), or Problem(invalid_request) for a body that ends early.
        """
        if self._start is None:
            self._start = self._read_start()
        return self._start

    def _read_start(self) -> bytes:
        length = self.length
        if length is not None and length > self._max_bytes:
            raise self._too_large()
        target = _BUFFERED if length is None else min(length, _BUFFERED)
        parts = []
        while self.bytes_read < target:
            data = self._source.read(target - self.bytes_read)
            if not data:
                break
            parts.append(data)
            self.bytes_read += len(data)
        if length is None:
            self.is_complete = self.bytes_read < target
        elif self.bytes_read < target:
            raise _ended_early()
        else:
            self.is_complete = length <= _BUFFERED
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes after the start. Returns no bytes at the end.

        Raises the same problems as `read_start`.
        """
        left = None if self.length is None else self.length - self.bytes_read
        if left == 0:
            return b""
        data = self._source.read(size if left is None else min(size, left))
        self.bytes_read += len(data)
        if self.bytes_read > self._max_bytes:
            raise self._too_large()
        if not data and left:
            raise _ended_early()
        return data

    def _too_large(self) -> Problem:
        return Problem(
            "request_too_large", f"A request body may have at most {self._max_bytes} bytes."
        )


def _ended_early() -> Problem:
    return Problem("invalid_request", "The body ended before its declared length.")
