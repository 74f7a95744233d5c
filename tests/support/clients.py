"""HTTP clients for tests: one calls the server, one calls the function's handler."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Headers = Sequence[tuple[str, str]] | Mapping[str, str]


@dataclass
class Response:
    """A response: status, header fields in order, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for field, value in self.headers if field.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """Return the first value of a field."""
        values = self.all(name)
        return values[0] if values else None

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """The interface of all clients. `url` is the origin that the product is reached at."""

    url: str

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        """Send a request. `target` is sent unchanged."""
        raise NotImplementedError

    def call(
        self, method: str, target: str, body: object = None, token: str | None = None
    ) -> Response:
        """Send a request with a JSON body and an access token."""
        headers: list[tuple[str, str]] = []
        data = None
        if token is not None:
            headers.append(("Authorization", f"Bearer {token}"))
        if body is not None:
            headers.append(("Content-Type", "application/json"))
            data = json.dumps(body).encode()
        return self.request(method, target, headers, data)


class HttpClient(Client):
    """Calls the server on a port. `host` is the value of the Host field, `source` the address of
    this machine that it calls from.

    `log` is the file with the server's log, if the test started the server.
    """

    log: Path

    def __init__(self, port: int, host: str | None = None, source: str = "127.0.0.1") -> None:
        self.port = port
        self._source = source
        self.host = host or f"127.0.0.1:{port}"
        self.url = f"http://127.0.0.1:{port}"

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        # http.client.HTTPConnection refuses unusual targets, which tests send on purpose.
        items = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        fields = [("Host", self.host), *items]
        if body is not None:
            fields.append(("Content-Length", str(len(body))))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        place = ("127.0.0.1", self.port)
        with socket.create_connection(place, 60, (self._source, 0)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(head)
            if body:
                connection.sendall(body)
            with http.client.HTTPResponse(connection, method=method) as answer:
                answer.begin()
                return Response(answer.status, answer.getheaders(), answer.read())


class LambdaClient(Client):
    """Calls the function's handler with events of an API Gateway HTTP API (payload format 2.0)."""

    url = "https://abc123.execute-api.us-east-2.amazonaws.com"

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None
    ) -> Response:
        items = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        answer = self._handler(event(method, target, items, body), None)
        fields = [(name, value) for name, value in answer.get("headers", {}).items()]
        fields += [("set-cookie", value) for value in answer.get("cookies", [])]
        data = answer.get("body", "")
        raw = base64.b64decode(data) if answer.get("isBase64Encoded") else data.encode()
        return Response(answer["statusCode"], fields, raw)


def event(
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes | None,
    decoded: bool = False,
    source: str = "203.0.113.7",
) -> dict[str, Any]:
    """Return an event as API Gateway builds it: field names in lower case, repeated fields joined,
    cookies in a separate list, and `source` appended to X-Forwarded-For.

    With `decoded`, the path is percent-decoded once, as HTTP APIs do it.
    """
    path, _, query = target.partition("?")
    fields: dict[str, str] = {"host": "abc123.execute-api.us-east-2.amazonaws.com"}
    cookies: list[str] = []
    for name, value in headers:
        lower = name.lower()
        if lower == "cookie":
            cookies += [part.strip() for part in value.split(";")]
        elif lower in fields:
            fields[lower] += f",{value}"
        else:
            fields[lower] = value
    sent = fields.get("x-forwarded-for")
    fields["x-forwarded-for"] = f"{sent}, {source}" if sent else source
    fields.setdefault("x-forwarded-proto", "https")
    fields.setdefault("x-forwarded-port", "443")
    fields.setdefault("x-amzn-trace-id", "Root=1-5fff599f-6fca6ee66e37fe5e518eb45b")
    if body is not None:
        fields["content-length"] = str(len(body))
    raw_path = unquote(path, encoding="utf-8") if decoded else path
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": fields,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": fields["host"],
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": source,
                "userAgent": fields.get("user-agent", ""),
            },
            "requestId": "id",
            "routeKey": "ANY /{proxy+}",
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": body is not None,
    }
    if cookies:
        made["cookies"] = cookies
    if body is not None:
        made["body"] = base64.b64encode(body).decode()
    return made
