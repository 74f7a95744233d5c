"""The calls that a stop or a kill of the server ends are in the log and the statistics."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import launched
from tests.support.accounts import Account, list_all
from tests.support.machine import Machine, until
from tests.support.products import another_app, lambda_client
from tests.support.upstream import Answer, Place, Received, Upstream
from tests.support.websocket_peers import accepting

# A close frame with the code 1001 and a reason (RFC 6455 5.5.1).
GOING_AWAY = b"\x88\x12\x03\xe9the server stops"
# Bytes that do not fit in the buffers of two sockets.
LARGE = 64 << 20
LIMIT = 1_000
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
EAGER_PRODUCT = "tests.product.local.eager_product"

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="processes are found in /proc"
)


class Upstreams:
    """A place whose responses last until the test ends, by the end of the path."""

    def __init__(self, place: Place) -> None:
        self.ended = threading.Event()
        self.place = place
        place.behaviour = self._answer

    def _answer(self, received: Received, connection: socket.socket) -> Answer | None:
        kind = received.target.rpartition("/")[2]
        if kind == "hang":
            self.ended.wait(60)
            return None
        if kind == "half":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            self.ended.wait(60)
            return None
        if kind == "socket":
            return accepting(lambda _: self.ended.wait(60))(received, connection)
        if kind == "large":
            return Answer(200, [("Content-Length", str(LARGE))], b"x" * LARGE)
        if kind == "stream":
            return Answer(200, [("Content-Type", "text/event-stream")], pieces=self._pieces)
        return Answer()

    def _pieces(self) -> Iterator[bytes]:
        yield b"data: 1\n\n"
        self.ended.wait(60)


@pytest.fixture
def upstreams(upstream_server: Upstream) -> Iterator[Upstreams]:
    upstreams = Upstreams(upstream_server.place(secrets.token_hex(6)))
    yield upstreams
    upstreams.ended.set()


@pytest.fixture
def machine(tmp_path: Path, upstream_server: Upstream) -> Iterator[Machine]:
    made = Machine(
        tmp_path,
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}",
        API_DASHBOARD_WORKERS="2",
        API_DASHBOARD_STOP_TIMEOUT="4",
    )
    yield made
    made.stop()


class Calls:
    """Calls on raw connections that are open."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.open: list[socket.socket] = []

    def send(self, kind: str, method: str = "GET", *fields: str, body: bytes = b"") -> None:
        """Send a request and the start of its body. The response is not read."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        lines = [f"{method} /proxy/test/{kind} HTTP/1.1", "Host: localhost"]
        lines += [f"Authorization: Bearer {self.token}", *fields, "", ""]
        sock.sendall("\r\n".join(lines).encode() + body)
        self.open.append(sock)

    def begin(self, number: int) -> list[http.client.HTTPResponse]:
        """Send calls for streams, and read the first piece of each."""
        for _ in range(number):
            self.send("stream")
        begun = []
        for sock in self.open[-number:]:
            response = http.client.HTTPResponse(sock)
            response.begin()
            assert response.read1() == b"data: 1\n\n"
            begun.append(response)
        return begun

    def answer(self, position: int) -> tuple[int, str | None]:
        """Read the head of a response. Return its status and whether to repeat the call."""
        response = http.client.HTTPResponse(self.open[position])
        response.begin()
        return response.status, response.getheader("x-should-retry")

    def close(self) -> None:
        """Close the connections."""
        for sock in self.open:
            sock.close()


def entries(account: Account) -> list[dict[str, Any]]:
    """Return the log. Statistics have the same number of calls."""
    items = list_all(account, "/api/requests", 500)
    totals = account.call("GET", "/api/stats").json["totals"]
    assert totals["requests"] == len(items)
    assert totals["bytes_out"] == sum(item["bytes_out"] for item in items)
    return items


def open_in_all_states(calls: Calls, upstreams: Upstreams, streams: int) -> None:
    """Begin streams and a call in each other state, and wait until they are in it."""
    calls.begin(streams)
    calls.send("hang")
    calls.send("hang", "POST", "Content-Length: 2", body=b"{}")
    calls.send("half")
    calls.send("large")
    calls.send("socket", "GET", *HANDSHAKE)
    calls.send("short", "POST", "Content-Length: 9", body=b"half")
    calls.send("long", "POST", "Content-Length: 3000000", body=b"x" * 2_000_000)
    until(lambda: len(upstreams.place.received) == streams + 5)


def assert_all_are_recorded(calls: Calls, account: Account, streams: int) -> None:
    """Assert what the callers got and what is in the log."""
    answers = [calls.answer(position) for position in range(streams, len(calls.open))]
    assert answers == [
        (503, "true"), (503, "false"), (503, "true"), (200, None), (101, None), (503, "true"),
        (503, "false"),
    ]  # fmt: skip
    logged = entries(account)
    assert {entry["problem"] for entry in logged} == {"server_stopping"}
    by_path: dict[str, list[int]] = {}
    for entry in logged:
        by_path.setdefault(entry["path"], []).append(entry["status"])
    assert by_path == {
        "/stream": [200] * streams,
        "/hang": [503] * 2,
        "/half": [503],
        "/large": [200],
        "/socket": [101],
        "/short": [503],
        "/long": [503],
    }
    limit = account.proxied(calls.token, "/proxy/test/x").get("RateLimit") or ""
    assert f";r={LIMIT - streams - 8};" in limit


def test_a_stop_records_the_calls_that_outlast_it(machine: Machine, upstreams: Upstreams) -> None:
    machine.start()
    account = Account(machine.client)
    account.key(upstreams.place)
    token = account.token(["test"], limit=LIMIT, window=86_400)
    with closing(Calls(machine.port, token)) as calls:
        open_in_all_states(calls, upstreams, 200)
        machine.send_signal(signal.SIGTERM)
        assert machine.wait() == 0
        machine.start()
        assert_all_are_recorded(calls, account, 200)


def test_a_second_interrupt_records_them_at_once(
    separate: dict[str, str], tmp_path: Path, upstreams: Upstreams
) -> None:
    environment = {
        **separate,
        "API_DASHBOARD_STOP_TIMEOUT": "600",
        "API_DASHBOARD_UPSTREAM_TIMEOUT": "60",
    }
    account = Account(lambda_client(another_app(separate)))
    account.key(upstreams.place)
    token = account.token(["test"], limit=LIMIT, window=86_400)
    with (
        launched(environment, tmp_path) as (client, process),
        closing(Calls(client.port, token)) as calls,
    ):
        open_in_all_states(calls, upstreams, 20)
        process.send_signal(signal.SIGINT)
        until(lambda: refuses(client.port))
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
        assert_all_are_recorded(calls, account, 20)


def test_a_stop_closes_websockets_before_it_waits_for_calls(
    separate: dict[str, str], tmp_path: Path, upstreams: Upstreams
) -> None:
    account = Account(lambda_client(another_app(separate)))
    account.key(upstreams.place)
    token = account.token(["test"])
    environment = {**separate, "API_DASHBOARD_STOP_TIMEOUT": "600"}
    with (
        launched(environment, tmp_path) as (client, process),
        closing(Calls(client.port, token)) as calls,
    ):
        calls.send("hang")
        calls.send("socket", "GET", *HANDSHAKE)
        until(lambda: len(upstreams.place.received) == 2)
        process.send_signal(signal.SIGTERM)
        with calls.open[1].makefile("rb") as websocket:
            assert websocket.read().endswith(GOING_AWAY)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
    logged = {entry["path"]: entry["problem"] for entry in entries(account)}
    assert logged == {"/hang": "server_stopping", "/socket": "server_stopping"}


def test_the_calls_of_a_killed_process_are_recorded(machine: Machine, upstreams: Upstreams) -> None:
    """A worker process is killed while the server runs, then the whole server."""
    machine.module = EAGER_PRODUCT
    machine.start()
    account = Account(machine.client)
    account.key(upstreams.place)
    with closing(Calls(machine.port, account.token(["test"]))) as calls:
        calls.begin(8)
        calls.send("hang")
        # All have items, without which they would be lost.
        until(lambda: [call["status"] for call in in_progress(account)].count(200) == 8)
        until(lambda: len(in_progress(account)) == 9)

        os.kill(machine.busiest_worker(), signal.SIGKILL)
        until(lambda: 0 < logged_number(account) == 9 - len(in_progress(account)))

        machine.kill()
        machine.start()
        until(lambda: logged_number(account) == 9)
        assert in_progress(account) == []
    logged = entries(account)
    assert {entry["problem"] for entry in logged} == {"server_stopped_unexpectedly"}
    assert sorted(entry["status"] for entry in logged) == [*[200] * 8, 503]
    assert account.call("GET", "/api/stats").json["totals"]["requests"] == 9


def logged_number(account: Account) -> int:
    """Return the number of log entries."""
    return len(account.call("GET", "/api/requests").json["items"])


def in_progress(account: Account) -> list[dict[str, Any]]:
    """Return the calls in progress that the API lists."""
    found: list[dict[str, Any]] = account.call("GET", "/api/requests").json.get("open", [])
    return found


def refuses(port: int) -> bool:
    """Return whether the server has stopped to accept connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return True
    return False
