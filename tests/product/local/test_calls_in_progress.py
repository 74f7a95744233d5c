"""The limits of calls in progress hold over the worker processes of the server."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from pathlib import Path

from tests.product.local.processes import until
from tests.support.accounts import Account
from tests.support.machine import Machine
from tests.support.upstream import Answer, Place, Received, Upstream

LIMIT = 3


def call(machine: Machine, token: str) -> socket.socket:
    """Begin a call."""
    sock = socket.create_connection(("127.0.0.1", machine.port), timeout=20)
    head = f"GET /proxy/test/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    sock.sendall(head.encode())
    return sock


def readable(sockets: list[socket.socket]) -> list[socket.socket]:
    """Return the sockets that have received something. `select` takes no high descriptors."""
    poller = select.poll()
    for sock in sockets:
        poller.register(sock, select.POLLIN)
    ready = {descriptor for descriptor, _ in poller.poll(0)}
    return [sock for sock in sockets if sock.fileno() in ready]


def test_s46_exactly_as_many_calls_as_the_limit_reach_the_upstream(
    tmp_path: Path, binary: Path, upstream_server: Upstream, place: Place
) -> None:
    over = threading.Event()

    def hang(_received: Received, _connection: socket.socket) -> Answer:
        over.wait(30)
        return Answer()

    machine = Machine(
        tmp_path,
        API_DASHBOARD_WORKERS="2",
        API_DASHBOARD_MAX_CALLS_PER_API=str(LIMIT),
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
    )
    machine.start()
    calls: list[socket.socket] = []
    try:
        account = Account(machine.client)
        account.key(place)
        token = account.token()
        place.behaviour = hang
        calls += [call(machine, token) for _ in range(4 * LIMIT)]
        refused = 3 * LIMIT
        until(lambda: len(readable(calls)) == refused and len(place.received) >= LIMIT)
        answers = [sock.recv(65_536) for sock in readable(calls)]

        assert len(place.received) == LIMIT
        assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
        assert all(b"too_many_api_calls" in answer for answer in answers)
        assert machine.client.request("GET", "/api/status").status == 200

        assert machine._process is not None
        master = machine._process.pid
        children = Path(f"/proc/{master}/task/{master}/children")
        for child in children.read_text().split():
            if int(child) != machine.database:
                os.kill(int(child), signal.SIGKILL)
        place.answer(Answer())
        machine.wait_until_ready()
        until(lambda: account.proxied(token).status == 200)
        for _ in range(2 * LIMIT):
            assert account.proxied(token).status == 200
    finally:
        over.set()
        for sock in calls:
            sock.close()
        machine.stop()
