"""A client's connection: what was sent arrives before the connection is closed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gunicorn.config import Config

from api.http.upgrade import Upgrade
from api.local.server.connection import ClientConnection

REQUEST = b"GET /proxy/x/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
UNREAD = b"x" * 200_000


class OtherProtocol(Upgrade):
    """Reads a little, sends a last message and ends."""

    def run(self, sock: socket.socket, received: bytes) -> None:
        while not received:
            received = sock.recv(10)
        assert received.startswith(b"x")
        sock.sendall(b"bye")


@contextlib.contextmanager
def connected(app: Callable[[dict[str, Any], Any], Any]) -> Iterator[socket.socket]:
    """Serve one connection in a thread. Yields the client's socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=10)
        sock, address = listener.accept()
        name = sock.getsockname()

    def serve() -> None:
        connection = ClientConnection(Config(), app, sock, address, name)
        connection.run()
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with client:
        yield client
    thread.join(10)
    assert not thread.is_alive()


def read_all(sock: socket.socket) -> bytes:
    """Return everything until the end. Raises ConnectionResetError."""
    return b"".join(iter(lambda: sock.recv(4096), b""))


def test_another_protocol_s_last_message_arrives_beside_input_that_nobody_read() -> None:
    with connected(lambda environ, start: OtherProtocol()) as client:
        client.sendall(REQUEST + UNREAD)
        assert read_all(client) == b"bye"


@pytest.mark.parametrize("ending", ["malformed", "body"])
def test_an_early_response_arrives_beside_input_that_nobody_read(ending: str) -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("413 Content Too Large", [("Content-Length", "2")])
        return [b"no"]

    with connected(app) as client:
        if ending == "malformed":
            client.sendall(b"GET / HTTP/1.1\r\nBad Field: x\r\n\r\n" + UNREAD)
            assert read_all(client).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        else:
            head = REQUEST[:-2].replace(b"GET", b"POST") + b"Content-Length: 200000\r\n\r\n"
            client.sendall(head + UNREAD[:-1])
            assert read_all(client).endswith(b"\r\n\r\nno")
