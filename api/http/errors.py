"""What can go wrong on an outbound connection, one class for each answer a caller would get.

TransportError
├── NameNotResolved
├── ConnectFailed       refused, unreachable, reset while connecting
├── TlsFailed           handshake or certificate
├── TransportTimeout    the deadline passed
├── CallerGone          the caller hung up while we waited
├── PeerClosed          the peer ended the connection too early (`started`: after it had answered)
├── MalformedResponse   not valid HTTP/1.1
└── ResponseTooLarge
"""

from __future__ import annotations


class TransportError(Exception):
    """The root; the text is for logs and never holds what was sent."""


class ConnectFailed(TransportError):
    """No TCP connection to any of the addresses."""


class TlsFailed(TransportError):
    """The TLS handshake failed or the certificate is not trusted for the name."""


class TransportTimeout(TransportError):
    """The deadline passed while connecting, sending or waiting."""


class CallerGone(TransportError):
    """The caller closed its connection while we waited for the upstream."""


class PeerClosed(TransportError):
    """The peer closed or reset the connection before its message was complete.

    `started` is False when not a single byte of the response had arrived.
    """

    def __init__(self, message: str, *, started: bool) -> None:
        super().__init__(message)
        self.started = started


class MalformedResponse(TransportError):
    """The peer's bytes are not valid HTTP/1.1, or its head is larger than we read."""


class ResponseTooLarge(TransportError):
    """The body is larger than the limit given."""
