"""Responses of the server process, also to slow clients."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.local.processes import (
    ServerProcess,
    product,
    responses,
    until,
)


def head(*fields: bytes, line: bytes = b"POST / HTTP/1.1") -> bytes:
    """Return a request head."""
    return b"\r\n".join([line, b"Host: localhost", *fields, b"", b""])


def read_head(client: socket.socket) -> bytes:
    """Read exactly up to the end of the next response head."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, data
        data += byte
    return data


def test_responses_have_no_server_field(served: ServerProcess) -> None:
    with served.connect() as client:
        client.sendall(head())
        fields = read_head(client).lower()
    assert b"server:" not in fields
    assert b"gunicorn" not in fields
    assert fields.count(b"\r\ndate:") == 1


def test_date_and_server_of_the_app_are_sent(served: ServerProcess) -> None:
    with served.connect() as client:
        client.sendall(head(line=b"GET /own-date HTTP/1.1"))
        fields = read_head(client)
    assert fields.count(b"\r\nDate: ") == 1
    assert b"\r\nDate: then\r\n" in fields
    assert b"\r\nServer: up\r\n" in fields


def test_a_connection_is_used_for_several_requests(served: ServerProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    with contextlib.closing(connection):
        for method, body in (
            ("GET", None),
            ("POST", b"x" * 400_000),
            ("HEAD", None),
            ("GET", None),
        ):
            connection.request(method, "/", body)
            response = connection.getresponse()
            data = response.read()
            assert response.status == 200
            if method == "HEAD":
                assert data == b""
            else:
                assert json.loads(data)["size"] == len(body or b"")
            assert response.getheader("Connection") == "keep-alive"


@pytest.mark.parametrize("size", [5, 300_000])
def test_a_client_that_expects_100_continue_gets_it(served: ServerProcess, size: int) -> None:
    with served.connect() as client:
        client.sendall(head(b"Expect: 100-continue", b"Content-Length: %d" % size))
        assert read_head(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x" * size)
        client.shutdown(socket.SHUT_WR)
        ((status, body),) = responses(client)
    assert (status, json.loads(body)["size"]) == (200, size)


def test_a_chunked_upload_that_expects_100_continue_gets_it(served: ServerProcess) -> None:
    with served.connect() as client:
        client.sendall(head(b"Expect: 100-continue", b"Transfer-Encoding: chunked"))
        assert read_head(client) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"5\r\nhello\r\n0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        ((status, body),) = responses(client)
    assert (status, json.loads(body)["size"]) == (200, 5)


def test_a_response_before_the_end_of_the_body_reaches_the_client(served: ServerProcess) -> None:
    with served.connect() as client:
        client.sendall(head(b"Content-Length: 5000000", line=b"POST /unread HTTP/1.1"))
        # The server reads the rest of the body, so that no reset arrives before the response.
        client.sendall(b"x" * 5_000_000)
        assert read_head(client).startswith(b"HTTP/1.1 413 ")


def test_a_body_shorter_than_its_length_closes_the_connection(served: ServerProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/short")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()


def test_an_unexpected_exception_is_a_problem_document_without_its_message(
    served: ServerProcess,
) -> None:
    ((status, body),) = served.exchange(head(line=b"GET /raise HTTP/1.1"))
    assert status == 500
    assert json.loads(body)["code"] == "internal_error"
    assert b"secret" not in body


def test_the_log_is_json_lines_without_request_contents() -> None:
    with product(workers=1, threads=8) as running:
        running.exchange(head(line=b"GET /raise?query HTTP/1.1"))
        running.exchange(head(b"field-of-a-caller"))
        running.stop()
        assert running.process.stderr is not None
        events = [json.loads(line) for line in running.process.stderr]
    assert [event["event"] for event in events] == ["request_failed", "request_refused"]
    assert events[0]["exception"] == "RuntimeError"
    assert events[1]["reason"] == "InvalidHeader"
    for text in ("secret", "query", "field-of-a-caller"):
        assert text not in str(events)


def test_a_stream_is_sent_chunked_as_it_is_produced(served: ServerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", f"/stream?{gate}")
        response = connection.getresponse()
        assert response.getheader("Transfer-Encoding") == "chunked"
        # The second part is created only after this, so the first one was not buffered.
        assert response.read(5) == b"first"
        gate.with_suffix(".go").touch()
        assert response.read().endswith(b"last")


def test_a_stream_ends_when_the_client_disconnects(served: ServerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with served.connect() as client:
        client.sendall(head(line=f"GET /stream?{gate} HTTP/1.1".encode()))
        read_head(client)
    until(gate.with_suffix(".closed").exists)


HALVES = {
    "nothing": b"",
    "half_a_head": b"GET / HTTP/1.1\r\nHost: lo",
    "half_a_small_body": head(b"Content-Length: 100") + b"half",
    "half_a_large_body": head(b"Content-Length: 1000000") + b"half",
    "half_a_chunked_body": head(b"Transfer-Encoding: chunked") + b"5\r\nhe",
    "an_expectation": head(b"Content-Length: 1000000", b"Expect: 100-continue"),
    "a_refused_head": b"GET / HTTP/9.9\r\n\r\n",
}


@pytest.fixture
def small() -> Iterator[ServerProcess]:
    """A separate server with one worker and eight threads."""
    with product(workers=1, threads=8) as running:
        yield running


@pytest.mark.parametrize("half", HALVES)
def test_a_hundred_clients_with_half_a_request_do_not_block_others(
    small: ServerProcess, half: str
) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(small.connect()) for _ in range(100)]
        for client in clients:
            client.sendall(HALVES[half])
        for size in (0, 20_000):
            ((status, body),) = small.exchange(head(b"Content-Length: %d" % size) + b"x" * size)
            assert (status, json.loads(body)["size"]) == (200, size)


def test_a_request_that_arrives_in_parts_is_served(served: ServerProcess) -> None:
    with served.connect() as client:
        for part in (
            b"POST / HT",
            b"TP/1.1\r\nHost: localhost\r\nContent-Le",
            b"ngth: 5\r\n\r",
            b"\nhel",
        ):
            client.sendall(part)
            served.get()
        client.sendall(b"lo")
        client.shutdown(socket.SHUT_WR)
        ((status, body),) = responses(client)
    assert (status, json.loads(body)["size"]) == (200, 5)


# The server replaces the standard library's locks after its modules are imported.
_AFTER_PATCHING = """
import _thread
system = _thread.allocate_lock
import api.local.server.worker
from gevent import monkey
monkey.patch_all()
import threading
from api.bounded_cache import ShortLock
assert type(ShortLock()) is type(system()) and threading.Lock is not system
"""


def test_a_lock_for_short_steps_stays_the_systems() -> None:
    subprocess.run([sys.executable, "-c", _AFTER_PATCHING], check=True)
