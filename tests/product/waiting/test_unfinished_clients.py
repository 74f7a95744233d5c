"""Clients that do not read, send half a request or nothing: others are served as usual (S42)."""

from __future__ import annotations

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


def test_clients_that_do_not_read_a_large_response(user: User, slow: SlowApi) -> None:
    head = user.head("large?bytes=20000000")
    with crowd(user.machine.port, head, 140, reads=False):
        until_equal(140, slow, "large")
        user.everything_answers(calls=2)
        # The product does not read ahead: the upstream has not sent its responses.
        assert slow.in_use("large") == 140
    until_equal(0, slow, "large")


HALVES = {
    "nothing": ("", b""),
    "half-a-head": ("", b"POST /proxy/slow/upload HTTP/1.1\r\nHost: loc"),
    "half-a-chunk": ("Transfer-Encoding: chunked", b"5\r\nhe"),
    "half-a-length": ("Content-Length: 1000", b"half"),
    "half-a-large-length": ("Content-Length: 1000000", b"half"),
    "an-expectation": ("Content-Length: 1000000\r\nExpect: 100-continue", b""),
}


@pytest.mark.parametrize(("field", "data"), HALVES.values(), ids=HALVES)
def test_s42_clients_that_send_half_a_request(
    user: User, slow: SlowApi, field: str, data: bytes
) -> None:
    port = user.machine.port
    sent = user.head("upload", field, method="POST") + data if field else data
    with crowd(port, sent, COUNT) as clients:
        until(lambda: served_connections(port, clients) == COUNT)
        user.everything_answers(calls=2)
        assert served_connections(port, clients) == COUNT
    until(lambda: served_connections(port, clients) == 0)
    until_equal(0, slow, "upload")


def test_half_sent_bodies_can_be_completed(user: User) -> None:
    head = user.head("upload", "Content-Length: 8", method="POST") + b"half"
    with crowd(user.machine.port, head, COUNT) as clients:
        user.everything_answers(calls=2)
        for client in clients.clients:
            client.sendall(b"rest")
        clients.receive(b"received_bytes")
    assert all(b'"received_bytes": 8' in data for data in clients.received)
