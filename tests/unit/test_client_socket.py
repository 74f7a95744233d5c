"""Reads and writes of a client's socket have time limits, with TLS too."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
import trustme

from api.local.server import client_socket
from api.local.server.client_socket import ClientSocket

PEEK = socket.MSG_PEEK | socket.MSG_DONTWAIT
Pair = tuple[ClientSocket, socket.socket]


@contextlib.contextmanager
def plain_pair() -> Iterator[Pair]:
    server, client = socket.socketpair()
    with server, client:
        yield ClientSocket(server, 10.0), client


@contextlib.contextmanager
def tls_pair() -> Iterator[Pair]:
    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    server, client = socket.socketpair()
    secured: list[ssl.SSLSocket] = []

    def accept() -> None:
        secured.append(server_context.wrap_socket(server, server_side=True))

    handshake = threading.Thread(target=accept)
    handshake.start()
    client = client_context.wrap_socket(client, server_hostname="localhost")
    handshake.join()
    with secured[0], client:
        yield ClientSocket(secured[0], 10.0), client


@pytest.fixture(params=[plain_pair, tls_pair], ids=["plain", "tls"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    with request.param() as opened:
        yield opened


def test_a_read_returns_what_has_arrived(pair: Pair) -> None:
    server, client = pair
    client.sendall(b"hello")
    assert server.recv(3) == b"hel"
    assert server.recv(100) == b"lo"


def test_each_read_has_its_own_time_limit(pair: Pair) -> None:
    server, client = pair
    server.read_seconds = 0.05
    for _ in range(2):
        client.sendall(b"x")
        assert server.recv(1) == b"x"
        with pytest.raises(TimeoutError):
            server.recv(1)


def test_a_deadline_ends_reads_that_make_progress(pair: Pair) -> None:
    server, client = pair
    server.deadline = time.monotonic() - 1.0
    client.sendall(b"x")
    with contextlib.suppress(TimeoutError):  # TLS reads one record ahead of its time limit
        assert server.recv(1) == b"x"
    with pytest.raises(TimeoutError):
        server.recv(1)


def test_a_client_that_does_not_read_ends_a_write(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_socket, "SEND_SECONDS", 0.05)
    server, _ = pair
    with pytest.raises(TimeoutError):
        server.sendall(b"x" * 50_000_000)


class NarrowSocket:
    """A socket whose peer takes one byte, reported late or not, for each attempt to wait."""

    def __init__(self, blocked: type[Exception] | None) -> None:
        self.blocked = blocked
        self.room = 0
        self.sent = b""
        self.attempts = 0

    def setblocking(self, _blocking: bool) -> None: ...

    def fileno(self) -> int:
        return 0

    def send(self, data: bytes) -> int:
        self.attempts += 1
        assert self.attempts < 100, "it does not wait"
        if not self.room and self.blocked is not None:
            raise self.blocked
        count, self.room = self.room, 0
        self.sent += bytes(data[:count])
        return count


@pytest.mark.parametrize("is_reported", [True, False])
@pytest.mark.parametrize(
    "blocked", [BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError, None]
)
def test_a_client_that_reads_slowly_gets_everything(
    monkeypatch: pytest.MonkeyPatch, blocked: type[Exception] | None, is_reported: bool
) -> None:
    """The system reports room for a byte late; TLS sockets of gevent return 0 without room."""
    narrow = NarrowSocket(blocked)

    def wait(watches: Sequence[tuple[int, int]], _seconds: float) -> tuple[int, int] | None:
        narrow.room = 1
        return watches[0] if is_reported else None

    monkeypatch.setattr(client_socket, "wait", wait)

    ClientSocket(narrow, 10.0).sendall(b"hello")  # type: ignore[arg-type]

    assert narrow.sent == b"hello"


def test_the_end_of_input_is_an_empty_read(pair: Pair) -> None:
    server, client = pair
    client.close()
    assert server.recv(1) == b""


def test_a_peek_leaves_the_bytes_readable(pair: Pair) -> None:
    server, client = pair
    with pytest.raises(BlockingIOError):
        server.recv(1, PEEK)
    client.sendall(b"next")
    assert server.recv(1, socket.MSG_PEEK) == b"n"
    assert server.recv(1, PEEK) == b"n"
    assert server.recv(4) + server.take_ahead() == b"next"


def test_a_peek_sees_that_the_client_is_gone(pair: Pair) -> None:
    server, client = pair
    client.close()
    assert server.recv(1, PEEK) == b""


def test_a_closed_socket_has_no_descriptor(pair: Pair) -> None:
    server, _ = pair
    server.close()
    server.close()
    assert server.fileno() == -1
