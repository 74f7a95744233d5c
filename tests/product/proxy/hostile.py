"""Upstreams that misbehave."""

from __future__ import annotations

import os
import socket
import struct
import threading

from tests.support.accounts import Account, problem
from tests.support.clients import Response
from tests.support.upstream import Answer, Behaviour, Place, Received

OK = b"HTTP/1.1 200 OK\r\n"


def reset(connection: socket.socket) -> None:
    """End a connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def receive_until(sock: socket.socket, end: bytes) -> bytes:
    """Receive until the data contain `end`. Fails if the other side closes or sends nothing."""
    data = b""
    while end not in data:
        piece = sock.recv(65536)
        assert piece, data
        data += piece
    return data


def sending(data: bytes, then: str = "close", over: threading.Event | None = None) -> Behaviour:
    """Send bytes, then close the connection, reset it or hang."""

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        if data:
            connection.sendall(data)
        if then == "reset":
            reset(connection)
        elif then == "hang" and over is not None:
            over.wait(30)
        return None

    return behave


def dripping(start: bytes, over: threading.Event) -> Behaviour:
    """Send a start, then one byte at a time without end."""

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(start)
        while not over.wait(0.05):
            try:
                connection.sendall(b"a")
            except OSError:
                break
        return None

    return behave


def fails(
    account: Account, place: Place, token: str, behaviour: Behaviour, status: int, code: str,
    error: str,
) -> Response:  # fmt: skip
    """Assert that a call fails with a problem and is counted, and that the next good call works."""
    place.behaviour = behaviour
    before = account.call("GET", "/api/stats").json["totals"]

    answer = account.proxied(token, "/proxy/test/v1/bad", method="POST", body=b"once")

    problem(answer, status, code)
    assert answer.get("Proxy-Status") == f"api-dashboard; error={error}"
    assert len(place.received) == 1, "a POST is sent once"
    entry = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["path"], entry["status"], entry["problem"]) == ("/v1/bad", status, code)
    after = account.call("GET", "/api/stats").json["totals"]
    assert after["requests"] == before["requests"] + 1
    assert after["failures"] == before["failures"] + 1
    place.answer(Answer(200, [], b"good"))
    for _ in range(2):
        assert account.proxied(token, "/proxy/test/v1/good").body == b"good"
    return answer


CUT = {
    "nothing": b"",
    "half-a-status": b"HTTP/1.",
    "half-a-head": OK + b"X-A: b\r\nX-",
    "half-a-body": OK + b"Content-Length: 9\r\n\r\nabc",
}
