"""Sends one request to an upstream over a pooled connection, and maps failures to problems.

The connection goes to an address that was checked (S3). Each request has at most one response (S12,
S13).
"""

from __future__ import annotations

from time import monotonic

from api.errors import Problem
from api.http.connection import Connection, Watched
from api.http.errors import (
    CallerGone,
    ConnectFailed,
    MalformedResponse,
    PeerClosed,
    ResponseTooLarge,
    TlsFailed,
    TransportError,
    TransportTimeout,
)
from api.http.fields import METHOD_OVERRIDES
from api.http.pool import ConnectionPool
from api.proxy.upstream_request import UpstreamRequest, UpstreamResponse
from api.proxy_status import proxy_status
from api.upstream.base_url import BaseUrl
from api.upstream.resolver import (
    BlockedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve_public,
)

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_PIECE = 65_536
_RESOLVE_SECONDS = 5.0
# The upstream may close a connection that was idle for longer at any moment.
_IDLE_SECONDS = 2.0

UpstreamError = BlockedAddress | ResolveFailed | ResolveTimeout | TransportError
UPSTREAM_ERRORS = (BlockedAddress, ResolveFailed, ResolveTimeout, TransportError)


class UpstreamClient:
    """Resolves upstream hosts and sends requests. `allowed` are the hosts and ports that may be
    called although their addresses are not public (S6).
    """

    def __init__(
        self, connections: ConnectionPool, resolver: Resolver, allowed: frozenset[str]
    ) -> None:
        self.connections = connections
        self.allowed = allowed
        self._resolver = resolver

    def resolve(self, base: BaseUrl, deadline: float) -> tuple[str, ...]:
        """Return the host's addresses. Each of them may be called.

        `deadline` is a time of `time.monotonic()`. Raises BlockedAddress, ResolveFailed and
        ResolveTimeout.
        """
        allowed = base.host_and_port in self.allowed
        seconds = min(_RESOLVE_SECONDS, deadline - monotonic())
        return resolve_public(self._resolver, base, allowed, seconds)

    def send(
        self,
        request: UpstreamRequest,
        addresses: tuple[str, ...],
        deadline: float,
        caller: Watched | None = None,
    ) -> UpstreamResponse:
        """Send a request and read the head of the response.

        The receiver of the response reads the body and releases the connection. The request is sent
        a second time only if a kept-alive connection was closed before any response and the request
        may be repeated (RFC 9110 9.2.2).

        Raises TransportError, and CallerGone if `caller`, the client's socket, is closed.
        """
        idempotent = request.method in _IDEMPOTENT and not any(
            name.lower() in METHOD_OVERRIDES for name, _ in request.headers
        )
        base = request.base
        for fresh in (False, True):
            connection, used_before = self.connections.acquire(
                base.scheme,
                base.host,
                base.port,
                addresses,
                deadline,
                fresh=fresh,
                idle_seconds=None if idempotent else _IDLE_SECONDS,
            )
            try:
                connection.expect(request.method)
                _write(connection, request, deadline)
                status, headers = connection.read_head(deadline, caller)
            except PeerClosed as error:
                connection.close()
                repeatable = used_before and idempotent and request.read_more is None
                if error.started or not repeatable:
                    raise
            except BaseException:
                connection.close()
                raise
            else:
                return UpstreamResponse(connection, status, headers)
        raise AssertionError("a fresh connection was not used before")


def _write(connection: Connection, request: UpstreamRequest, deadline: float) -> None:
    chunked = request.length is None
    start = _chunk(request.body) if chunked and request.body else request.body
    try:
        connection.send(request.head() + start, deadline)
        while request.read_more is not None:
            piece = request.read_more(_PIECE)
            if not piece:
                if chunked:
                    connection.send(b"0\r\n\r\n", deadline)
                return
            connection.send(_chunk(piece) if chunked else piece, deadline)
    except PeerClosed:
        # An upstream may respond (413) and close before it has read everything: read that response.
        connection.read_head(min(deadline, monotonic() + 1.0))


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def to_problem(error: UpstreamError) -> Problem:
    """Return the problem for a failed exchange, with its RFC 9209 error type in Proxy-Status."""
    if isinstance(error, CallerGone):
        return Problem("caller_gone", "The caller closed the connection.")
    for kind, (code, detail, proxy_error) in _PROBLEMS.items():
        if isinstance(error, kind):
            return Problem(code, detail, headers=proxy_status(proxy_error))
    return Problem(
        "upstream_reset",
        "The upstream closed the connection before its response was complete.",
        headers=proxy_status("connection_terminated"),
    )


_PROBLEMS: dict[type[Exception], tuple[str, str, str]] = {
    BlockedAddress: (
        "address_refused",
        "The upstream's host name resolves to an address that may not be called.",
        "destination_ip_prohibited",
    ),
    ResolveFailed: (
        "name_not_resolved",
        "The upstream's host name could not be resolved.",
        "dns_error",
    ),
    ResolveTimeout: (
        "upstream_timeout",
        "The upstream's host name was not resolved in time.",
        "dns_timeout",
    ),
    ConnectFailed: (
        "connect_failed",
        "The proxy could not connect to the upstream.",
        "connection_refused",
    ),
    TlsFailed: (
        "tls_failed",
        "The upstream's TLS certificate is not trusted, or the handshake failed.",
        "tls_protocol_error",
    ),
    TransportTimeout: (
        "upstream_timeout",
        "The upstream did not answer in time.",
        "connection_timeout",
    ),
    MalformedResponse: (
        "upstream_malformed",
        "The upstream's response is not valid HTTP.",
        "http_protocol_error",
    ),
    ResponseTooLarge: (
        "response_too_large",
        "The upstream's response is larger than the proxy can deliver.",
        "http_response_body_size",
    ),
}
