"""Sends a message to a URL, with the checks of every upstream request (S1 to S5)."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from api import __version__
from api.errors import reason_phrase
from api.http.errors import (
    ConnectFailed,
    MalformedResponse,
    TlsFailed,
    TransportError,
    TransportTimeout,
)
from api.http.timeouts import Timeouts
from api.notifications.results import SECONDS, AttemptResult
from api.proxy.exchange import UpstreamClient
from api.proxy.upstream_request import UpstreamRequest
from api.secret import Credential, Secret
from api.services.notifications.addresses import WebAddress
from api.upstream.resolver import BlockedAddress, ResolveFailed, ResolveTimeout

# Seconds: the longest wait that a target may ask for.
_LONGEST_WAIT = 3600
_NO_CREDENTIAL = Credential(Secret(""))
_NO_RESPONSE: tuple[tuple[type[Exception], str], ...] = (
    (ResolveFailed, "The host's name could not be resolved."),
    (ResolveTimeout, "The host's name could not be resolved in time."),
    (TlsFailed, "The server's TLS certificate is not trusted, or the handshake failed."),
    (ConnectFailed, "No connection to the server could be opened."),
    (TransportTimeout, f"The server did not respond within {SECONDS:.0f} seconds."),
    (MalformedResponse, "The server's response is not valid HTTP."),
)


def post(
    client: UpstreamClient, address: WebAddress, headers: Sequence[tuple[str, str]], body: bytes
) -> AttemptResult:
    """Send a POST request with a JSON body and return what came of it. Never raises.

    Redirects are not followed (S5), and the body of the response is not read.
    """
    request = UpstreamRequest(
        address.base,
        "POST",
        address.target,
        [
            ("Content-Type", "application/json"),
            ("User-Agent", f"API-Dashboard/{__version__}"),
            ("Accept", "*/*"),
            ("Connection", "close"),
            *headers,
        ],
        _NO_CREDENTIAL,
        body,
        len(body),
    )
    timeouts = Timeouts.overall(monotonic() + SECONDS)
    try:
        addresses = client.resolve(address.base, timeouts)
        response = client.send(request, addresses, timeouts)
    except BlockedAddress as error:
        return AttemptResult(
            False, f"{error.host} has an address that may not be called ({error.reason})."
        )
    except (ResolveFailed, ResolveTimeout, TransportError) as error:
        return AttemptResult(False, _reason(error))
    response.connection.close()
    return _result(response.status, response.headers)


def _result(status: int, headers: Sequence[tuple[str, str]]) -> AttemptResult:
    responded = f"The server responded {status} ({reason_phrase(status)})."
    if 200 <= status < 300:
        return AttemptResult(True, responded, status)
    if 300 <= status < 400:
        return AttemptResult(
            False,
            f"{responded} Redirects are not followed: enter the address that it leads to.",
            status,
        )
    # Standard Webhooks: the receiver is gone for good.
    return AttemptResult(False, responded, status, _retry_after(headers), is_final=status == 410)


def _retry_after(headers: Sequence[tuple[str, str]]) -> int:
    for name, value in headers:
        if name.lower() == "retry-after" and value.isascii() and value.isdigit():
            return min(int(value[:9]), _LONGEST_WAIT)
    return 0


def _reason(error: Exception) -> str:
    for kind, text in _NO_RESPONSE:
        if isinstance(error, kind):
            return text
    return "The server closed the connection before its response was complete."
