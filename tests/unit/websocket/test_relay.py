"""A relay passes bytes on unchanged, in both directions, and ends as its peers do."""

from __future__ import annotations

import os
import socket
import struct
import threading

import pytest

from api.websocket.direction import Ending
from api.websocket.frames import close_frame
from api.websocket.relay import RelayLimits
from tests.unit.websocket.relayed import NO_LIMITS, read, read_all, relayed
from tests.unit.websocket.test_frames import BINARY, CLOSE, FRAGMENTS, PING, PONG, TEXT, frame

REVOKED = Ending(1008, "revoked", "authentication_required")
CLIENT_CLOSE = frame(CLOSE, b"\x03\xe8bye", masked=True)
UPSTREAM_CLOSE = frame(CLOSE, b"\x03\xe8bye")

UNTOUCHED = {
    "text": frame(TEXT, b"hello"),
    "binary": frame(BINARY, bytes(range(256))),
    "fragments with a ping between them": b"".join(FRAGMENTS),
    "compressed: RSV1": frame(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"),
    "RSV2, RSV3 and a reserved opcode": frame(0xB3, b"abc"),
    "a reserved control opcode": frame(0x8F, b"abc"),
    "a control frame that is too long": frame(PING, b"x" * 300),
    "a fragmented control frame": frame(0x09, b"x"),
    "a continuation of nothing": frame(0x80, b"x"),
    "text that is not UTF-8": frame(TEXT, b"\xff\xfe"),
    "a close frame with one byte": frame(CLOSE, b"\x03"),
    "a close frame with an invalid code": frame(CLOSE, struct.pack(">H", 999)),
    "an upstream's close code": frame(CLOSE, struct.pack(">H", 4008) + b"quota"),
    "a masked frame of a server": frame(TEXT, b"x", masked=True),
    "not a frame": b"HTTP/1.1 200 OK\r\n\r\n",
    "a ping storm": frame(PING, b"p") * 2000,
    "16 MB": frame(BINARY, b"m" * (16 << 20)),
}


@pytest.mark.parametrize("direction", ["to the upstream", "to the client"])
@pytest.mark.parametrize("name", UNTOUCHED)
def test_frames_pass_untouched(name: str, direction: str) -> None:
    data = UNTOUCHED[name]
    with relayed() as ends:
        source, target = ends.client, ends.upstream
        if direction == "to the client":
            source, target = target, source
        sender = threading.Thread(target=source.sendall, args=(data,))
        sender.start()
        assert read(target, len(data)) == data
        sender.join()


def test_a_frame_that_arrives_byte_by_byte_is_not_held_back() -> None:
    data = frame(TEXT, b"hello", masked=True)
    with relayed() as ends:
        for position in range(len(data)):
            ends.client.sendall(data[position : position + 1])
            assert read(ends.upstream, 1) == data[position : position + 1]
    assert (ends.relay.inward.frames.messages, ends.relay.inward.frames.payload_bytes) == (1, 5)


def test_the_handshake_comes_first_and_early_frames_follow() -> None:
    first, received = frame(TEXT, b"welcome"), frame(TEXT, b"early", masked=True)
    with relayed(head=b"HTTP/1.1 101 \r\n\r\n", first=first, received=received) as ends:
        assert read(ends.client, 17 + len(first)) == b"HTTP/1.1 101 \r\n\r\n" + first
        assert read(ends.upstream, len(received)) == received
    assert ends.relay.outward.frames.messages == 1
    assert ends.relay.inward.frames.messages == 1


def test_ping_and_pong_pass_in_both_directions() -> None:
    with relayed() as ends:
        for source, target in ((ends.client, ends.upstream), (ends.upstream, ends.client)):
            ping, pong = frame(PING, b"beat"), frame(PONG, b"beat")
            source.sendall(ping)
            assert read(target, len(ping)) == ping
            target.sendall(pong)
            assert read(source, len(pong)) == pong


def test_a_peer_that_does_not_read_stops_the_other_one() -> None:
    with relayed() as ends:
        ends.client.settimeout(0.3)
        sent, block = 0, frame(BINARY, b"x" * 60_000, masked=True)
        with pytest.raises(TimeoutError):
            while sent < 200 << 20:
                sent += ends.client.send(block)
        # What the system's four buffers hold, and one piece of the relay.
        assert sent < 64 << 20
        assert len(ends.relay.inward.piece) <= 65_536
        assert len(ends.relay.outward.piece) == 0
        # The other direction still works.
        ends.upstream.sendall(frame(TEXT, b"still here"))
        assert read(ends.client, 12).endswith(b"still here")


@pytest.mark.parametrize("starter", ["client", "upstream"])
def test_a_close_handshake_passes_and_ends_at_once(starter: str) -> None:
    with relayed() as ends:
        if starter == "client":
            ends.client.sendall(CLIENT_CLOSE)
            assert read(ends.upstream, len(CLIENT_CLOSE)) == CLIENT_CLOSE
            ends.upstream.sendall(UPSTREAM_CLOSE)
        else:
            ends.upstream.sendall(UPSTREAM_CLOSE)
            assert read(ends.client, len(UPSTREAM_CLOSE)) == UPSTREAM_CLOSE
            ends.client.sendall(CLIENT_CLOSE)
            assert read(ends.upstream, len(CLIENT_CLOSE)) == CLIENT_CLOSE
        ends.upstream.close()
        if starter == "client":
            assert read(ends.client, len(UPSTREAM_CLOSE)) == UPSTREAM_CLOSE
        assert read_all(ends.client) == b""
        ends.join()
    assert ends.relay.problem() is None


def test_peers_that_leave_the_connection_open_after_the_close_handshake_are_closed() -> None:
    with relayed() as ends:
        ends.client.sendall(CLIENT_CLOSE)
        ends.upstream.sendall(UPSTREAM_CLOSE)
        assert read_all(ends.upstream) == CLIENT_CLOSE
        assert read_all(ends.client) == UPSTREAM_CLOSE


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_disappears_ends_the_upstream(reset: bool) -> None:
    with relayed() as ends:
        message = frame(TEXT, b"last", masked=True)
        ends.client.sendall(message)
        assert read(ends.upstream, len(message)) == message
        if reset:
            ends.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ends.client.close()
        assert read_all(ends.upstream) == b""
        ends.upstream.close()
        ends.join()
    assert ends.relay.problem() == "caller_gone"


def test_what_an_upstream_sent_before_it_disappeared_arrives() -> None:
    data = frame(BINARY, b"x" * 3_000_000)
    with relayed() as ends:
        ends.upstream.sendall(data[:2_000_000])
        ends.upstream.close()
        ends.client.sendall(frame(TEXT, b"x", masked=True) * 10)
        received = read_all(ends.client)
        ends.client.close()
        ends.join()
    assert data.startswith(received)
    assert ends.relay.problem() == "upstream_reset"


def test_the_answer_of_an_upstream_arrives_although_the_client_sends_nothing_more() -> None:
    with relayed() as ends:
        ends.client.sendall(CLIENT_CLOSE)
        ends.client.shutdown(socket.SHUT_WR)
        assert read_all(ends.upstream) == CLIENT_CLOSE
        ends.upstream.sendall(UPSTREAM_CLOSE)
        ends.upstream.close()
        assert read_all(ends.client) == UPSTREAM_CLOSE
    assert ends.relay.problem() is None


def test_s48_both_peers_get_a_close_frame_when_the_proxy_ends_the_websocket() -> None:
    with relayed() as ends:
        ends.relay.end(REVOKED)
        assert read_all(ends.client) == close_frame(1008, "revoked", masked=False)
        to_upstream = read_all(ends.upstream)
        assert to_upstream[:2] == close_frame(1008, "revoked", masked=True)[:2]
        ends.join()
    assert ends.relay.problem() == "authentication_required"


def test_our_close_frame_follows_the_frame_that_has_begun() -> None:
    begun = frame(TEXT, b"x" * 100)
    with relayed() as ends:
        ends.upstream.sendall(begun[:50])
        assert read(ends.client, 50) == begun[:50]
        ends.relay.end(REVOKED)
        ends.upstream.sendall(begun[50:] + frame(TEXT, b"one more"))
        rest = read_all(ends.client)
    assert rest == begun[50:] + close_frame(1008, "revoked", masked=False)


def test_an_upstream_that_stops_in_a_frame_is_not_waited_for() -> None:
    with relayed() as ends:
        ends.upstream.sendall(frame(TEXT, b"x" * 100)[:50])
        assert len(read(ends.client, 50)) == 50
        ends.relay.end(REVOKED)
        ends.relay.end(REVOKED)
        assert read_all(ends.client) == b""
        assert read_all(ends.upstream)[:1] == b"\x88"


def test_a_peer_that_has_closed_gets_no_second_close_frame() -> None:
    with relayed() as ends:
        ends.client.sendall(CLIENT_CLOSE)
        assert read(ends.upstream, len(CLIENT_CLOSE)) == CLIENT_CLOSE
        ends.relay.end(REVOKED)
        assert read_all(ends.upstream) == b""
        assert read_all(ends.client) == close_frame(1008, "revoked", masked=False)


def test_a_client_that_does_not_read_cannot_delay_the_end() -> None:
    with relayed() as ends:
        sender = threading.Thread(target=_flood, args=(ends.upstream,), daemon=True)
        sender.start()
        ends.relay.end(REVOKED)
        ends.join()


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (RelayLimits(longest=0.05, idle=60.0), "maximum duration reached"),
        (RelayLimits(longest=60.0, idle=0.05), "idle for too long"),
    ],
)
def test_time_limits_close_with_1001(limits: RelayLimits, reason: str) -> None:
    with relayed(limits) as ends:
        assert read_all(ends.client) == close_frame(1001, reason, masked=False)
        ends.join()
    assert ends.relay.problem() == "websocket_timeout"


