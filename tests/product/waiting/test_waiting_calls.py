"""Calls that wait hold nothing that others need: hanging calls, streams, uploads (S46)."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests.product.waiting.crowds import (
    SlowApi,
    User,
    crowd,
    served_connections,
    until_equal,
)
from tests.support.machine import until

COUNT = 150


def test_s46_calls_beside_hanging_calls_and_streams_are_answered(user: User, slow: SlowApi) -> None:
    port = user.machine.port
    with (
        crowd(port, user.head("hang"), COUNT) as hanging,
        crowd(port, user.head("stream?every=0.2"), COUNT) as streams,
    ):
        streams.receive(b"rainy")
        until_equal(COUNT, slow, "hang")
        user.everything_answers(calls=4)
        # The streams go on.
        streams.received = [b"" for _ in streams.clients]
        streams.receive(b"rainy")
        assert (hanging.ended.count(True), streams.ended.count(True)) == (0, 0)
    for behaviour in ("hang", "stream"):
        until_equal(0, slow, behaviour)


def test_no_call_of_a_burst_is_refused(user: User) -> None:
    head = user.head("quick", "Connection: close")
    with crowd(user.machine.port, head, 4 * COUNT) as clients:
        clients.receive()
    assert clients.statuses() == [200] * 4 * COUNT


def test_streams_that_end_are_complete(user: User) -> None:
    with crowd(user.machine.port, user.head("stream?every=0.02&pieces=5"), COUNT) as streams:
        streams.receive(b"rainy", times=5)
    assert {data.count(b"rainy") for data in streams.received} == {5}


def test_responses_that_drip_are_complete(user: User) -> None:
    with crowd(user.machine.port, user.head("drip?pieces=20"), COUNT) as clients:
        user.everything_answers(calls=2)
        clients.receive(b"\r\n\r\n" + b"x" * 20)
    assert set(clients.statuses()) == {200}


def test_uploads_that_drip_arrive(user: User) -> None:
    head = user.head("upload", "Content-Length: 12", method="POST")
    with crowd(user.machine.port, head, COUNT) as clients:
        for _ in range(12):
            for client in clients.clients:
                client.sendall(b"x")
        clients.receive(b"received_bytes")
    assert all(b'"received_bytes": 12' in data for data in clients.received)


ENDLESS = {
    "length": ("Content-Length: 50000000", b"x" * 0x4000),
    "chunked": ("Transfer-Encoding: chunked", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"),
}


@pytest.mark.parametrize(("field", "piece"), ENDLESS.values(), ids=ENDLESS)
def test_uploads_to_an_upstream_that_does_not_read_hold_up_nobody(
    user: User, slow: SlowApi, field: str, piece: bytes
) -> None:
    port, seen = user.machine.port, slow.received("deaf")
    head = user.head("deaf", field, method="POST")
    with crowd(port, head, 40) as clients:
        for client in clients.clients:
            fill(client, piece)
        until(lambda: slow.received("deaf") == seen + 40)
        user.everything_answers(calls=2)
    # The upstream does not notice the end of its connections, because it does not read.
    until(lambda: served_connections(port, clients) == 0)


def fill(client: socket.socket, piece: bytes) -> None:
    """Send until the product reads no more, at most 100 pieces."""
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        for _ in range(100):
            client.send(piece)
