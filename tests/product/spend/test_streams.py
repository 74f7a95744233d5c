"""Streams of priced APIs: nothing waits, nothing changes, and what was delivered is counted."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.product.spend.conftest import DONE, EVENTS, MODEL, Spender, chunk, text_chunk
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.upstream import Answer

PATIENCE = 20
USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}


@pytest.fixture
def account(server: HttpClient) -> Account:
    """A new user of the server."""
    return Account(server)


def opened(spender: Spender, body: bytes) -> socket.socket:
    """Send a call on a raw connection and return the connection."""
    client = spender.account.client
    assert isinstance(client, HttpClient)
    sock = socket.create_connection(("127.0.0.1", client.port), timeout=PATIENCE)
    head = (
        f"POST /proxy/{spender.api_name}/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {spender.token['token']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    sock.sendall(head.encode() + body)
    return sock


REQUEST = json.dumps(
    {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "stream": True}
).encode()


def test_each_piece_arrives_before_the_next_is_made(spender: Spender) -> None:
    passed: threading.Semaphore = threading.Semaphore(0)
    in_time: list[bool] = []
    pieces = [text_chunk("Hel"), text_chunk("lo!", "stop"), chunk(usage=USAGE), DONE]

    def made() -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            in_time.append(passed.acquire(timeout=PATIENCE))

    spender.place.answer(Answer(200, EVENTS, pieces=made))
    with opened(spender, REQUEST) as sock:
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        for piece in pieces:
            assert answer.read1() == piece
            passed.release()
        assert answer.read() == b""
    assert in_time == [True] * 4
    assert spender.cost()[1:3] == (0.00045, "price")


def test_a_caller_who_hangs_up_pays_what_was_delivered(spender: Spender) -> None:
    gone = threading.Event()

    def made() -> Iterator[bytes]:
        yield text_chunk("word " * 400)
        gone.wait(PATIENCE)
        while True:
            yield text_chunk("never counted")

    spender.place.answer(Answer(200, EVENTS, pieces=made))
    with opened(spender, REQUEST) as sock:
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.read1() == text_chunk("word " * 400)
        answer.close()
    gone.set()
    (entry,) = spender.logged()
    assert (entry["problem"], entry["cost_basis"]) == ("caller_gone", "estimate")
    assert entry["units"]["output_tokens"] >= 500
    assert entry["cost_usd"] >= 500 * 0.6 / 1_000_000


def test_a_stream_that_the_upstream_resets_is_estimated(spender: Spender) -> None:
    piece = text_chunk("word " * 40)
    raw = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    raw += b"%x\r\n%b\r\n" % (len(piece), piece)
    spender.place.answer(Answer(raw=raw))
    with opened(spender, REQUEST) as sock:
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        answer.close()
    (entry,) = spender.logged()
    assert (entry["problem"], entry["cost_basis"]) == ("upstream_reset", "estimate")
    assert entry["units"]["output_tokens"] == 50


def test_an_answer_that_breaks_off_before_it_is_delivered_is_estimated(spender: Spender) -> None:
    """The body is short, so the proxy buffers it, and the caller gets a problem instead."""
    body = b'{"model": "gpt-4o-mini", "choices": [{"message": {"content": "' + b"word " * 40
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n" + body
    spender.place.answer(Answer(raw=raw))
    assert spender.chat().status == 502
    (entry,) = spender.logged()
    assert (entry["problem"], entry["cost_basis"]) == ("upstream_reset", "estimate")
    assert entry["units"]["output_tokens"] == 50


@pytest.mark.parametrize("first", [{"prompt_tokens": -5}, {"prompt_tokens": "many"}, 7, None])
def test_wrong_usage_fails_no_call_and_is_visible(spender: Spender, first: object) -> None:
    pieces = [text_chunk("Hello", "stop"), chunk(usage=first), DONE]
    spender.place.answer(Answer(200, EVENTS, pieces=lambda: pieces))
    given = spender.chat(stream=True)
    assert (given.status, given.body) == (200, b"".join(pieces))
    (entry,) = spender.logged()
    assert entry["cost_usd"] is None or entry["cost_usd"] >= 0
    assert entry["cost_basis"] in ("estimate", "unknown")
    assert entry["oddities"] != [] or not isinstance(first, dict)
