"""One request out, at most one answer in: over a pooled connection to a judged address (S3, S12,
S13).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

import msgspec

from api.errors import Problem
from api.http.connection import Connection, Watched
from api.http.errors import (
    ConnectFailed,
    MalformedResponse,
    PeerClosed,
    ResponseTooLarge,
    TlsFailed,
    TransportError,
    TransportTimeout,
)
from api.http.pool import ConnectionPool
from api.proxy.request_headers import METHOD_OVERRIDES
from api.upstream.base_url import BaseUrl

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})
_PIECE = 65_536


class UpstreamRequest(msgspec.Struct, frozen=True):
    """A request ready to be sent. `body` is the whole of it, or its beginning when `more` reads the
    rest piece by piece; `length` is then the whole length, None for a chunked body."""

    base: BaseUrl
    addresses: tuple[str, ...]
    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    length: int | None
    has_overflow: Callable[[int], bytes] | None = None

    def head(self) -> bytes:
        """Request line and header section."""
        lines = [f"{self.method} {self.target} HTTP/1.1\r\nHost: {self.base.authority}\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in self.headers]
        if self.length is None:
            lines.append("Transfer-Encoding: chunked\r\n")
        elif self.length or self.method in _BODY_EXPECTED:
            lines.append(f"Content-Length: {self.length}\r\n")
        lines.append("\r\n")
        return "".join(lines).encode("latin-1")

    def first_piece(self) -> bytes:
        """What is known of the body, framed as it goes on the wire."""
        if self.length is None:
            return _framed(self.body) if self.body else b""
        return self.body


def send(
    pool: ConnectionPool, request: UpstreamRequest, deadline: float, caller: Watched | None
) -> tuple[Connection, int, list[tuple[str, str]]]:
    """Send the request and read the head of the answer. The caller reads the body and gives the
    connection back to the pool.

    Sent again, once, only when a kept-alive connection turned out closed before any answer and the
    request may be sent twice (RFC 9110 9.2.2). Raises TransportError.
    """
    idempotent = request.method in _IDEMPOTENT and not any(
        name.lower() in METHOD_OVERRIDES for name, _ in request.headers
    )
    for fresh in (False, True):
        connection, used_before = pool.acquire(
            request.base.scheme,
            request.base.host,
            request.base.port,
            request.addresses,
            deadline,
            fresh=fresh,
            idle_seconds=None if idempotent else 2.0,
        )
        try:
            connection.expect(request.method)
            _send(connection, request, deadline)
            status, headers = connection.read_head(deadline, caller)
        except PeerClosed as error:
            connection.close()
            again = (
                used_before and idempotent and request.has_overflow is None and not error.started
            )
            if not again:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection, status, headers
    raise AssertionError("a fresh connection was not used before")


def _send(connection: Connection, request: UpstreamRequest, deadline: float) -> None:
    try:
        connection.send(request.head() + request.first_piece(), deadline)
        while request.has_overflow is not None:
            piece = request.has_overflow(_PIECE)
            if not piece:
                if request.length is None:
                    connection.send(b"0\r\n\r\n", deadline)
                return
            connection.send(_framed(piece) if request.length is None else piece, deadline)
    except PeerClosed:
        # An upstream may answer before it has read everything (413) and close: read that answer.
        connection.read_head(min(deadline, monotonic() + 1.0))


def _framed(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def to_problem(error: TransportError) -> Problem:
    """The answer for a failure on the way, with its RFC 9209 error type in Proxy-Status."""
    for kind, (code, detail, proxy_error) in _PROBLEMS.items():
        if isinstance(error, kind):
            return Problem(code, detail, headers=proxy_status(proxy_error))
    return Problem(
        "upstream_reset",
        "The upstream ended the connection before its answer was whole.",
        headers=proxy_status("connection_terminated"),
    )


def add_proxy_status(problem: Problem) -> None:
    """Give a problem a Proxy-Status, so that no refusal of ours looks like the upstream's."""
    if not any(name == "Proxy-Status" for name, _ in problem.headers):
        problem.headers += proxy_status(_REFUSALS.get(problem.code, "http_request_denied"))


def proxy_status(error: str, details: str = "") -> tuple[tuple[str, str], ...]:
    """The Proxy-Status field of an answer that is ours and not the upstream's (RFC 9209)."""
    more = f'; details="{details}"' if details else ""
    return (("Proxy-Status", f"api-dashboard; error={error}{more}"),)


_REFUSALS = {
    "address_refused": "destination_ip_prohibited",
    "caller_gone": "http_request_error",
    "invalid_path": "http_request_error",
    "invalid_request": "http_request_error",
    "request_too_large": "http_request_error",
    "secret_unreadable": "proxy_configuration_error",
    "storage_unavailable": "proxy_internal_error",
    "unknown_api": "destination_not_found",
    "usage_not_recorded": "proxy_internal_error",
}

_PROBLEMS: dict[type[TransportError], tuple[str, str, str]] = {
    ConnectFailed: (
        "connect_failed",
        "The upstream could not be connected to.",
        "connection_refused",
    ),
    TlsFailed: (
        "tls_failed",
        "No trusted TLS connection to the upstream.",
        "tls_protocol_error",
    ),
    TransportTimeout: (
        "upstream_timeout",
        "The upstream did not answer in time.",
        "connection_timeout",
    ),
    MalformedResponse: (
        "upstream_malformed",
        "The upstream's answer is not valid HTTP.",
        "http_protocol_error",
    ),
    ResponseTooLarge: (
        "response_too_large",
        "The upstream's answer is larger than can be delivered here.",
        "http_response_body_size",
    ),
}
