"""A client's socket with a time limit for each read and write."""

from __future__ import annotations

import contextlib
import socket
import ssl
from time import monotonic

from api.http.waiting import READ, WRITE, wait

# Seconds until a write must have sent at least one byte: the client does not read.
SEND_SECONDS = 60.0


class ClientSocket:
    """Reads and writes without blocking the process. Every wait has a time limit.

    `read_seconds` is the limit of one read. `deadline`, a time of `time.monotonic()`, ends all
    reads; None means no such limit.
    """

    def __init__(self, sock: socket.socket, read_seconds: float) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.read_seconds = read_seconds
        self.deadline: float | None = None
        # Bytes that were read only to see whether the client is still there.
        self._ahead = b""

    def fileno(self) -> int:
        """Return the descriptor, -1 if the socket is closed."""
        return self.socket.fileno()

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return up to `size` bytes, b"" at the end of input.

        With the flags MSG_PEEK and MSG_DONTWAIT the bytes stay readable, and BlockingIOError is
        raised if there are none. Raises TimeoutError after the time limit, OSError if the
        connection is broken.
        """
        # Without the first test, the flags of an ordinary read would become an object of enum.
        if flags and flags & socket.MSG_PEEK:
            return self._peek(size)
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        while True:
            try:
                return self.socket.recv(size)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(READ, self._read_limit())
            except ssl.SSLWantWriteError:
                self._wait(WRITE, self._read_limit())
            except ssl.SSLEOFError:
                return b""

    def _peek(self, size: int) -> bytes:
        if not isinstance(self.socket, ssl.SSLSocket):
            return self.socket.recv(size, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        # TLS has no peek: its records are read and kept.
        if not self._ahead:
            try:
                self._ahead = self.socket.recv(16_384)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise BlockingIOError from None
        return self._ahead[:size]

    def _read_limit(self) -> float:
        if self.deadline is None:
            return self.read_seconds
        return min(self.read_seconds, self.deadline - monotonic())

    def sendall(self, data: bytes) -> None:
        """Send all bytes. Raises TimeoutError if the client takes none for SEND_SECONDS."""
        view = memoryview(data)
        late = False
        while view:
            event = WRITE
            try:
                sent = self.socket.send(view)  # 0 if a TLS socket of gevent has no room
            except (BlockingIOError, ssl.SSLWantWriteError):
                sent = 0
            except ssl.SSLWantReadError:
                sent, event = 0, READ
            if sent:
                view, late = view[sent:], False
            elif late:
                raise TimeoutError("the client is too slow")
            else:
                # The system reports room only when a large part of the buffer is free, which takes
                # long if the client reads slowly. So the limit ends with another attempt.
                late = not self._is_ready(event, SEND_SECONDS)

    def _wait(self, event: int, seconds: float) -> None:
        if not self._is_ready(event, seconds):
            raise TimeoutError("the client is too slow")

    def _is_ready(self, event: int, seconds: float) -> bool:
        return seconds > 0 and wait(((self.socket.fileno(), event),), seconds) is not None

    def take_ahead(self) -> bytes:
        """Return and forget the bytes that were read ahead."""
        data, self._ahead = self._ahead, b""
        return data

    def linger(self, seconds: float) -> None:
        """Let the client read what was sent before the connection is closed (RFC 9112 9.6).

        Closing a socket with unread input resets the connection, and the client may lose the end.
        """
        self._end_tls()
        try:
            self.socket.shutdown(socket.SHUT_WR)
            self.read_seconds, self.deadline = seconds, monotonic() + seconds
            while self.recv(65_536):
                pass
        except (OSError, ValueError):
            return

    def close(self) -> None:
        """Close the socket. Never raises."""
        self._end_tls()
        try:
            self.socket.close()
        except OSError:
            return

    def _end_tls(self) -> None:
        """Tell the client that nothing was cut off (RFC 8446 6.1), without waiting for it."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.setblocking(False)
                self.socket.unwrap()
