"""A relay between two socket pairs, which a thread runs."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from api.websocket.relay import Relay, RelayLimits

NO_LIMITS = RelayLimits(longest=3600.0, idle=3600.0)


class Relayed:
    """The outer ends: `client` and `upstream`. `close` of the context closes the inner ones."""

    def __init__(self, limits: RelayLimits, clock: Callable[[], float] | None) -> None:
        self.client, self._inner_client = connected()
        self.upstream, self._inner_upstream = connected()
        self.relay = Relay(
            self._inner_client, self._inner_upstream, limits, *([clock] if clock else [])
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self, head: bytes = b"", first: bytes = b"", received: bytes = b"") -> None:
        """Run the relay."""
        self.relay.start(head, first, received)
        self._thread.start()

    def _run(self) -> None:
        self.relay.run()
        self._inner_client.close()
        self._inner_upstream.close()

    def join(self) -> None:
        """Wait for the end of the relay."""
        self._thread.join(10)
        assert not self._thread.is_alive()

    def close(self) -> None:
        """Close everything."""
        self.client.close()
        self.upstream.close()
        self.join()


@contextlib.contextmanager
def relayed(
    limits: RelayLimits = NO_LIMITS,
    clock: Callable[[], float] | None = None,
    *,
    head: bytes = b"",
    first: bytes = b"",
    received: bytes = b"",
) -> Iterator[Relayed]:
    """Run a relay until both outer ends are closed."""
    pair = Relayed(limits, clock)
    pair.start(head, first, received)
    try:
        yield pair
    finally:
        pair.close()


def read(sock: socket.socket, size: int) -> bytes:
    """Return exactly so many bytes."""
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece, data
        data += piece
    return data


def read_all(sock: socket.socket) -> bytes:
    """Return all bytes until the end of input."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65_536):
            data += piece
    return data


def connected() -> tuple[socket.socket, socket.socket]:
    """Return two connected TCP sockets: those of Unix behave differently at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outer = socket.create_connection(listener.getsockname(), timeout=10)
        inner, _ = listener.accept()
    outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return outer, inner
