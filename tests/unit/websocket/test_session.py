"""A session answers the handshake, relays, and records the call once, however it ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from api.credentials import AuthScheme
from api.errors import Problem, ServerStopping
from api.http import waiting as http_waiting
from api.proxy.call_context import Attempt, CallContext, Forwarded
from api.proxy.identity import Identity
from api.proxy.open_calls import OpenCalls
from api.proxy.recording import CallRecord
from api.proxy.token_extraction import FoundToken
from api.proxy.upstream_request import UpstreamResponse
from api.quota.key_state import KeyState
from api.raw_request import WebSocketOffer
from api.services.token_codec import TokenPayload
from api.storage.requests import LogEntry
from api.websocket.frames import close_frame
from api.websocket.session import WebSocketSession
from tests.unit.websocket.handshakes import ACCEPT, NONCE, pool_key
from tests.unit.websocket.relayed import NO_LIMITS, connected, read, read_all
from tests.unit.websocket.test_frames import CLOSE, TEXT, frame


class FakeConnection:
    """The upstream's connection after its response with status 101."""

    def __init__(self, sock: socket.socket, rest: bytes) -> None:
        self._sock = sock
        self._rest = rest

    def upgraded(self) -> tuple[socket.socket, bytes]:
        return self._sock, self._rest

    def close(self) -> None:
        self._sock.close()


class FakeRecorder:
    """Keeps the records. `fails` makes every record fail."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.fails = False
        self.records: list[CallRecord] = []
        self.early_states: list[KeyState] = []
        self.open_calls = OpenCalls()

    def record_key_states(self, call: CallContext, attempts: Sequence[Attempt]) -> bool:
        assert call.username == "ada" and self.entries == []
        self.early_states += [attempt.state for attempt in attempts if attempt.state is not None]
        return bool(self.early_states)

    def record(self, _username: str, record: CallRecord) -> None:
        self.records.append(record)
        self.entries.append(record.entry)
        if self.fails:
            raise Problem("usage_not_recorded", "no")


class Ends:
    """A session with the outer ends of its connections."""

    def __init__(self, rest: bytes = b"", state: KeyState | None = None) -> None:
        self.client, self.inner = connected()
        self.upstream, upstream = connected()
        self.recorder = FakeRecorder()
        connection: Any = FakeConnection(upstream, rest)
        recorder: Any = self.recorder
        answered = Attempt(
            pool_key(AuthScheme("bearer")),
            "api.example.com:443",
            seconds=0.25,
            response=UpstreamResponse(connection, 101, []),
            state=state,
        )
        found = FoundToken("apd_x", "header", "authorization")
        caller = Identity(found, "ada", TokenPayload("t1", "ada"), None, "127.0.0.1")
        self.session = WebSocketSession(
            WebSocketOffer(NONCE, ("v1",)),
            "v1",
            [("X-Request-Id", "r1")],
            CallContext("r1", caller, "GET", "test", "/x", 100.0, 0.0),
            Forwarded((answered,), answered),
            recorder,
            NO_LIMITS,
        )

    def run(self, received: bytes = b"") -> threading.Thread:
        """Run the session as the server does."""
        thread = threading.Thread(target=self._serve, args=(received,), daemon=True)
        thread.start()
        return thread

    def _serve(self, received: bytes) -> None:
        self.session.run(self.inner, received)
        self.inner.close()

    def close(self) -> None:
        for sock in (self.client, self.upstream, self.inner):
            sock.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    with contextlib.closing(Ends(rest=frame(TEXT, b"hello"))) as made:
        yield made


def test_the_response_is_sent_and_the_call_recorded_at_its_end(ends: Ends) -> None:
    closing = frame(CLOSE, b"\x03\xe8", masked=True)
    thread = ends.run(frame(TEXT, b"early", masked=True) + closing)
    assert read(ends.upstream, 11 + len(closing)).endswith(closing)
    ends.upstream.sendall(frame(CLOSE, b"\x03\xe8"))
    ends.upstream.close()
    received = read_all(ends.client)
    ends.client.close()
    thread.join(10)
    head, _, frames = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    for line in (
        f"Sec-WebSocket-Accept: {ACCEPT}",
        "Sec-WebSocket-Protocol: v1",
        "X-Request-Id: r1",
    ):
        assert line.encode() in head.split(b"\r\n")
    assert frames == frame(TEXT, b"hello") + frame(CLOSE, b"\x03\xe8")
    (entry,) = ends.recorder.entries
    assert (entry.status, entry.websocket, entry.problem) == (101, True, None)
    assert (entry.messages_in, entry.messages_out) == (1, 1)
    assert (entry.bytes_in, entry.bytes_out) == (5, 5)
    assert (entry.token_id, entry.key_id) == ("t1", "test.0123456789abcdef")
    assert entry.upstream_ms == 250


def test_a_stop_of_the_server_closes_with_1001_and_is_recorded(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited, waiting = threading.Event(), http_waiting.wait

    def wait(*arguments: Any) -> Any:
        if not waited.is_set():
            waited.set()
            raise ServerStopping
        return waiting(*arguments)

    monkeypatch.setattr("api.websocket.relay.wait", wait)
    thread = ends.run()
    assert read_all(ends.client).endswith(close_frame(1001, "the server stops", masked=False))
    assert read_all(ends.upstream)[:1] == b"\x88"
    ends.client.close()
    thread.join(10)
    assert [entry.problem for entry in ends.recorder.entries] == ["server_stopping"]


def test_a_record_that_fails_ends_nothing_else(ends: Ends) -> None:
    ends.recorder.fails = True
    thread = ends.run()
    ends.client.close()
    assert read_all(ends.upstream) == b""
    ends.upstream.close()
    thread.join(10)
    assert not thread.is_alive()
    assert [entry.problem for entry in ends.recorder.entries] == ["caller_gone"]


def test_a_key_s_state_is_stored_when_the_websocket_opens_and_not_again_at_its_end() -> None:
    exhausted = KeyState("exhausted", 100)
    with contextlib.closing(Ends(state=exhausted)) as ends:
        thread = ends.run()
        ends.client.close()
        assert read_all(ends.upstream) == b""
        ends.upstream.close()
        thread.join(10)
        assert ends.recorder.early_states == [exhausted]
        assert [record.key_states for record in ends.recorder.records] == [()]
    with contextlib.closing(Ends(state=exhausted)) as ends:
        ends.session.close()
        states = [record.key_states for record in ends.recorder.records]
        assert [state for ((_, state),) in states] == [exhausted]


def test_a_session_that_never_runs_is_recorded_when_it_is_closed(ends: Ends) -> None:
    ends.session.close()
    ends.session.close()
    assert [entry.problem for entry in ends.recorder.entries] == ["caller_gone"]
    assert list(ends.session) == []


def test_s48_ending_a_session_closes_with_1008(ends: Ends) -> None:
    thread = ends.run()
    ends.client.recv(4096)
    ends.session.end("the token was revoked", "authentication_required")
    assert read_all(ends.client).endswith(close_frame(1008, "the token was revoked", masked=False))
    ends.client.close()
    thread.join(10)
    assert [entry.problem for entry in ends.recorder.entries] == ["authentication_required"]
