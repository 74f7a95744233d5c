"""The two ends of a WebSocket as plain TCP sockets, for tests of the bytes between them."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Sequence

from tests.support.websocket_peers import accept_token

_SECONDS = 20

Fields = Sequence[tuple[str, str]]


class RawSocketUpstream:
    """Listens on loopback. Accepts each connection, but checks and records nothing else."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def accept(self) -> tuple[socket.socket, bytes]:
        """Accept the next connection. Return it and the head of its request."""
        connection, _ = self._listener.accept()
        _prepare(connection)
        head = read_head(connection)
        return connection, head

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


def accept_websocket(connection: socket.socket, head: bytes, fields: Fields = ()) -> None:
    """Send the response that opens the WebSocket, with further fields."""
    key = next(
        line.partition(b":")[2].strip()
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key:")
    )
    send_head(
        connection,
        "HTTP/1.1 101 Switching Protocols",
        [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_token(key.decode())),
            *fields,
        ],
    )


def start_websocket(port: int, target: str, token: str, fields: Fields = ()) -> socket.socket:
    """Connect to the product and send an opening handshake with a token of the dashboard.

    The caller reads the response.
    """
    connection = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
    _prepare(connection)
    send_head(
        connection,
        f"GET {target} HTTP/1.1",
        [
            ("Host", f"127.0.0.1:{port}"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
            ("Sec-WebSocket-Version", "13"),
            ("Authorization", f"Bearer {token}"),
            *fields,
        ],
    )
    return connection


def send_head(connection: socket.socket, first: str, fields: Fields) -> None:
    """Send the head of a request or response."""
    lines = [first, *(f"{name}: {value}" for name, value in fields), "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1"))


def read_head(connection: socket.socket) -> bytes:
    """Read the head of a request or response, and nothing behind it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    return head


def read_exactly(connection: socket.socket, size: int) -> bytes:
    """Read `size` bytes. Returns fewer if the input ends before."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(1 << 20, size - len(parts)))
        if not part:
            break
        parts += part
    return bytes(parts)


def read_rest(connection: socket.socket) -> bytes:
    """Read until the input ends."""
    parts = bytearray()
    while part := connection.recv(1 << 16):
        parts += part
    return bytes(parts)


def _prepare(connection: socket.socket) -> None:
    connection.settimeout(_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
