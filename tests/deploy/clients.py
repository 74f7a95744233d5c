"""Clients of a deployed stack, for its HTTP API and its CDN."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any

from tests.support.clients import Client, Headers, Response


class StackClient(Client):
    """A client that sends requests for one host to the emulator."""

    def __init__(self, port: int, host: str) -> None:
        self._port = port
        self.host = host

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        """Send a request. `target` is sent unchanged."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        fields = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in [("Host", self.host), *fields]:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Response(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


def api_host(outputs: Mapping[str, Any], port: int) -> str:
    """Return the host at which the emulator serves a stack's HTTP API."""
    return f"{outputs['API_GATEWAY_ID']}.execute-api.localhost:{port}"


def proxy_host(outputs: Mapping[str, Any]) -> str:
    """Return the host of a stack's function URL, which the emulator recognizes."""
    host: str = outputs["PROXY_URL"].partition("://")[2]
    return host


def cdn_host(outputs: Mapping[str, Any], port: int) -> str:
    """Return the host at which the emulator serves a stack's CDN."""
    label = outputs["CDN_DOMAIN"].split(".")[0]
    return f"{label}.cloudfront.localhost:{port}"
