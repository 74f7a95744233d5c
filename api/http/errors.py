"""Errors of outbound connections, one class for each response that a caller gets.

TransportError
├── ConnectFailed       refused, unreachable, reset while connecting
│   └── NoSocketLeft      this process may not open another socket
├── TlsFailed           handshake or certificate
├── TransportTimeout    a time limit was exceeded
│   └── ConnectTimeout    before a connection was open
├── CallerGone          the caller disconnected during the wait
├── PeerClosed          the peer closed the connection too early
├── MalformedResponse   not valid HTTP/1.1
│   └── NoStatusLine    what arrived is no response at all
└── ResponseTooLarge
"""

from __future__ import annotations

from api.errors import TimeLimit


class TransportError(Exception):
    """The base class. The text is for logs and never contains what was sent."""


class ConnectFailed(TransportError):
    """No TCP connection to any of the addresses could be made."""


class NoSocketLeft(ConnectFailed):
    """This process has no file descriptor or memory for another connection."""


class TlsFailed(TransportError):
    """The TLS handshake failed or the certificate is not trusted for the name."""


class TransportTimeout(TransportError):
    """A time limit was exceeded. `limit` is its name."""

    def __init__(self, message: str, *, limit: TimeLimit = "total") -> None:
        super().__init__(message)
        self.limit = limit


class ConnectTimeout(TransportTimeout):
    """The time limit was exceeded before a connection was open, so nothing was sent."""


class CallerGone(TransportError):
    """The caller closed its connection during the wait for the upstream."""


class PeerClosed(TransportError):
    """The peer closed or reset the connection before its message was complete.

    `started` is False if no byte of the response had arrived.
    """

    def __init__(self, message: str, *, started: bool) -> None:
        super().__init__(message)
        self.started = started


class MalformedResponse(TransportError):
    """The response is not valid HTTP/1.1, or its head is too large."""


class NoStatusLine(MalformedResponse):
    """The first bytes are no response: on a reused connection, more of the one before it."""


class ResponseTooLarge(TransportError):
    """The body is larger than the given limit."""
