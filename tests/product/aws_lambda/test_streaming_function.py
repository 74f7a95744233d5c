"""The streaming function sends each piece at once, and records each call before its end."""

from __future__ import annotations

import json
import secrets
import socket
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from api.errors import StorageUnavailable
from api.settings import Settings
from tests.support.accounts import Account
from tests.support.runtime_api import Invocation
from tests.support.streaming_function import MovedClock, StreamingFunction, served
from tests.support.upstream import Answer, Place, Received

PATIENCE = 20
EVENTS = [("Content-Type", "text/event-stream")]


def recorded(user: Account) -> dict[str, Any]:
    """Return the latest entry of the request log."""
    entry: dict[str, Any] = user.call("GET", "/api/requests").json["items"][0]
    return entry


def problem_of(invocation: Invocation, status: int, code: str) -> dict[str, Any]:
    """Assert that the response is a problem, and return its document."""
    assert invocation.status == status
    document: dict[str, Any] = json.loads(invocation.read())
    assert document["code"] == code
    assert invocation.error is None and invocation.failure is None
    return document


class Steps:
    """An upstream's stream, of which the test asks for one piece after another."""

    def __init__(self, place: Place, headers: list[tuple[str, str]] = EVENTS) -> None:
        self._next: threading.Semaphore = threading.Semaphore(0)
        self._pieces: list[bytes | None] = []
        self.ended = threading.Event()
        place.answer(Answer(200, headers, pieces=self._made))

    def make(self, piece: bytes | None) -> None:
        """Let the upstream send a piece, or end its response."""
        self._pieces.append(piece)
        self._next.release()

    def _made(self) -> Iterator[bytes]:
        try:
            while self._next.acquire(timeout=PATIENCE):
                piece = self._pieces.pop(0)
                if piece is None:
                    return
                yield piece
        finally:
            self.ended.set()


def test_every_piece_is_passed_on_before_the_next_is_made(
    streaming: StreamingFunction, user: Account, place: Place, token: str
) -> None:
    steps = Steps(place)
    invocation = streaming.call("GET", "/proxy/test/stream", token=token)
    made = [f"data: {number}\n\n".encode() * (1 + number * 97) for number in range(40)]
    steps.make(made[0])
    pieces = invocation.pieces()
    for position, piece in enumerate(made):
        assert next(pieces).data == piece
        assert place.last is not None and recorded_calls(user) == []
        steps.make(made[position + 1] if position + 1 < len(made) else None)
    assert list(pieces) == []
    assert invocation.error is None
    entry = recorded(user)
    assert (entry["path"], entry["status"], entry["problem"]) == ("/stream", 200, None)
    assert entry["bytes_out"] == sum(map(len, made))


def recorded_calls(user: Account) -> list[str]:
    """Return the paths of the calls of this test, none of which has another path."""
    items = user.call("GET", "/api/requests").json["items"]
    return [item["path"] for item in items if item["path"] == "/stream"]


def test_the_head_is_sent_before_the_first_piece(
    streaming: StreamingFunction, place: Place, token: str
) -> None:
    steps = Steps(place)
    invocation = streaming.call("GET", "/proxy/test/x", token=token)
    assert invocation.status == 200
    assert invocation.headers["content-type"] == "text/event-stream"
    steps.make(None)
    assert invocation.read() == b"" and invocation.error is None


def test_a_stream_of_14_minutes_completes(
    streaming: StreamingFunction,
    user: Account,
    place: Place,
    token: str,
    moved_clock: MovedClock,
) -> None:
    steps = Steps(place)
    invocation = streaming.call("GET", "/proxy/test/long", token=token)
    assert invocation.status == 200
    pieces = invocation.pieces()
    for minute in range(14):
        moved_clock.moved += 60
        steps.make(b"%d" % minute)
        assert next(pieces).data == b"%d" % minute
    steps.make(None)
    assert list(pieces) == [] and invocation.error is None
    assert recorded(user)["problem"] is None


