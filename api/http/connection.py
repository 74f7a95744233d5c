"""One outbound HTTP/1.1 connection with a strict response parser and a limit for every wait.

The parser is httptools (llhttp). An exchange takes about a sixth of urllib3's CPU time
(docs/performance.md), and each proxied call makes four exchanges.
"""

from __future__ import annotations

import errno
import socket
import ssl
from time import monotonic
from typing import Protocol

from api.http.errors import CallerGone, PeerClosed, TransportTimeout
from api.http.response_parser import READ_SIZE, ResponseParser
from api.http.timeouts import Timeouts
from api.http.waiting import READ, WRITE, is_readable, wait


class Watched(Protocol):
    """The caller's socket, which is watched during a wait for the upstream."""

    def fileno(self) -> int: ...

    def recv(self, size: int, flags: int = 0, /) -> bytes: ...


class Connection:
    """A connected socket and the response that is read from it. Use it in one thread at a time.

    A TransportTimeout names the limit that was exceeded. Close the connection after any error.
    """

    __slots__ = ("_parser", "_sock", "idle_since", "key")

    def __init__(self, sock: socket.socket, key: tuple[object, ...]) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._parser = ResponseParser("GET")
        self.key = key
        self.idle_since = 0.0

    def close(self) -> None:
        """Close the socket. Never raises, not even while the interpreter shuts down."""
        try:  # noqa: SIM105
            self._sock.close()
        except OSError:
            pass

    def __del__(self) -> None:
        # A pool that is garbage-collected must close its idle connections.
        self.close()

    @property
    def reusable(self) -> bool:
        """Whether the whole response was read and the peer keeps the connection open."""
        return self._parser.complete and self._parser.keep_alive

    @property
    def started(self) -> bool:
        """Whether at least one byte of the current response has arrived."""
        return self._parser.started

    @property
    def finished(self) -> bool:
        """Whether the whole response has arrived. `take` may still return its last bytes."""
        return self._parser.complete

    def is_stale(self) -> bool:
        """Whether the peer closed an idle connection or sent something unrequested."""
        return is_readable(self._sock.fileno())

    def handshake(self, deadline: float) -> None:
        """Set up TLS on an SSLSocket. `deadline` is a time of `time.monotonic()`.

        Raises TransportTimeout and the exceptions of `SSLSocket.do_handshake`.
        """
        while True:
            try:
                self._sock.do_handshake()  # type: ignore[attr-defined]
            except ssl.SSLWantReadError:
                self._wait(READ, deadline, None)
            except ssl.SSLWantWriteError:
                self._wait(WRITE, deadline, None)
            else:
                return

    def send(self, data: bytes, timeouts: Timeouts, caller: Watched | None = None) -> bool:
        """Send `data`. Return False if the peer refused the request before it read all of it.

        In that case the head of its response has arrived. Raises PeerClosed, MalformedResponse,
        TransportTimeout, or CallerGone if `caller` disconnects.
        """
        view = memoryview(data)
        deadline = 0.0
        late: TransportTimeout | None = None
        while view:
            try:
                sent = self._sock.send(view)
            except (BlockingIOError, ssl.SSLWantWriteError):
                event = WRITE
            except ssl.SSLWantReadError:
                event = READ
            except OSError as error:
                raise PeerClosed(_name(error), started=False) from error
            else:
                if sent:
                    view = view[sent:]
                    deadline, late = 0.0, None
                    continue
                event = WRITE  # A TLS socket of gevent returns 0 where others raise an error.
            if late is not None:
                raise late
            if self._is_refused():
                return False
            if not self._parser.head_done:
                event |= READ
            deadline = deadline or timeouts.deadline(timeouts.send)
            try:
                self._wait(event, deadline, caller)
            except TransportTimeout:
                # The system reports room for writing only when a large part of the buffer is free,
                # which takes long if the peer reads slowly.
                late = timeouts.exceeded("send", deadline)
        return True

    def _is_refused(self) -> bool:
        """Read what has arrived. Return whether it is a response with status 300 or higher."""
        parser = self._parser
        if not parser.head_done:
            try:
                data = self._sock.recv(READ_SIZE)
            except OSError:  # nothing has arrived, or the next `send` reports the error
                return False
            if data:
                parser.feed(data)
            else:
                parser.end_of_input()
        if not parser.head_done or parser.status < 300:
            return False
        parser.keep_alive = False
        return True

    def expect(self, method: str, *, upgrades: bool = False) -> None:
        """Prepare to read the response to a request with `method`. Call this before `send`.

        With `upgrades`, a response with status 101 (Switching Protocols) is a final one.
        """
        self._parser = ResponseParser(method, upgrades)

    def upgraded(self) -> tuple[socket.socket, bytes]:
        """Return the socket, and the bytes that have arrived behind a response with status 101.

        The connection still owns the socket, and closes it.
        """
        return self._sock, self._parser.rest

    def read_head(
        self, timeouts: Timeouts, caller: Watched | None = None
    ) -> tuple[int, list[tuple[str, str]]]:
        """Return the status and the header fields of the final response, in order, with duplicates.

        Raises PeerClosed, MalformedResponse, TransportTimeout, or CallerGone if `caller`
        disconnects.
        """
        parser = self._parser
        deadline = timeouts.deadline(timeouts.first_byte)
        try:
            while not parser.head_done:
                self._receive(deadline, caller)
        except TransportTimeout:
            raise timeouts.exceeded("first_byte", deadline) from None
        return parser.status, parser.headers

    def read_body(self, timeouts: Timeouts, caller: Watched | None = None) -> bytes:
        """Return the next bytes of the body as they arrive, b"" at its end.

        Raises the same errors as `read_head`.
        """
        parser = self._parser
        if not parser.body and not parser.complete:
            deadline = timeouts.deadline(timeouts.idle)
            if monotonic() >= timeouts.end:  # A peer that never pauses must not go on for ever.
                raise timeouts.exceeded("idle", deadline)
            try:
                while not parser.body and not parser.complete:
                    self._receive(deadline, caller)
            except TransportTimeout:
                raise timeouts.exceeded("idle", deadline) from None
        return self.take()

    def take(self) -> bytes:
        """Return the bytes of the body that have already arrived, b"" if there are none."""
        body = self._parser.body
        if not body:
            return b""
        data = body[0] if len(body) == 1 else b"".join(body)
        body.clear()
        return data

    def _receive(self, deadline: float, caller: Watched | None) -> None:
        while True:
            try:
                data = self._sock.recv(READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(READ, deadline, caller)
            except ssl.SSLWantWriteError:
                self._wait(WRITE, deadline, caller)
            except OSError as error:
                if isinstance(error, ssl.SSLEOFError):
                    self._parser.keep_alive = False
                raise PeerClosed(_name(error), started=self._parser.started) from error
            else:
                if data:
                    self._parser.feed(data)
                else:
                    self._parser.end_of_input()
                return

    def _wait(self, event: int, deadline: float, caller: Watched | None) -> None:
        own = (self._sock.fileno(), event)
        remaining = deadline - monotonic()
        if remaining <= 0:
            raise TransportTimeout("deadline passed")
        if caller is None or (watched := caller.fileno()) < 0:
            if wait((own,), remaining) is None:
                raise TransportTimeout("deadline passed")
            return
        ready = wait((own, (watched, READ)), remaining)
        if ready is None:
            raise TransportTimeout("deadline passed")
        if ready is not own:
            if _hung_up(caller):
                raise CallerGone("caller closed its connection")
            # The caller sent its next request (pipelining), which stays in the socket.
            self._wait(event, deadline, None)


def _hung_up(caller: Watched) -> bool:
    try:
        return caller.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except (OSError, ValueError):
        return True


def _name(error: OSError) -> str:
    code = error.errno
    return errno.errorcode.get(code, str(code)) if code is not None else type(error).__name__
