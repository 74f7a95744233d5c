"""Clients on plain sockets that hang, do not read, or send half a request, and a slow upstream."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.memory import family
from bench.standins.slow_upstream import counts
from tests.support.accounts import Account
from tests.support.clients import Response
from tests.support.machine import Machine, until

PATIENCE = 30.0
_SMALL_BUFFER = 4096


@dataclasses.dataclass(frozen=True)
class SlowApi:
    """The slow upstream: `/proxy/slow/<behaviour>`, and its counts."""

    port: int

    @property
    def url(self) -> str:
        """The base URL of its key."""
        return f"http://127.0.0.1:{self.port}"

    def received(self, behaviour: str) -> int:
        """Return how many requests of a behaviour have arrived."""
        return counts(self.port)[0].get(behaviour, 0)

    def in_use(self, behaviour: str) -> int:
        """Return how many connections are in a behaviour now."""
        return counts(self.port)[1].get(behaviour, 0)


class User(Account):
    """A user with a key for the slow upstream and a token."""

    def __init__(self, machine: Machine, slow: SlowApi) -> None:
        super().__init__(machine.client)
        self.machine = machine
        self.slow = slow
        key = {"base_url": slow.url, "auth": {"scheme": "bearer"}, "api_name": "slow"}
        assert self.call("POST", "/api/keys", {**key, "secret": "sk-0123456789"}).status == 201
        self.secret = self.token(["slow"])

    def head(self, behaviour: str, *fields: str, method: str = "GET") -> bytes:
        """Return the head of a proxied call."""
        lines = [f"{method} /proxy/slow/{behaviour} HTTP/1.1", "Host: localhost"]
        lines += [*fields, f"Authorization: Bearer {self.secret}"]
        return "\r\n".join([*lines, "", ""]).encode()

    def get(self, behaviour: str = "quick") -> Response:
        """Send a proxied call."""
        return self.proxied(self.secret, f"/proxy/slow/{behaviour}")

    def everything_answers(self, calls: int = 8) -> None:
        """Assert that proxied calls, the dashboard's calls and its pages have responses."""
        for _ in range(calls):
            assert self.get().status == 200
            assert self.call("GET", "/api/status").status == 200
            assert self.call("GET", "/api/keys").status == 200
            assert self.client.request("GET", "/api/docs").status == 200


@contextlib.contextmanager
def crowd(port: int, request: bytes, count: int, reads: bool = True) -> Iterator[Crowd]:
    """Open `count` connections that send `request`, and close them at the end of the block."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            client.settimeout(PATIENCE)
            if not reads:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
            client.connect(("127.0.0.1", port))
            if request:
                client.sendall(request)
            clients.append(client)
        yield Crowd(clients)


class Crowd:
    """Open clients, and what each has received."""

    def __init__(self, clients: Sequence[socket.socket]) -> None:
        self.clients = clients
        self.ports = {client.getsockname()[1] for client in clients}
        self.received = [b"" for _ in clients]
        self.ended = [False for _ in clients]

    def receive(
        self, enough: bytes | None = None, times: int = 1, patience: float = PATIENCE
    ) -> None:
        """Receive until every client has `enough` so many times, or is disconnected.

        Fails after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            for number, client in enumerate(self.clients):
                if not self._is_done(number, enough, times):
                    selector.register(client, selectors.EVENT_READ, number)
            while selector.get_map():
                assert time.monotonic() < deadline, (
                    f"{len(selector.get_map())} of {len(self.clients)} clients still wait"
                )
                for key, _ in selector.select(0.5):
                    self._read(key.data)
                    if self._is_done(key.data, enough, times):
                        selector.unregister(key.fileobj)

    def receive_available(self) -> None:
        """Receive what has arrived."""
        with selectors.DefaultSelector() as selector:
            for number, client in enumerate(self.clients):
                if not self.ended[number]:
                    selector.register(client, selectors.EVENT_READ, number)
            for key, _ in selector.select(0):
                self._read(key.data)

    def _read(self, number: int) -> None:
        try:
            data = self.clients[number].recv(65_536)
        except ConnectionError:
            data = b""
        self.received[number] += data
        self.ended[number] = not data

    def _is_done(self, number: int, enough: bytes | None, times: int) -> bool:
        enough_came = enough is not None and self.received[number].count(enough) >= times
        return self.ended[number] or enough_came

    def going_on(self) -> int:
        """Receive what has arrived, and return how many clients are still connected."""
        self.receive_available()
        return self.ended.count(False)

    def statuses(self) -> list[int]:
        """Return the status of each client's response; 0 without one."""
        return [int(data[9:12]) if data.startswith(b"HTTP/1.1 ") else 0 for data in self.received]


def workers(machine: Machine) -> list[int]:
    """Return the worker processes of the product."""
    children = family(machine.process_id)[1:]
    # The database is another program.
    return [process for process in children if _is_python(process)]


def open_files(process: int) -> int:
    """Return how many file descriptors a process has."""
    return len(os.listdir(f"/proc/{process}/fd"))


def served_connections(port: int, clients: Crowd) -> int:
    """Return how many of the clients' connections a process at `port` has accepted and not closed.

    In proc_net_tcp(5), a connection that no process holds has no inode.
    """
    served = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote = (int(address.rpartition(":")[2], 16) for address in fields[1:3])
        if local == port and fields[9] != "0":
            served.add(remote)
    return len(served & clients.ports)


def until_equal(expected: int, slow: SlowApi, behaviour: str) -> None:
    """Wait until so many connections of the upstream are in a behaviour."""
    until(lambda: slow.in_use(behaviour) == expected)


def _is_python(process: int) -> bool:
    try:
        return "python" in Path(f"/proc/{process}/exe").readlink().name
    except FileNotFoundError:
        return False  # the process has just ended
