"""HTTP requests with the standard library.

An HTTP client library and its dependencies would add 4 MB to an installation of 55 MB.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from typing import Any

import msgspec

# The largest response body in bytes, and the longest time for it in seconds.
MAX_BYTES = 32_000_000
MAX_SECONDS = 120.0


class ServerResponse(msgspec.Struct, frozen=True):
    """A whole response. Names of `headers` are in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def is_redirect(self) -> bool:
        """Whether the response names another address."""
        return self.status in (301, 302, 303, 307, 308) and "location" in self.headers


class ProxyFailure(OSError):
    """The proxy of the environment refused to connect, or its URL has an unknown scheme."""


class OversizedResponse(Exception):
    """The body of a response is longer than any of the API's."""


class RequestTimeouts(msgspec.Struct, frozen=True):
    """Seconds until a connection is open, with TLS, and until more of a response arrives."""

    connect: float = 10.0
    read: float = 60.0


class Transport:
    """Sends requests to the server at `url`, each over its own connection. Threads can share it.

    With `use_proxy`, the environment's proxies (HTTPS_PROXY, ALL_PROXY, NO_PROXY) are used.
    """

    def __init__(
        self, url: str, context: ssl.SSLContext | None, headers: Mapping[str, str], use_proxy: bool
    ) -> None:
        self.url = url
        self._context = context
        self._headers = dict(headers)
        proxies = urllib.request.getproxies() if use_proxy else {}
        if "all" in proxies:
            proxies = {"http": proxies["all"], "https": proxies["all"], **proxies}
        self._proxies = proxies

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeouts: RequestTimeouts | None = None,
    ) -> ServerResponse:
        """Send a request and return its response, whatever its status. Redirects are not followed.

        Raises OSError (ssl.SSLError, socket.gaierror, TimeoutError, ConnectionError, ProxyFailure),
        http.client.HTTPException if the response is not HTTP or breaks off, OversizedResponse, and
        UnicodeError for a path that is not ASCII.
        """
        timeouts = timeouts or RequestTimeouts()
        request = urllib.request.Request(
            self.url + path, data=content, headers={**self._headers, **(headers or {})},
            method=method,
        )  # fmt: skip
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(self._proxies),
            _HttpHandler(timeouts),
            _HttpsHandler(timeouts, self._context),
            _NoRedirects(),
        )
        try:
            with opener.open(request, timeout=timeouts.connect) as response:
                return _read(response, response.status, response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error, error.code, error.headers)
        except urllib.error.URLError as error:
            if isinstance(error.reason, OSError):
                if str(error.reason).startswith("Tunnel connection failed"):
                    raise ProxyFailure(str(error.reason)) from error
                raise error.reason from error
            raise ProxyFailure(str(error.reason)) from error


def _read(body: Any, status: int, headers: Message) -> ServerResponse:
    ends_at = time.monotonic() + MAX_SECONDS
    content = bytearray()
    while part := body.read1(65536):
        content += part
        if len(content) > MAX_BYTES:
            raise OversizedResponse
        if time.monotonic() > ends_at:
            raise TimeoutError
    if body.length:  # what Content-Length promised
        raise http.client.IncompleteRead(bytes(content), body.length)
    return ServerResponse(
        status, {name.lower(): value for name, value in headers.items()}, bytes(content)
    )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Return None: the response with the redirect is the result."""


class _HttpHandler(urllib.request.HTTPHandler):
    def __init__(self, timeouts: RequestTimeouts) -> None:
        super().__init__()
        self._timeouts = timeouts

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_connection(http.client.HTTPConnection, self._timeouts), req)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def __init__(self, timeouts: RequestTimeouts, context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._timeouts = timeouts
        self._own_context = context

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        connection = _connection(http.client.HTTPSConnection, self._timeouts)
        return self.do_open(connection, req, context=self._own_context)


def _connection(base: type[http.client.HTTPConnection], timeouts: RequestTimeouts) -> Any:
    """Return a class of connections that have another timeout once they are open."""

    class Connection(base):  # type: ignore[valid-type,misc]
        def connect(self) -> None:
            super().connect()
            self.sock.settimeout(timeouts.read)

    return Connection
