"""A stand-in for a Lambda function URL with RESPONSE_STREAM: an HTTP or HTTPS server on loopback.

A request becomes an event for a process of the function. The pieces of its response go to the
client as they arrive. With `cdn`, requests pass through CloudFront first.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from tests.support.cdn import Cdn
from tests.support.function_url import LARGEST_EVENT, to_fields, url_event
from tests.support.quiet_server import QuietHandler, QuietServer
from tests.support.runtime_api import Invocation

_NO_BODY = (204, 304)
# The content codings that are undone, with zlib's parameter.
_CODINGS = {"": None, "identity": None, "gzip": 31, "x-gzip": 31, "deflate": 15}


class Function(Protocol):
    """What runs the events, such as FunctionProcesses."""

    def invoke(self, event: bytes) -> AbstractContextManager[Invocation | None]:
        """Pass an event to the function. None if all its concurrent executions are busy."""


class FunctionUrl:
    """The server. `url` is its origin. `events` are the events of the requests so far."""

    def __init__(
        self, function: Function, cdn: Cdn | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.function = function
        self.cdn = cdn
        self.events: list[dict[str, Any]] = []
        outer = self

        class Handler(_Handler):
            front = outer

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> FunctionUrl:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(QuietHandler):
    front: FunctionUrl

    def serve(self) -> None:
        """Respond as a function URL does, or CloudFront in front of it."""
        fields, cdn = list(self.headers.items()), self.front.cdn
        body = self.read_body()
        if cdn is not None and self.command == "GET" and body:
            # CloudFront forwards no GET with a body.
            self._refuse(403, "Bad request")
            return
        source = "127.0.0.1" if cdn is None else cdn.edge
        if cdn is not None:
            fields = cdn.forwarded(fields)
        # `path` has only one of several leading slashes.
        target = self.requestline.split(" ")[1]
        event = url_event(self.command, target, fields, body, source)
        data = json.dumps(event, ensure_ascii=False).encode()
        if len(data) > LARGEST_EVENT:
            self._refuse(413, f"Request must be smaller than {LARGEST_EVENT} bytes")
            return
        self.front.events.append(event)
        with self.front.function.invoke(data) as invocation:
            if invocation is None:
                self._refuse(429, "Rate Exceeded.")
            else:
                self._relay(invocation)

    def _refuse(self, status: int, message: str) -> None:
        """Send an error of AWS itself."""
        data = json.dumps({"Message": message}).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _relay(self, invocation: Invocation) -> None:
        try:
            status, headers = invocation.status, invocation.headers
            cookies = invocation.cookies
        except (AssertionError, KeyError):
            self._refuse(502, "Internal Server Error")
            return
        coding = next((v for name, v in headers.items() if name.lower() == "content-encoding"), "")
        if coding not in _CODINGS:
            # What a function URL does is not known; 502 was seen behind CloudFront:
            # https://github.com/opennextjs/opennextjs-aws/issues/1127
            self._refuse(502, "Internal Server Error")
            return
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string())
        self.send_header("x-amzn-RequestId", invocation.request_id)
        for name, value in to_fields(headers, cookies):
            self.send_header(name, value)
        has_body = status not in _NO_BODY and self.command != "HEAD"
        if has_body:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for data in _decoded(invocation, coding):
                if has_body and data:
                    with _client_may_leave():
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            broken = invocation.error is not None
        except AssertionError:
            broken = True
        if broken:
            self.close_connection = True
        elif has_body:
            with _client_may_leave():
                self.wfile.write(b"0\r\n\r\n")


def _decoded(invocation: Invocation, coding: str) -> Iterator[bytes]:
    """Yield the pieces of a body without its content coding."""
    bits = _CODINGS[coding]
    if bits is None:
        yield from (piece.data for piece in invocation.pieces())
        return
    decoder = zlib.decompressobj(bits)
    for piece in invocation.pieces():
        yield decoder.decompress(piece.data)
    yield decoder.flush()


@contextlib.contextmanager
def _client_may_leave() -> Iterator[None]:
    """Ignore that the client hung up: the function goes on to its end all the same."""
    with contextlib.suppress(OSError):
        yield
