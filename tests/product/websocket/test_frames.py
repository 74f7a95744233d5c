"""Frames reach the other end as they were sent, valid or not: the ends judge, not the relay."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from tests.conftest import running
from tests.product.websocket.frame_cases import CASES, LARGE
from tests.support.accounts import Account
from tests.support.frames import (
    CLOSE,
    CONTINUATION,
    MASK,
    PING,
    TEXT,
    RawFrame,
    close_payload,
    decode_frames,
    read_frame,
)
from tests.support.raw_sockets import (
    RawSocketUpstream,
    accept_websocket,
    read_exactly,
    read_head,
    read_rest,
    start_websocket,
)
from tests.support.upstream import Place


@dataclass
class Ends:
    """The two ends of a WebSocket through the product."""

    client: socket.socket
    upstream: socket.socket


@dataclass
class Relayed:
    """The product with a key of each upstream: `raw`, and `echo`, which is a real server."""

    port: int
    token: str
    upstream: RawSocketUpstream

    def open(self) -> Ends:
        """Open a WebSocket to the raw upstream."""
        client = start_websocket(self.port, "/proxy/raw/socket", self.token)
        upstream, head = self.upstream.accept()
        accept_websocket(upstream, head)
        assert read_head(client).startswith(b"HTTP/1.1 101 ")
        return Ends(client, upstream)


@pytest.fixture(scope="module")
def relayed(
    separate: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Relayed]:
    upstream = RawSocketUpstream()
    with serve(_echo, "127.0.0.1", 0, max_size=LARGE + 100) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        echo_port = server.socket.getsockname()[1]
        settings = {
            **separate,
            "API_DASHBOARD_WORKERS": "1",
            "API_DASHBOARD_MAX_REQUEST_BYTES": str(2 * LARGE),
            "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream.port},127.0.0.1:{echo_port}",
        }
        with running(settings, tmp_path_factory.mktemp("frames")) as product:
            account = Account(product)
            account.key(Place(upstream.url, ""), api_name="raw")
            account.key(Place(f"http://127.0.0.1:{echo_port}", ""), api_name="echo")
            yield Relayed(product.port, account.token(["*"]), upstream)
    upstream.close()


@pytest.fixture
def ends(relayed: Relayed) -> Iterator[Ends]:
    opened = relayed.open()
    yield opened
    opened.client.close()
    opened.upstream.close()


def _echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def _to_upstream(ends: Ends, masked: bool = True) -> tuple[socket.socket, socket.socket, bytes]:
    return ends.client, ends.upstream, MASK if masked else b""


def _to_client(ends: Ends, masked: bool = False) -> tuple[socket.socket, socket.socket, bytes]:
    return ends.upstream, ends.client, MASK if masked else b""


DIRECTIONS = pytest.mark.parametrize("direction", [_to_upstream, _to_client])


@DIRECTIONS
@pytest.mark.parametrize("name", CASES)
def test_frames_arrive_as_they_were_sent(
    ends: Ends, name: str, direction: Callable[[Ends], tuple[socket.socket, socket.socket, bytes]]
) -> None:
    source, target, mask = direction(ends)
    frames = [replace(frame, mask=mask or None) for frame in CASES[name]]
    _assert_relayed(source, target, frames)


@DIRECTIONS
def test_masks_that_are_missing_or_wrong_arrive_as_they_were_sent(
    ends: Ends,
    direction: Callable[[Ends, bool], tuple[socket.socket, socket.socket, bytes]],
) -> None:
    source, target, mask = direction(ends, direction is _to_client)
    frames = [RawFrame(TEXT, b"text", mask=mask or None), RawFrame(PING, mask=mask or None)]
    _assert_relayed(source, target, frames)


def _assert_relayed(source: socket.socket, target: socket.socket, frames: list[RawFrame]) -> None:
    """Assert that exactly these frames arrive."""
    sent = b"".join(frame.encoded for frame in frames)
    sender = threading.Thread(target=_send_all, args=(source, sent))
    sender.start()
    arrived = read_exactly(target, len(sent))
    sender.join(20)
    if arrived != sent:
        assert decode_frames(arrived) == decode_frames(sent)
    assert read_rest(target) == b""


def _send_all(source: socket.socket, data: bytes) -> None:
    source.sendall(data)
    source.shutdown(socket.SHUT_WR)


@DIRECTIONS
def test_a_frame_in_single_bytes_arrives(
    ends: Ends, direction: Callable[[Ends], tuple[socket.socket, socket.socket, bytes]]
) -> None:
    source, target, mask = direction(ends)
    sent = RawFrame(TEXT, "wörld".encode() * 30, mask=mask or None).encoded
    for byte in sent:
        source.sendall(bytes([byte]))
    assert read_exactly(target, len(sent)) == sent


def test_both_directions_carry_large_messages_at_once(ends: Ends) -> None:
    inward = RawFrame(TEXT, b"i" * LARGE, mask=MASK).encoded
    outward = RawFrame(TEXT, b"o" * LARGE).encoded
    arrived: dict[str, bytes] = {}
    threads = [
        threading.Thread(target=ends.client.sendall, args=(inward,)),
        threading.Thread(target=ends.upstream.sendall, args=(outward,)),
        threading.Thread(
            target=lambda: arrived.update(inward=read_exactly(ends.upstream, len(inward)))
        ),
        threading.Thread(
            target=lambda: arrived.update(outward=read_exactly(ends.client, len(outward)))
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert arrived["inward"] == inward
    assert arrived["outward"] == outward


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([RawFrame(TEXT, b"text", reserved=4, mask=MASK)], 1002),
        ([RawFrame(3, b"text", mask=MASK)], 1002),
        ([RawFrame(PING, b"*" * 126, mask=MASK)], 1002),
        ([RawFrame(PING, b"", final=False, mask=MASK)], 1002),
        ([RawFrame(CONTINUATION, b"text", mask=MASK)], 1002),
        ([RawFrame(TEXT, b"text")], 1002),
        ([RawFrame(CLOSE, close_payload(1005), mask=MASK)], 1002),
        ([RawFrame(TEXT, b"\xff", mask=MASK)], 1007),
        ([RawFrame(CLOSE, close_payload(1000, b"\xff"), mask=MASK)], 1007),
        ([RawFrame(TEXT, b"*" * (LARGE + 101), mask=MASK)], 1009),
        ([RawFrame(CLOSE, close_payload(4321, b"own"), mask=MASK)], 4321),
        ([RawFrame(CLOSE, mask=MASK)], None),
    ],
)
def test_the_upstreams_judgement_reaches_the_client(
    relayed: Relayed, frames: list[RawFrame], code: int | None
) -> None:
    client = start_websocket(relayed.port, "/proxy/echo/socket", relayed.token)
    with client:
        assert read_head(client).startswith(b"HTTP/1.1 101 ")
        sent = b"".join(frame.encoded for frame in frames)
        sender = threading.Thread(target=_send_until_closed, args=(client, sent))
        sender.start()
        closed = decode_frames(read_rest(client))
        sender.join(20)
    assert [frame.opcode for frame in closed] == [CLOSE]
    assert closed[0].payload[:2] == (b"" if code is None else close_payload(code))


def _send_until_closed(client: socket.socket, data: bytes) -> None:
    # The upstream closes before it has read everything.
    with contextlib.suppress(OSError):
        client.sendall(data)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (RawFrame(TEXT, b"text", reserved=4), 1002),
        (RawFrame(TEXT, b"text", mask=MASK), 1002),
        (RawFrame(TEXT, b"\xff"), 1007),
        (RawFrame(TEXT, b"*" * 2000), 1009),
    ],
)
def test_the_clients_judgement_reaches_the_upstream(
    relayed: Relayed, frame: RawFrame, code: int
) -> None:
    url = f"ws://127.0.0.1:{relayed.port}/proxy/raw/socket"
    fields = {"Authorization": f"Bearer {relayed.token}"}
    ended: list[ConnectionClosed] = []

    def receive() -> None:
        with connect(url, additional_headers=fields, max_size=1000) as client:
            with pytest.raises(ConnectionClosed) as raised:
                client.recv(20)
            ended.append(raised.value)

    thread = threading.Thread(target=receive)
    thread.start()
    upstream, head = relayed.upstream.accept()
    with upstream:
        accept_websocket(upstream, head)
        upstream.sendall(frame.encoded)
        closed = read_frame(partial(read_exactly, upstream))
    thread.join(20)
    assert closed.opcode == CLOSE
    assert closed.payload[:2] == close_payload(code)
    assert ended[0].sent is not None and ended[0].sent.code == code


@pytest.mark.parametrize("message", ["*" * LARGE, b"\xfe" * LARGE], ids=["text", "binary"])
def test_a_message_of_16_mb_comes_back(relayed: Relayed, message: str | bytes) -> None:
    url = f"ws://127.0.0.1:{relayed.port}/proxy/echo/socket"
    fields = {"Authorization": f"Bearer {relayed.token}"}
    with connect(url, additional_headers=fields, max_size=None) as client:
        client.send(message)
        assert client.recv(20) == message


def test_pings_are_answered_by_the_upstream(relayed: Relayed) -> None:
    url = f"ws://127.0.0.1:{relayed.port}/proxy/echo/socket"
    fields = {"Authorization": f"Bearer {relayed.token}"}
    with connect(url, additional_headers=fields) as client:
        answers = [client.ping(str(number)) for number in range(500)]
        assert all(answer.wait(20) for answer in answers)
        client.send("still open")
        assert client.recv(20) == "still open"
