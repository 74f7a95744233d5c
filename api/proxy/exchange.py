"""Sends one request to an upstream over a pooled connection, and maps failures to problems.

The connection goes to an address that was checked (S3). Each request has at most one response (S12,
S13).
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from api.errors import DO_NOT_RETRY, Problem, ServerStopping
from api.http.connection import Connection, Watched
from api.http.errors import (
    CallerGone,
    ConnectFailed,
    ConnectTimeout,
    MalformedResponse,
    NoSocketLeft,
    NoStatusLine,
    PeerClosed,
    ResponseTooLarge,
    TlsFailed,
    TransportError,
    TransportTimeout,
)
from api.http.pool import ConnectionPool
from api.http.timeouts import Timeouts
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

_PIECE = 65_536
_RESOLVE_SECONDS = 5.0
# The upstream may close a connection that was idle for longer at any moment.
_IDLE_SECONDS = 2.0
# Seconds until a socket is probably free again.
_RETRY_AFTER = 1

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

    def resolve(self, base: BaseUrl, timeouts: Timeouts) -> tuple[str, ...]:
        """Return the host's addresses. Each of them may be called.

        Raises BlockedAddress, ResolveFailed and ResolveTimeout.
        """
        allowed = base.host_and_port in self.allowed
        seconds = min(_RESOLVE_SECONDS, timeouts.connect, timeouts.end - monotonic())
        return resolve_public(self._resolver, base, allowed, seconds)

    def send(
        self,
        request: UpstreamRequest,
        addresses: tuple[str, ...],
        timeouts: Timeouts,
        caller: Watched | None = None,
        while_waiting: Callable[[], None] | None = None,
    ) -> UpstreamResponse:
        """Send a request, call `while_waiting`, and read the head of the response.

        The receiver of the response reads the body and releases the connection. The request is sent
        a second time only if the request may be repeated (RFC 9110 9.2.2) and a kept-alive
        connection was closed before any response, or more bytes of the last response arrived on it.
        Both attempts together wait no longer for a response than one may.

        Raises TransportError, CallerGone if `caller`, the client's socket, is closed, and
        ServerStopping.
        """
        idempotent = request.is_idempotent
        base = request.base
        started = monotonic()
        for fresh in (False, True):
            connection, used_before = self.connections.acquire(
                base.scheme,
                base.host,
                base.port,
                addresses,
                timeouts,
                fresh=fresh,
                idle_seconds=None if idempotent else _IDLE_SECONDS,
            )
            try:
                connection.expect(request.method)
                _write(connection, request, timeouts, caller)
                if while_waiting is not None:
                    while_waiting()
                status, headers = connection.read_head(timeouts, caller)
            except (PeerClosed, NoStatusLine) as error:
                connection.close()
                repeatable = used_before and idempotent and request.read_more is None
                if not repeatable or (isinstance(error, PeerClosed) and error.started):
                    raise
                timeouts = timeouts.after_waiting(monotonic() - started)
            except ServerStopping as stop:
                connection.close()
                stop.request_sent = True
                raise
            except BaseException:
                connection.close()
                raise
            else:
                return UpstreamResponse(connection, status, headers)
        raise AssertionError("a fresh connection was not used before")


def _write(
    connection: Connection, request: UpstreamRequest, timeouts: Timeouts, caller: Watched | None
) -> None:
    """Send a request. Return early if the upstream refuses it before it has read everything.

    The seconds of waiting for the caller's body are not counted.
    """
    chunked = request.length is None
    start = _chunk(request.body) if chunked and request.body else request.body
    sending = timeouts.for_body()
    try:
        is_accepted = connection.send(request.head() + start, sending, caller)
        while is_accepted and request.read_more is not None:
            began = monotonic()
            piece = request.read_more(_PIECE)
            sending = sending.postponed(monotonic() - began)
            if not piece:
                if chunked:
                    connection.send(b"0\r\n\r\n", sending, caller)
                break
            is_accepted = connection.send(_chunk(piece) if chunked else piece, sending, caller)
    except PeerClosed as error:
        # An upstream may respond (413) and close before it has read everything: read that response.
        try:
            connection.read_head(timeouts.until(monotonic() + 1.0))
        except TransportTimeout:
            raise error from None


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def to_problem(error: UpstreamError, request: UpstreamRequest | None = None) -> Problem:
    """Return the problem for a failed exchange, with its RFC 9209 error type in Proxy-Status.

    If the upstream may have carried out a `request` that must not be repeated, the problem tells
    SDKs so.
    """
    if isinstance(error, CallerGone):
        return Problem("caller_gone", "The caller closed the connection.")
    code, detail, proxy_error = _RESET
    for kind, texts in _PROBLEMS.items():
        if isinstance(error, kind):
            code, detail, proxy_error = texts
            break
    headers = proxy_status(proxy_error)
    if isinstance(error, NoSocketLeft):
        headers += (("Retry-After", str(_RETRY_AFTER)),)
    if request is not None and was_sent(error) and not request.is_idempotent:
        headers += DO_NOT_RETRY
    if not isinstance(error, TransportTimeout):
        return Problem(code, detail, headers=headers)
    return Problem(code, _TIMEOUTS[error.limit], headers=headers, time_limit=error.limit)


def was_sent(error: UpstreamError) -> bool:
    """Return whether the upstream may have received the request of a failed exchange."""
    return not isinstance(error, _NOT_SENT)


_NOT_SENT = (
    BlockedAddress,
    ConnectFailed,
    ConnectTimeout,
    ResolveFailed,
    ResolveTimeout,
    TlsFailed,
)
_TIMEOUTS = {
    "connect": "No connection to the upstream could be opened in time. "
    "`API_DASHBOARD_CONNECT_TIMEOUT` is the limit.",
    "send": "The upstream stopped reading the request. `API_DASHBOARD_SEND_TIMEOUT` is the limit.",
    "first_byte": "The upstream did not start its response in time. "
    "`API_DASHBOARD_FIRST_BYTE_TIMEOUT` is the limit.",
    "idle": "The upstream stopped in the middle of its response. "
    "`API_DASHBOARD_IDLE_TIMEOUT` is the limit.",
    "stream": "The body took too long in all. `API_DASHBOARD_STREAM_TIMEOUT` is the limit.",
    "total": "The call took too long in all. On AWS, a call may take 14 minutes, but at "
    "`API_GATEWAY_URL` 26 seconds (or `API_DASHBOARD_UPSTREAM_TIMEOUT`, if that is less).",
}
_RESET = (
    "upstream_reset",
    "The upstream closed the connection before its response was complete.",
    "connection_terminated",
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
    NoSocketLeft: (
        "server_busy",
        "The server may open no more connections. Try again in a moment.",
        "connection_limit_reached",
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
