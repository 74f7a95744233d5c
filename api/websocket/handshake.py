"""The opening handshakes of a WebSocket, with the caller and with the upstream (RFC 6455 4).

wsproto makes and checks them. Offers of extensions pass through unchanged, because the frames that
the extensions change do too.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import h11
import msgspec
from wsproto import ConnectionType
from wsproto.events import AcceptConnection
from wsproto.events import Request as HandshakeRequest
from wsproto.handshake import H11Handshake
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from api.errors import Problem
from api.http.errors import MalformedResponse
from api.proxy.upgrades import connection_options, upgrade_not_supported
from api.proxy.upstream_request import UpstreamRequest
from api.proxy.websocket_credential import CREDENTIAL_FIELD, PROTOCOL_FIELD, with_secret
from api.raw_request import RawRequest, WebSocketOffer
from api.websocket.credentials import with_offer

_VERSION = "13"
HANDSHAKE_PREFIX = "sec-websocket-"
EXTENSIONS_FIELD = "sec-websocket-extensions"
# Visible ASCII without commas, quotes and braces: more than a token of RFC 9110 may have.
_SUBPROTOCOL = re.compile(r"[\x21\x23-\x2b\x2d-\x7a\x7c\x7e]+")
_MAX_SUBPROTOCOLS = 64


def read_handshake(raw: RawRequest) -> RawRequest:
    """Return the call that a WebSocket's caller makes, with the `websocket` offer.

    Raises Problem(invalid_request) for a malformed handshake, and Problem(upgrade_not_supported)
    for another version than 13.
    """
    fields = _handshake_fields(raw)
    subprotocols = _subprotocols(fields.get("sec-websocket-protocol", []))
    key = _checked_key(raw, fields)
    _received(key, subprotocols)
    headers = [
        (name, value)
        for name, value in raw.headers
        if name.lower() == EXTENSIONS_FIELD or not name.lower().startswith(HANDSHAKE_PREFIX)
    ]
    return with_offer(msgspec.structs.replace(raw, headers=headers), key, subprotocols)


def acceptance(
    offer: WebSocketOffer, subprotocol: str | None, headers: Sequence[tuple[str, str]]
) -> bytes:
    """Return the response with status 101 for the subprotocol that the upstream selected.

    `headers` are the other fields. Raises MalformedResponse if they cannot be sent.
    """
    if subprotocol is not None and subprotocol not in offer.subprotocols:
        subprotocol = offer.token_subprotocol  # what is left is the one with the key
    handshake = _received(offer.key, offer.subprotocols)
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    try:
        return handshake.send(AcceptConnection(subprotocol, extra_headers=fields))
    except (LocalProtocolError, h11.LocalProtocolError, ValueError) as error:
        raise MalformedResponse("handshake response cannot be passed on") from error


class UpstreamHandshake:
    """The handshake with the upstream for a request. `head` is what is sent."""

    def __init__(self, request: UpstreamRequest) -> None:
        secret, offered = None, ""
        headers = []
        for name, value in request.headers:
            if name == CREDENTIAL_FIELD:
                secret = value
            elif name == PROTOCOL_FIELD:
                offered = value
            else:
                headers.append((name.encode("latin-1"), value.encode("latin-1")))
        subprotocols = with_secret(offered.split(", ") if offered else [], secret)
        self._client = H11Handshake(ConnectionType.CLIENT)
        try:
            self.head = self._client.send(
                HandshakeRequest(
                    host=request.base.authority,
                    target=request.target,
                    subprotocols=subprotocols,
                    extra_headers=headers,
                )
            )
        except (LocalProtocolError, h11.LocalProtocolError, ValueError) as error:
            raise _malformed("The target or a field of the request cannot be sent.") from error

    def check(self, headers: Sequence[tuple[str, str]]) -> str | None:
        """Return the subprotocol in a response with status 101, None without one.

        Raises MalformedResponse if the response does not open a WebSocket that was asked for.
        """
        lines = ["HTTP/1.1 101 Switching Protocols"]
        connection = []
        for name, value in headers:
            lower = name.lower()
            if lower == "connection":
                connection.append(value)
            elif lower in ("upgrade", "sec-websocket-accept", "sec-websocket-protocol") and value:
                lines.append(f"{name}: {value}")
        if connection:
            lines.append(f"Connection: {', '.join(connection)}")
        try:
            self._client.receive_data("\r\n".join([*lines, "", ""]).encode("latin-1"))
            (event,) = self._client.events()
        except (RemoteProtocolError, ValueError) as error:
            raise MalformedResponse("not a valid WebSocket handshake") from error
        assert isinstance(event, AcceptConnection)
        return event.subprotocol


def _handshake_fields(raw: RawRequest) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in raw.headers:
        lower = name.lower()
        if lower.startswith(HANDSHAKE_PREFIX):
            fields.setdefault(lower, []).append(value)
    return fields


def _subprotocols(values: Sequence[str]) -> list[str]:
    offered = [item.strip() for value in values for item in value.split(",")]
    offered = [item for item in offered if item]
    if len(offered) > _MAX_SUBPROTOCOLS or not all(map(_SUBPROTOCOL.fullmatch, offered)):
        raise _malformed("Sec-WebSocket-Protocol must be a list of at most 64 tokens.")
    return offered


def _checked_key(raw: RawRequest, fields: dict[str, list[str]]) -> str:
    """Return Sec-WebSocket-Key after all checks that wsproto does not make. Raises Problem."""
    keys, versions = fields.get("sec-websocket-key", []), fields.get("sec-websocket-version", [])
    protocols = {item.strip().lower() for item in (raw.upgrade or "").split(",")}
    if raw.method != "GET":
        raise _malformed(f"The method must be GET, not {raw.method[:20]}.")
    if "websocket" not in protocols:
        raise _malformed(
            "The field `Upgrade: websocket` is missing. A proxy in front of the dashboard that is "
            "not set up for WebSockets removes it."
        )
    if "upgrade" not in connection_options(raw):
        raise _malformed("The field `Connection: Upgrade` is missing.")
    if len(versions) != 1:
        raise _malformed("Sec-WebSocket-Version must occur once.")
    if versions[0] != _VERSION:
        raise upgrade_not_supported(
            f"Sec-WebSocket-Version must be {_VERSION}.", ("Sec-WebSocket-Version", _VERSION)
        )
    if len(keys) != 1 or not _is_nonce(keys[0]):
        raise _malformed("Sec-WebSocket-Key must occur once, with 16 bytes in Base64.")
    if raw.length != 0:
        raise _malformed("The request must have no body.")
    return keys[0]


def _received(key: str, subprotocols: Sequence[str]) -> H11Handshake:
    """Return a handshake that has received the caller's request. Raises Problem."""
    headers = [
        (b"Host", b"localhost"),
        (b"Connection", b"Upgrade"),
        (b"Upgrade", b"websocket"),
        (b"Sec-WebSocket-Key", key.encode("ascii")),
        (b"Sec-WebSocket-Version", _VERSION.encode("ascii")),
    ]
    if subprotocols:
        headers.append((PROTOCOL_FIELD.encode("ascii"), ", ".join(subprotocols).encode("ascii")))
    handshake = H11Handshake(ConnectionType.SERVER)
    try:
        handshake.initiate_upgrade_connection(headers, "/")
    except (LocalProtocolError, RemoteProtocolError, h11.LocalProtocolError) as error:
        raise _malformed("One of its fields is not valid.") from error
    return handshake


def _is_nonce(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except ValueError:
        return False


def _malformed(detail: str) -> Problem:
    return Problem("invalid_request", f"The WebSocket handshake is malformed. {detail}")