def test_the_first_byte_may_take_14_minutes(
    streaming: StreamingFunction, place: Place, token: str, moved_clock: MovedClock
) -> None:
    def late(_received: Received, _socket: socket.socket) -> Answer:
        moved_clock.moved += 14 * 60
        return Answer(200, [], b"late")

    place.behaviour = late
    invocation = streaming.call("POST", "/proxy/test/x", body=b"{}", token=token)
    assert (invocation.status, invocation.read()) == (200, b"late")


def test_a_call_without_a_response_ends_before_the_deadline(
    streaming: StreamingFunction,
    user: Account,
    place: Place,
    token: str,
    moved_clock: MovedClock,
    over: threading.Event,
) -> None:
    def never(_received: Received, _socket: socket.socket) -> None:
        moved_clock.moved += 900 - 8
        over.wait(PATIENCE)

    place.behaviour = never
    invocation = streaming.call("POST", "/proxy/test/slow", body=b"{}", token=token)
    document = problem_of(invocation, 504, "upstream_timeout")
    assert document["time_limit"] == "total" and "14 minutes" in document["detail"]
    assert invocation.headers["x-should-retry"] == "false"
    entry = recorded(user)
    assert (entry["path"], entry["problem"], entry["time_limit"]) == (
        "/slow", "upstream_timeout", "total",
    )  # fmt: skip


@pytest.mark.parametrize(("deadline", "moved"), [(900.0, 893), (60.0, 53), (8.0, 6.5)])
def test_a_stream_ends_with_a_record_and_an_error_before_the_deadline(
    streaming: StreamingFunction,
    user: Account,
    place: Place,
    token: str,
    moved_clock: MovedClock,
    deadline: float,
    moved: float,
) -> None:
    steps = Steps(place)
    begun = moved_clock()
    invocation = streaming.call(
        "GET", "/proxy/test/endless", token=token, deadline_seconds=deadline
    )
    steps.make(b"one")
    pieces = invocation.pieces()
    assert next(pieces).data == b"one"
    moved_clock.moved = moved
    assert list(pieces) == []
    assert moved_clock() - begun < deadline - 0.5
    assert invocation.error is not None
    assert invocation.error.kind == "upstream_timeout"
    assert "14 minutes" in invocation.error.body["errorMessage"]
    entry = recorded(user)
    assert (entry["problem"], entry["time_limit"]) == ("upstream_timeout", "total")
    assert (entry["status"], entry["bytes_out"]) == (200, 3)
    steps.make(None)
    assert streaming.call("GET", "/proxy/test/x", token=token).status == 200


