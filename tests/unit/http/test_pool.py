"""How long a pool keeps connections, and how long it waits for a new one."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from api.http import pool as pool_module
from api.http import timeouts as timeouts_module
from api.http.errors import ConnectFailed, ConnectTimeout, NoSocketLeft
from api.http.pool import IDLE_SECONDS, ConnectionPool, TlsContexts
from api.http.timeouts import Timeouts
from api.proxy import exchange

LIMITS = Timeouts(connect=9, send=100, first_byte=100, idle=100)
ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.3")


class Network:
    """Connects to addresses; `outcomes` has an error for each one that cannot be reached."""

    def __init__(self, outcomes: dict[str, type[OSError] | OSError]) -> None:
        self.now = 1000.0
        self.outcomes = outcomes
        self.tried: list[tuple[str, float]] = []
        self.open: list[socket.socket] = []

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.tried.append((address[0], timeout))
        outcome = self.outcomes.get(address[0])
        if outcome is TimeoutError:
            self.now += timeout
        if outcome is not None:
            raise outcome
        # A connected pair, of which the other end stays open.
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.socket()
        client.connect(listener.getsockname())
        self.open += [listener, client, listener.accept()[0]]
        return client


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """A network in which everything can be reached, with its own clock."""
    made = Network({})
    monkeypatch.setattr(pool_module, "monotonic", lambda: made.now)
    monkeypatch.setattr(timeouts_module, "monotonic", lambda: made.now)
    monkeypatch.setattr(socket, "create_connection", made.connect)
    yield made
    for sock in made.open:
        sock.close()


def acquire(
    pool: ConnectionPool, limits: Timeouts = LIMITS, idle_seconds: float | None = None
) -> bool:
    """Use a connection for one exchange. Return whether it was used before."""
    connection, used = pool.acquire(
        "http", "a.example", 80, ADDRESSES, limits, idle_seconds=idle_seconds
    )
    connection.expect("GET")
    connection._parser.feed(b"HTTP/1.1 204 X\r\n\r\n")
    pool.release(connection)
    return used


def test_a_connection_is_kept_for_much_less_than_large_providers_do(network: Network) -> None:
    assert IDLE_SECONDS <= 10, "large providers close theirs after 15 s"
    assert exchange._IDLE_SECONDS < IDLE_SECONDS


@pytest.mark.parametrize(
    ("seconds", "idle_seconds", "is_used_again"),
    [
        (IDLE_SECONDS - 0.1, None, True),
        (IDLE_SECONDS + 0.1, None, False),
        (1.9, 2.0, True),
        (2.1, 2.0, False),
    ],
)
def test_an_idle_connection_is_used_again_within_its_limit(
    network: Network, seconds: float, idle_seconds: float | None, is_used_again: bool
) -> None:
    pool = ConnectionPool(TlsContexts())
    assert not acquire(pool)
    network.now += seconds

    assert acquire(pool, idle_seconds=idle_seconds) is is_used_again


def test_an_address_that_does_not_answer_leaves_time_for_the_others(network: Network) -> None:
    network.outcomes = {ADDRESSES[0]: TimeoutError, ADDRESSES[1]: TimeoutError}

    acquire(ConnectionPool(TlsContexts()))

    assert network.tried == [(ADDRESSES[0], 3), (ADDRESSES[1], 3), (ADDRESSES[2], 3)]


def test_no_address_answers_in_time(network: Network) -> None:
    network.outcomes = dict.fromkeys(ADDRESSES, TimeoutError)

    with pytest.raises(ConnectTimeout) as error:
        acquire(ConnectionPool(TlsContexts()))

    assert (error.value.limit, network.now) == ("connect", 1009)


def test_a_refused_connection_costs_no_time(network: Network) -> None:
    network.outcomes = dict.fromkeys(ADDRESSES, OSError(errno.ECONNREFUSED, "refused"))

    with pytest.raises(ConnectFailed):
        acquire(ConnectionPool(TlsContexts()))

    assert network.now == 1000


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_s43_a_process_without_sockets_does_not_try_other_addresses(
    network: Network, code: int
) -> None:
    network.outcomes = {ADDRESSES[0]: OSError(code, "none left")}

    with pytest.raises(NoSocketLeft):
        acquire(ConnectionPool(TlsContexts()))

    assert len(network.tried) == 1


def test_connecting_ends_with_the_whole_exchange(network: Network) -> None:
    network.outcomes = dict.fromkeys(ADDRESSES, TimeoutError)

    with pytest.raises(ConnectTimeout) as error:
        acquire(ConnectionPool(TlsContexts()), Timeouts.overall(1006))

    assert (error.value.limit, network.now) == ("total", 1006)


@pytest.mark.parametrize("data", [b"", b"\x16"], ids=["silent", "stops"])
def test_a_tls_handshake_has_the_limit_of_connecting(
    monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pool = ConnectionPool(TlsContexts())
        limits = Timeouts(connect=0.1, send=1, first_byte=1, idle=1)
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        monkeypatch.setattr(socket, "create_connection", lambda *_, **__: client)
        server.sendall(data)
        with server, pytest.raises(ConnectTimeout) as error:
            pool.acquire("https", "a.example", 443, ("127.0.0.1",), limits)

    assert error.value.limit == "connect"
    assert client.fileno() == -1, "the socket is closed"
