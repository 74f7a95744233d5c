"""Handshakes of callers, and what becomes of them at the upstream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from api.credentials import AuthScheme
from api.pools import PoolKey
from api.proxy.authorization import Authorizer
from api.proxy.caller_request import CallerRequest, request_for_key
from api.proxy.identity import Identity
from api.proxy.token_extraction import is_allowed_location
from api.raw_request import RawRequest
from api.secret import Credential, Secret
from api.services.accounts.sessions import authentication_required
from api.upstream.base_url import parse_base_url
from api.websocket.handshake import UpstreamHandshake, read_handshake
from tests.unit.proxy.credentials import CODEC, reader, request

NONCE = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 1.3
SECRET = "sk-secret-of-the-key-0123456789"

Fields = Sequence[tuple[str, str]]


def handshake(fields: Fields = (), query: str = "", **members: Any) -> RawRequest:
    """Return a valid handshake with more fields. A field without a value replaces none of it."""
    headers = [
        ("Host", "127.0.0.1:8420"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", NONCE),
        ("Sec-WebSocket-Version", "13"),
    ]
    raw = request([*headers, *fields], query, method="GET")
    return msgspec.structs.replace(
        raw, **{"upgrade": "websocket", "can_upgrade": True, "length": 0, **members}
    )


def without(raw: RawRequest, name: str, *values: str) -> RawRequest:
    """Return the request with other values of a field, without it if there are none."""
    headers = [field for field in raw.headers if field[0].lower() != name.lower()]
    return msgspec.structs.replace(raw, headers=[*headers, *((name, value) for value in values)])


def pool_key(
    auth: AuthScheme, *locations: str, base_url: str = "https://api.example.com"
) -> PoolKey:
    """Return a key of an API."""
    return PoolKey("test.0123456789abcdef", base_url, auth, "gAAAA", credential_locations=locations)


def identify(raw: RawRequest) -> Identity:
    """Return the caller of a request. Raises Problem(authentication_required)."""
    unused: Any = None

    class NoSessions:
        def read_access(self, _text: str) -> None:
            return None

    sessions: Any = NoSessions()
    authorizer = Authorizer(unused, unused, CODEC, sessions, unused, lambda: 0.0)
    return authorizer.identify(raw, "/x", reader(raw))


def sent_upstream(raw: RawRequest, key: PoolKey, secret: str = SECRET) -> str:
    """Return the head that the upstream gets. Raises Problem."""
    call = read_handshake(raw)
    found = identify(call).found
    if not is_allowed_location(found, key.auth, key.credential_locations):
        raise authentication_required()
    upstream_request = request_for_key(
        CallerRequest(call, "/x", b"", None),
        found,
        parse_base_url(key.base_url, frozenset(), placeholder=True),
        key,
        Credential(Secret(secret)),
        limited_methods=False,
    )
    return UpstreamHandshake(upstream_request).head.decode("latin-1")