@pytest.mark.parametrize("length", [None, 100])
def test_an_upstream_that_breaks_off_is_recorded_and_reported(
    streaming: StreamingFunction, user: Account, place: Place, token: str, length: int | None
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
    if length is None:
        raw = head + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
    else:
        raw = head + b"Content-Length: 100000\r\n\r\none"
    place.answer(Answer(raw=raw))
    invocation = streaming.call("GET", "/proxy/test/broken", token=token)
    assert (invocation.status, invocation.read()) == (200, b"one")
    assert invocation.error is not None and invocation.error.kind == "upstream_reset"
    assert set(invocation.error.body) == {"errorType", "errorMessage"}
    entry = recorded(user)
    assert (entry["problem"], entry["bytes_out"]) == ("upstream_reset", 3)


def test_a_stream_whose_call_cannot_be_recorded_does_not_complete(
    streaming: StreamingFunction, place: Place, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(place)
    invocation = streaming.call("GET", "/proxy/test/x", token=token)
    assert invocation.status == 200

    def fail(*_: object) -> None:
        raise StorageUnavailable("gone")

    monkeypatch.setattr("api.storage.table.Table.batch", fail)
    steps.make(b"one")
    steps.make(None)
    assert invocation.read() == b"one"
    assert invocation.error is not None and invocation.error.kind == "usage_not_recorded"


def test_a_caller_who_disconnects_ends_the_upstream_call(
    streaming: StreamingFunction, user: Account, place: Place, token: str
) -> None:
    steps = Steps(place)
    invocation = streaming.call("GET", "/proxy/test/gone", token=token, hang_up_after=3)
    steps.make(b"one")
    assert next(invocation.pieces()).data == b"one"
    assert invocation.ended.wait(PATIENCE)
    place.answer(Answer(200, [], b"next"))
    steps.make(b"two")
    steps.make(b"three")
    assert streaming.call("GET", "/proxy/test/x", token=token).status == 200
    entries = user.call("GET", "/api/requests").json["items"]
    gone = next(entry for entry in entries if entry["path"] == "/gone")
    assert gone["problem"] == "caller_gone" and gone["bytes_out"] >= 3
    steps.make(None)


def test_a_caller_who_disconnects_during_a_wait_for_the_upstream_is_noticed(
    streaming: StreamingFunction, user: Account, place: Place, token: str
) -> None:
    steps = Steps(place)
    gone = streaming.call("GET", "/proxy/test/gone", token=token, hang_up_after=0)
    assert gone.ended.wait(PATIENCE)
    place.answer(Answer(200, [], b"next"))  # The upstream sends no piece to the first call.
    following = streaming.call("GET", "/proxy/test/x", token=token)
    assert following.read() == b"next"
    entries = user.call("GET", "/api/requests").json["items"]
    assert [(entry["path"], entry["problem"]) for entry in entries[:2]] == [
        ("/x", None), ("/gone", "caller_gone"),
    ]  # fmt: skip
    steps.make(None)


def test_a_call_whose_caller_does_not_read_ends_after_a_minute(
    streaming: StreamingFunction,
    user: Account,
    place: Place,
    token: str,
    moved_clock: MovedClock,
) -> None:
    size = 0
    blocked = threading.Event()

    def endless() -> Iterator[bytes]:
        nonlocal size
        while size < 1 << 28:
            size += 65_536
            yield b"x" * 65_536

    place.answer(Answer(200, EVENTS, pieces=endless))
    invocation = streaming.call("GET", "/proxy/test/unread", token=token, stop_reading_after=1)
    assert next(invocation.pieces()).data
    before = -1
    while before != size:  # until the buffers of both connections are full
        before = size
        blocked.wait(0.2)
    assert size < 1 << 26
    following = streaming.call("OPTIONS", "/elsewhere")
    moved_clock.moved += 61
    while not following.begun.wait(0.2) and moved_clock.moved < 300:
        moved_clock.moved += 61  # A full buffer may take a few bytes more.
    assert following.status == 404
    entry = recorded(user)
    assert (entry["path"], entry["problem"]) == ("/unread", "caller_not_reading")
    invocation.resume.set()


@pytest.mark.parametrize("declared", [True, False])
def test_a_response_that_is_too_large_is_refused_or_ended(
    settings: Settings, user: Account, place: Place, token: str, declared: bool
) -> None:
    assert settings.max_response_bytes == 200 << 20
    small = msgspec.structs.replace(settings, max_response_bytes=100_000)
    if declared:
        place.answer(Answer(200, [], b"x" * 100_001))
    else:
        place.answer(Answer(200, EVENTS, pieces=lambda: iter([b"x" * 60_000] * 3)))
    with served(small) as streaming:
        invocation = streaming.call("GET", "/proxy/test/large", token=token)
        if declared:
            problem_of(invocation, 502, "response_too_large")
        else:
            assert len(invocation.read()) <= 100_000
            assert invocation.error is not None
            assert invocation.error.kind == "response_too_large"
    assert recorded(user)["problem"] == "response_too_large"


def test_a_response_of_the_largest_size_is_complete(
    settings: Settings, place: Place, token: str
) -> None:
    small = msgspec.structs.replace(settings, max_response_bytes=100_000)
    place.answer(Answer(200, [], b"x" * 100_000))
    with served(small) as streaming:
        assert streaming.call("GET", "/proxy/test/x", token=token).read() == b"x" * 100_000


def test_a_request_over_6_mb_is_refused_by_name(
    streaming: StreamingFunction, user: Account, place: Place, token: str
) -> None:
    largest = 6 * 1024 * 1024
    body = secrets.token_bytes(largest)
    accepted = streaming.call("POST", "/proxy/test/upload", body=body, token=token)
    assert accepted.status == 200 and place.last.body == body
    refused = streaming.call("POST", "/proxy/test/upload", body=body + b"x", token=token)
    assert str(largest) in problem_of(refused, 413, "request_too_large")["detail"]
    assert len(place.received) == 1