def test_bytes_in_either_direction_count_as_activity() -> None:
    clock = Clock()
    with relayed(RelayLimits(longest=1000.0, idle=10.0), clock) as ends:
        for source, target in ((ends.client, ends.upstream), (ends.upstream, ends.client)) * 3:
            clock.now += 8.0
            source.sendall(frame(PING, b""))
            assert read(target, 2) == frame(PING, b"")
    assert ends.relay.ending is None


def test_s48_a_message_above_the_limit_closes_with_1009() -> None:
    limits = RelayLimits(longest=60.0, idle=60.0, message_bytes=1000)
    with relayed(limits) as ends:
        allowed = frame(TEXT, b"x" * 1000, masked=True)
        ends.client.sendall(allowed)
        assert read(ends.upstream, len(allowed)) == allowed
        ends.client.sendall(frame(TEXT, b"x" * 1001, masked=True)[:20])
        expected = close_frame(1009, "the message is too large", masked=False)
        assert read(ends.client, len(expected)) == expected
    assert ends.relay.problem() == "request_too_large"


def test_an_idle_relay_holds_nothing() -> None:
    with relayed(NO_LIMITS) as ends:
        data = frame(BINARY, os.urandom(300_000), masked=True)
        sender = threading.Thread(target=ends.client.sendall, args=(data,))
        sender.start()
        assert read(ends.upstream, len(data)) == data
        sender.join()
        # The relay has sent all, and waits.
        for direction in (ends.relay.inward, ends.relay.outward):
            assert direction.piece.obj in (b"", data[:0]) and not direction.piece


def _flood(sock: socket.socket) -> None:
    block = frame(BINARY, b"x" * 60_000)
    try:
        while True:
            sock.sendall(block)
    except OSError:
        return
