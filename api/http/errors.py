"""Errors of outbound connections, one class for each response that a caller gets.

TransportError
├── ConnectFailed       refused, unreachable, reset while connecting
├── TlsFailed           handshake or certificate
├── TransportTimeout    the deadline passed
├── CallerGone          the caller disconnected during the wait
├── PeerClosed          the peer closed the connection too early
├── MalformedResponse   not valid HTTP/1.1
└── ResponseTooLarge
"""

from __future__ import annotations


class TransportError(Exception):
    """The base class. The text is for logs and never contains what was sent."""


class ConnectFailed(TransportError):
    """No TCP connection to any of the addresses could be made."""


class TlsFailed(TransportError):
    """The TLS handshake failed or the certificate is not trusted for the name."""


class TransportTimeout(TransportError):
    """The deadline passed while connecting, sending or waiting."""


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


class ResponseTooLarge(TransportError):
    """The body is larger than the given limit."""
