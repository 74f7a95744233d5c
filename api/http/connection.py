"""One outbound HTTP/1.1 connection with a strict response parser and a deadline for every wait.

The parser is httptools (llhttp). An exchange takes about a sixth of urllib3's CPU time
(docs/performance.md), and each proxied call makes four exchanges.
"""

from __future__ import annotations

import errno
import select
import socket
import ssl
from time import monotonic
from typing import Protocol

import httptools

from api.http.errors import (
    CallerGone,
    MalformedResponse,
    PeerClosed,
    TransportTimeout,
)

MAX_HEAD_BYTES = 65_536
MAX_HEADER_FIELDS = 256
_READ_SIZE = 65_536


class Watched(Protocol):
    """The caller's socket, which is watched during a wait for the upstream."""

    def fileno(self) -> int: ...

    def recv(self, size: int, flags: int = 0, /) -> bytes: ...


class _Parser:
    """Receives llhttp's callbacks for one response. Interim (1xx) responses are skipped."""

    __slots__ = (
        "_chunked",
        "_feed",
        "_head_method",
        "_overhead",
        "_parser",
        "body",
        "complete",
        "framed",
        "head_done",
        "headers",
        "keep_alive",
        "started",
        "status",
    )

    def __init__(self, method: str) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []
        self.status = 0
        self.started = False
        self.head_done = False
        self.complete = False
        self.keep_alive = False
        self.framed = False
        self._chunked = False
        self._overhead = 0
        self._head_method = method == "HEAD"
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data

    def feed(self, data: bytes) -> None:
        self.started = True
        # Trailers and chunk extensions count too: everything except the body is limited.
        self._overhead += len(data)
        if self._overhead > MAX_HEAD_BYTES + _READ_SIZE:
            raise MalformedResponse("response head or trailer too large")
        if self.complete:
            self.keep_alive = False
            return
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade as error:
            raise MalformedResponse("unrequested protocol upgrade") from error
        except httptools.HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, MalformedResponse):
                raise cause from None
            raise MalformedResponse(type(error).__name__) from error

    def on_message_begin(self) -> None:
        if self.complete:
            raise MalformedResponse("more than one response")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head_done:
            return  # a trailer field must not be merged into the header (RFC 9110 6.5.1)
        if len(self.headers) >= MAX_HEADER_FIELDS:
            raise MalformedResponse("too many header fields")
        text = name.decode("latin-1")
        if len(name) == 14 and text.lower() == "content-length":
            self.framed = True
        elif len(name) == 17 and text.lower() == "transfer-encoding":
            if self._chunked or value.strip().lower() != b"chunked":
                raise MalformedResponse("unrequested transfer coding")
            self._chunked = self.framed = True
        self.headers.append((text, value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if not 100 <= self.status <= 599:
            raise MalformedResponse("status out of range")
        if self.status < 200:
            return
        self.head_done = True
        self.keep_alive = self._parser.should_keep_alive()
        if self._head_method or self.status in (204, 304):
            self.complete = True
            if self.framed:
                # If the announced body follows anyway, it must not be read as the next response.
                self.keep_alive = False

    def on_body(self, data: bytes) -> None:
        if self.complete:
            self.keep_alive = False
        else:
            self._overhead = 0
            self.body.append(data)

    def on_message_complete(self) -> None:
        if not self.head_done:
            self.headers = []
            self.framed = self._chunked = False
            return
        self.complete = True

    def end_of_input(self) -> None:
        """Handle the end of input, which completes a body without a length.

        Raises PeerClosed for a truncated message.
        """
        self.keep_alive = False
        if self.head_done and not self.framed:
            self.complete = True
        elif not self.complete:
            raise PeerClosed("connection closed early", started=self.started)


class Connection:
    """A connected socket and the response that is read from it. Use it in one thread at a time.

    Deadlines are values of `time.monotonic()`. Close the connection after any error.
    """

    __slots__ = ("_parser", "_readable", "_sock", "idle_since", "key")

    def __init__(self, sock: socket.socket, key: tuple[object, ...]) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._readable = select.poll()
        self._readable.register(sock, select.POLLIN)
        self._parser = _Parser("GET")
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
        return bool(self._readable.poll(0))

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of `data`. Raises PeerClosed or TransportTimeout."""
        view = memoryview(data)
        while view:
            try:
                sent = self._sock.send(view)
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(select.POLLOUT, deadline, None)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN, deadline, None)
            except OSError as error:
                raise PeerClosed(_name(error), started=False) from error
            else:
                view = view[sent:]

    def expect(self, method: str) -> None:
        """Prepare to read the response to a request with `method`. Call this before `send`."""
        self._parser = _Parser(method)

    def read_head(
        self, deadline: float, caller: Watched | None = None
    ) -> tuple[int, list[tuple[str, str]]]:
        """Return the status and the header fields of the final response, in order, with duplicates.

        Raises PeerClosed, MalformedResponse, TransportTimeout, or CallerGone if `caller`
        disconnects.
        """
        parser = self._parser
        while not parser.head_done:
            self._receive(deadline, caller)
        return parser.status, parser.headers

    def read_body(self, deadline: float, caller: Watched | None = None) -> bytes:
        """Return the next bytes of the body as they arrive, b"" at its end."""
        parser = self._parser
        while not parser.body and not parser.complete:
            self._receive(deadline, caller)
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
                data = self._sock.recv(_READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(select.POLLIN, deadline, caller)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT, deadline, caller)
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
        watched = -1
        if event == select.POLLIN and caller is None:
            poller = self._readable
        else:
            poller = select.poll()
            poller.register(self._sock, event)
        if caller is not None:
            watched = caller.fileno()
            if watched >= 0:
                poller.register(watched, select.POLLIN)
        while True:
            remaining = deadline - monotonic()
            if remaining <= 0:
                raise TransportTimeout("deadline passed")
            ready = poller.poll(remaining * 1000)
            for descriptor, _ in ready:
                if descriptor != watched:
                    return
            if ready and caller is not None:
                if _hung_up(caller):
                    raise CallerGone("caller closed its connection")
                # The caller sent its next request (pipelining), which stays in the socket.
                poller.unregister(watched)
                watched = -1


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
