"""Builds the upstream request for one key: base URL, target, headers with the credential, body.

The proxy and key checks share this step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from api.credentials import AuthScheme
from api.http.connection import Connection
from api.http.fields import is_idempotent
from api.proxy.request_headers import insert_credential
from api.secret import Credential
from api.upstream.base_url import BaseUrl, parse_base_url
from api.upstream.further_hosts import FurtherCall
from api.upstream.target import build_target

_BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})


class UpstreamRequest(msgspec.Struct, frozen=True):
    """A request that is ready to be sent.

    `base` has the credential in its path if the API expects it there. The secrets of `credential`
    must be masked in the response.

    `body` is the whole body, or its start when `read_more` reads the rest piece by piece. `length`
    is the length of the whole body in bytes, None for a chunked one. `further` is set if the
    request goes to a further host of the API.
    """

    base: BaseUrl
    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    credential: Credential
    body: bytes = b""
    length: int | None = 0
    read_more: Callable[[int], bytes] | None = None
    further: FurtherCall | None = None

    @property
    def sends_credential(self) -> bool:
        """Whether the request has the key's credential: some further hosts need none."""
        return self.further is None or self.further.credential

    @property
    def is_idempotent(self) -> bool:
        """Whether the request may be sent again (RFC 9110 9.2.2)."""
        return is_idempotent(self.method, self.headers)

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
    credential: Credential,
    *,
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    body: bytes = b"",
    length: int | None = 0,
    read_more: Callable[[int], bytes] | None = None,
    further: FurtherCall | None = None,
) -> UpstreamRequest:
    """Return the request to `path` below `base` with the credential added.

    A further host that needs no credential gets none. `query` and `headers` must not contain a
    credential of the caller. Raises InvalidPath.
    """
    prefix, sent = base.prefix, headers
    if further is None or further.credential:
        prefix, query, sent = insert_credential(auth, credential, base.prefix, query, headers)
    filled = msgspec.structs.replace(base, prefix=prefix)
    target = build_target(filled, path, query)
    return UpstreamRequest(
        filled, method, target, sent, credential, body, length, read_more, further
    )


@lru_cache(maxsize=1024)
def stored_base_url(text: str, allowed: frozenset[str]) -> BaseUrl:
    """Parse a stored key's base URL and check it again. Raises InvalidBaseUrl."""
    return parse_base_url(text, allowed, placeholder=True)
