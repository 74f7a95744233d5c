"""Builds the upstream request for one key: base URL, target, headers with the credential, body.

The proxy and key checks share this step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from api.credentials import AuthScheme
from api.http.connection import Connection
from api.proxy.request_headers import insert_credential
from api.secret import Secret
from api.upstream.base_url import BaseUrl, parse_base_url
from api.upstream.target import build_target

_BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})


class UpstreamRequest(msgspec.Struct, frozen=True):
    """A request that is ready to be sent.

    `base` has the credential in its path if the API expects it there. `secret` is the credential,
    which must be masked in the response.

    `body` is the whole body, or its start when `read_more` reads the rest piece by piece. `length`
    is the length of the whole body in bytes, None for a chunked one.
    """

    base: BaseUrl
    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    secret: Secret
    body: bytes = b""
    length: int | None = 0
    read_more: Callable[[int], bytes] | None = None

    def head(self) -> bytes:
        """Return the request line and the header section."""
        lines = [f"{self.method} {self.target} HTTP/1.1\r\nHost: {self.base.authority}\r\n"]
        lines += [f"{name}: {value}\r\n" for name, value in self.headers]
        if self.length is None:
            lines.append("Transfer-Encoding: chunked\r\n")
        elif self.length or self.method in _BODY_EXPECTED:
            lines.append(f"Content-Length: {self.length}\r\n")
        lines.append("\r\n")
        return "".join(lines).encode("latin-1")


class UpstreamResponse(msgspec.Struct, frozen=True):
    """A response whose body is still to be read from the connection."""

    connection: Connection
    status: int
    headers: list[tuple[str, str]]


def build_upstream_request(
    base: BaseUrl,
    auth: AuthScheme,
    secret: Secret,
    *,
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    body: bytes = b"",
    length: int | None = 0,
    read_more: Callable[[int], bytes] | None = None,
) -> UpstreamRequest:
    """Return the request to `path` below `base` with the credential added.

    `query` and `headers` must not contain a credential of the caller. Raises InvalidPath.
    """
    prefix, query, sent = insert_credential(auth, secret, base.prefix, query, headers)
    filled = msgspec.structs.replace(base, prefix=prefix)
    target = build_target(filled, path, query)
    return UpstreamRequest(filled, method, target, sent, secret, body, length, read_more)


@lru_cache(maxsize=1024)
def stored_base_url(text: str, allowed: frozenset[str]) -> BaseUrl:
    """Parse a stored key's base URL and check it again. Raises InvalidBaseUrl."""
    return parse_base_url(text, allowed, placeholder=True)
