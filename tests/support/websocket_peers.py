"""An upstream that accepts WebSockets, and the environ of a handshake."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import socket
from collections.abc import Callable, Sequence
from typing import Any

from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Message, Ping

from tests.support.upstream import Answer, Behaviour, Received

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Talk = Callable[[socket.socket], object]


def accepting(talk: Talk, *fields: tuple[str, str], subprotocol: str | None = None) -> Behaviour:
    """Return a behaviour that accepts every handshake and then calls `talk` with the socket."""

    def behave(received: Received, sock: socket.socket) -> Answer | None:
        key = received.get("Sec-WebSocket-Key")
        if key is None or (received.get("Upgrade") or "").lower() != "websocket":
            return Answer(400)
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {accept_token(key)}",
            *(f"{name}: {value}" for name, value in fields),
        ]
        if subprotocol is not None:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        with contextlib.suppress(OSError):
            talk(sock)
        return None

    return behave


def accept_token(key: str) -> str:
    """Return Sec-WebSocket-Accept for a key (RFC 6455 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def echo(sock: socket.socket) -> None:
    """Send each message back, answer pings and the close frame."""
    connection = Connection(ConnectionType.SERVER)
    while data := sock.recv(65_536):
        connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, Message):
                sock.sendall(connection.send(event))
            elif isinstance(event, Ping | CloseConnection):
                sock.sendall(connection.send(event.response()))
                if isinstance(event, CloseConnection):
                    return


def upgrade_environ(target: str, fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the environ of a valid handshake, as the product's server makes it."""
    headers = [
        ("Host", "127.0.0.1"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        *fields,
    ]
    return {
        "REQUEST_METHOD": "GET",
        "RAW_URI": target,
        "PATH_INFO": target.partition("?")[0],
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "api_dashboard.headers": headers,
        "api_dashboard.can_upgrade": True,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers},
    }
