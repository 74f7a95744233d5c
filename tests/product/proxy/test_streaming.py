"""Responses are streamed on one machine; a caller who disconnects ends the upstream request."""

from __future__ import annotations

import http.client
import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.product.proxy.hostile import receive_until
from tests.support.accounts import Account
from tests.support.clients import HttpClient, LambdaClient
from tests.support.upstream import Answer, Place, Received

PATIENCE = 20


@pytest.fixture
def account(server: HttpClient) -> Account:
    """A new user of the server."""
    return Account(server)


@pytest.fixture
def no_errors_logged(server: HttpClient) -> Iterator[None]:
    """Fail a test during which the server logs an error."""
    begin = server.log.stat().st_size
    yield
    with server.log.open("rb") as log:
        log.seek(begin)
        errors = [line for line in log if b'"level": "error"' in line or b'"level":"error"' in line]
    assert errors == []


def call(server: HttpClient, token: str, path: str = "/x", count: int = 1) -> socket.socket:
    """Send a call on a raw connection and return the connection."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    head = (
        f"GET /proxy/test{path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    sock.sendall(head.encode() * count)
    return sock


def newest(account: Account) -> dict[str, object]:
    """Return the latest entry of the request log."""
    entry: dict[str, object] = account.call("GET", "/api/requests").json["items"][0]
    return entry


def wait_for_entry(account: Account, path: str) -> dict[str, object]:
    """Wait for the log entry of a call whose caller disconnected."""
    for _ in range(200):
        items: list[dict[str, object]] = account.call("GET", "/api/requests").json["items"]
        if items and items[0]["path"] == path:
            return items[0]
        threading.Event().wait(0.05)
    raise AssertionError("the call was not recorded")


def test_server_sent_events_are_streamed(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    seen = threading.Event()
    in_time: list[bool] = []

    def pieces() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        in_time.append(seen.wait(PATIENCE))
        yield b"data: 2\n\n"

    place.answer(Answer(200, [("Content-Type", "text/event-stream")], pieces=pieces))
    with call(server, token) as sock:
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.getheader("Content-Type") == "text/event-stream"
        assert answer.getheader("Transfer-Encoding") == "chunked"
        assert answer.read1() == b"data: 1\n\n"
        seen.set()
        assert answer.read() == b"data: 2\n\n"

    assert in_time == [True]
    entry = newest(account)
    assert (entry["status"], entry["problem"], entry["bytes_out"]) == (200, None, 18)


def test_a_key_found_exhausted_is_skipped_by_other_calls_during_the_stream(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    """The response to the first key is a 429, the response to the second a long stream."""
    account.key(place, "sk-second-0123456789")
    seen = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        seen.wait(PATIENCE)

    tries: list[Received] = []

    def answer(received: Received, _connection: socket.socket) -> Answer:
        tries.append(received)
        if len(tries) == 1:
            return Answer(429, [("Retry-After", "600")])
        return Answer(200, [("Content-Type", "text/event-stream")], pieces=pieces)

    place.behaviour = answer
    with call(server, token) as sock:
        stream = http.client.HTTPResponse(sock)
        stream.begin()
        assert (stream.status, stream.read1()) == (200, b"data: 1\n\n")
        states = [key["state"] for key in account.call("GET", "/api/keys").json["items"]]
        assert sorted(states) == ["exhausted", "ready"]
        seen.set()
        stream.read()
    assert len(tries) == 2
    assert newest(account)["status"] == 200


def test_the_head_of_a_stream_does_not_wait_for_its_first_piece(
    server: HttpClient, place: Place, token: str
) -> None:
    seen = threading.Event()
    in_time: list[bool] = []

    def pieces() -> Iterator[bytes]:
        in_time.append(seen.wait(PATIENCE))
        yield b"late"

    place.answer(Answer(200, [("X-Early", "1")], pieces=pieces))
    with call(server, token) as sock:
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.getheader("X-Early") == "1"
        seen.set()
        assert answer.read() == b"late"

    assert in_time == [True]


def test_a_long_body_of_declared_length_is_streamed(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    seen = threading.Event()
    in_time: list[bool] = []

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"a" * 100_000)
        in_time.append(seen.wait(PATIENCE))
        connection.sendall(b"b" * 100_000)
        return None

    place.behaviour = behave
    with call(server, token) as sock:
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.getheader("Content-Length") == "200000"
        assert answer.read(100_000) == b"a" * 100_000
        seen.set()
        assert answer.read() == b"b" * 100_000

    assert in_time == [True]
    assert newest(account)["bytes_out"] == 200_000


@pytest.mark.parametrize("declared", [True, False])
def test_usage_is_recorded_before_the_end_of_a_stream(
    server: HttpClient, account: Account, place: Place, token: str, declared: bool
) -> None:
    body = b"x" * 150_000
    place.answer(
        Answer(200, [], body) if declared else Answer(200, [], pieces=lambda: [body[:9], body[9:]])
    )
    for number in range(1, 4):
        with call(server, token, f"/{number}") as sock:
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            assert answer.read() == body
        entry = newest(account)
        assert (entry["path"], entry["bytes_out"]) == (f"/{number}", len(body))
        assert account.call("GET", "/api/stats").json["totals"]["requests"] == number


def ended_by_the_proxy(connection: socket.socket) -> bool:
    """Return whether the proxy closes its connection to the upstream within PATIENCE."""
    poller = select.poll()  # `select` takes no high descriptors
    poller.register(connection, select.POLLIN)
    readable = poller.poll(PATIENCE * 1000)
    try:
        return bool(readable) and connection.recv(1) == b""
    except OSError:
        return True


@pytest.mark.usefixtures("no_errors_logged")
def test_a_caller_who_goes_away_while_waiting_ends_the_upstream_request(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    arrived, ended = threading.Event(), threading.Event()

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        arrived.set()
        if ended_by_the_proxy(connection):
            ended.set()
        return None

    place.behaviour = behave
    with call(server, token, "/gone"):
        assert arrived.wait(PATIENCE)

    assert ended.wait(PATIENCE)
    entry = wait_for_entry(account, "/gone")
    assert (entry["status"], entry["problem"]) == (499, "caller_gone")


@pytest.mark.usefixtures("no_errors_logged")
def test_a_caller_who_goes_away_in_a_silent_stream_ends_the_upstream_request(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    ended = threading.Event()

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        if ended_by_the_proxy(connection):
            ended.set()
        return None

    place.behaviour = behave
    with call(server, token, "/gone") as sock:
        receive_until(sock, b"ok")

    assert ended.wait(PATIENCE)
    entry = wait_for_entry(account, "/gone")
    assert (entry["status"], entry["problem"], entry["bytes_out"]) == (200, "caller_gone", 2)


@pytest.mark.usefixtures("no_errors_logged")
def test_a_caller_who_goes_away_in_a_busy_stream_ends_the_upstream_request(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    ended = threading.Event()

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.settimeout(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        except TimeoutError:
            return None
        except OSError:
            ended.set()
        return None

    place.behaviour = behave
    with call(server, token, "/gone") as sock:
        sock.recv(65536)

    assert ended.wait(PATIENCE)
    assert wait_for_entry(account, "/gone")["problem"] == "caller_gone"


def test_a_pipelined_request_is_not_a_disconnect(
    server: HttpClient, place: Place, token: str
) -> None:
    seen = threading.Semaphore(0)

    def pieces() -> Iterator[bytes]:
        yield b"1"
        seen.acquire(timeout=PATIENCE)
        yield b"2"

    place.answer(Answer(200, [], pieces=pieces))
    with call(server, token, count=2) as sock:
        reader = sock.makefile("rb")
        for _ in range(2):
            assert b"\r\n" in iter(reader.readline, b""), "the head does not end"
            body = b""
            while size := int(reader.readline(), 16):
                body += reader.read(size)
                reader.readline()
                if body == b"1":
                    seen.release()
            reader.readline()
            assert body == b"12"
        reader.close()

    assert len(place.received) == 2


def test_a_stream_may_last_longer_than_the_upstream_timeout(
    server: HttpClient, account: Account, place: Place, token: str
) -> None:
    """The timeout (3 s here) applies to the head and to each pause, not to the whole stream."""
    pause = threading.Event()

    def pieces() -> Iterator[bytes]:
        for _ in range(4):
            pause.wait(1)
            yield b"tick"

    place.answer(Answer(200, [], pieces=pieces))

    assert account.proxied(token).body == b"tick" * 4
    assert newest(account)["problem"] is None


def test_behind_the_gateway_a_stream_is_delivered_complete(
    function: LambdaClient, place: Place
) -> None:
    account = Account(function)
    account.key(place)
    place.answer(Answer(200, [], pieces=lambda: [b"data: 1\n\n", b"data: 2\n\n"]))

    answer = account.proxied(account.token(["test"]))

    assert answer.body == b"data: 1\n\ndata: 2\n\n"
    assert answer.get("Content-Length") == "18"
