"""Upstreams that behave oddly, behind a function URL: what is complete arrives whole, and what is
not is seen to be incomplete.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import zlib
from collections.abc import Iterator

import pytest

from tests.product.function_url.conftest import UrlCaller
from tests.product.proxy.hostile import OK, sending
from tests.support.accounts import problem
from tests.support.upstream import Answer, Received

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
RAW_DEFLATE = zlib.compress(b"ok", wbits=-15)
COMPLETE = {
    "early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + OK
    + b"Content-Length: 2\r\n\r\nok",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\n",
    "chunk-extensions": CHUNKED + b'\r\n2;a=b;c="d;e"\r\nok\r\n0;last\r\n\r\n',
    "trailers": CHUNKED + b"Trailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Evil: 1\r\n\r\n",
    "error-trailers": CHUNKED + b"\r\n2\r\nok\r\n0\r\nLambda-Runtime-Function-Error-Type: X\r\n"
    b"Lambda-Runtime-Function-Error-Body: e30=\r\n\r\n",
    "no-length": OK + b"\r\nok",
    "http-1.0": b"HTTP/1.0 200 OK\r\n\r\nok",
    "long-chunk-size": CHUNKED + b"\r\n0000000000000002\r\nok\r\n000\r\n\r\n",
    "deflate-without-header": OK + b"Content-Encoding: deflate\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(RAW_DEFLATE), RAW_DEFLATE),
    "two-gzip-members": OK + b"Content-Encoding: gzip\r\n\r\n"
    + gzip.compress(b"o") + gzip.compress(b"k"),
}  # fmt: skip


@pytest.mark.parametrize("data", COMPLETE.values(), ids=COMPLETE)
def test_an_odd_but_complete_response_arrives(caller: UrlCaller, data: bytes) -> None:
    caller.place.behaviour = sending(data)
    answer = caller.call("/odd", "DELETE")
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.get("x-evil") is answer.get("trailer") is answer.get("content-encoding") is None
    entry = caller.entry()
    assert (entry["path"], entry["status"], entry["problem"]) == ("/odd", 200, None)


CUT = {
    "in-a-chunk": CHUNKED + b"\r\n2\r\nok\r\n5\r\nhe",
    "between-chunks": CHUNKED + b"\r\n2\r\nok\r\n",
    "malformed-chunk": CHUNKED + b"\r\n2\r\nok\r\nzz\r\n",
    "before-its-length": OK + b"Content-Length: 100000\r\n\r\nok",
    "gzip": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"ok" * 9_000)[:40],
}


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_s12_an_incomplete_response_is_seen_to_be_incomplete(
    caller: UrlCaller, data: bytes
) -> None:
    def behave(_received: Received, connection: socket.socket) -> None:
        # Nothing else tells whether the proxy has begun its response before the rest arrives.
        head, _, rest = data.partition(b"ok")
        connection.sendall(head + data[len(head) : len(head) + 2])
        connection.sendall(rest)

    caller.place.behaviour = behave
    try:
        answer = caller.call("/cut", "POST", body=b"once")
    except http.client.IncompleteRead as error:
        assert error.partial in (b"ok", b"okhe") or set(error.partial) <= set(b"ok")
    else:
        assert (answer.status, answer.get("content-type")) == (502, "application/problem+json")
    assert len(caller.place.received) == 1
    entry = caller.entry()
    assert entry["path"] == "/cut"
    assert entry["problem"] in ("upstream_reset", "upstream_malformed")


FAILED = {
    "nothing": b"",
    "half-a-head": b"HTTP/1.1 200 O",
    "no-http": b"SSH-2.0-OpenSSH_9.9\r\n",
    "switching": b"HTTP/1.1 101 Switching\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
    "huge-head": OK + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "two-lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
}


@pytest.mark.parametrize("data", FAILED.values(), ids=FAILED)
def test_s13_a_response_that_cannot_be_read_is_a_problem(caller: UrlCaller, data: bytes) -> None:
    caller.place.behaviour = sending(data)
    answer = caller.call("/failed", "POST", body=b"once")
    code = "upstream_reset" if data in (b"", FAILED["half-a-head"]) else "upstream_malformed"
    problem(answer, 502, code)
    assert caller.entry()["problem"] == code


def test_10_000_small_chunks_and_drops_of_one_byte_arrive(caller: UrlCaller) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(10_000):
            yield b"%04d\n" % number

    caller.place.answer(Answer(200, pieces=pieces))
    assert caller.call().body == b"".join(pieces())

    data = CHUNKED + b"\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in b"drip" * 50)

    def drip(_received: Received, connection: socket.socket) -> None:
        for byte in data + b"0\r\n\r\n":
            connection.sendall(bytes([byte]))

    caller.place.behaviour = drip
    assert caller.call().body == b"drip" * 50
    entry = caller.entry()
    assert (entry["bytes_out"], entry["problem"]) == (200, None)


def test_many_and_long_fields_arrive_both_ways(caller: UrlCaller) -> None:
    fields = [(f"X-Field-{number}", "v" * 600) for number in range(80)]
    caller.place.answer(Answer(200, fields))
    answer = caller.call(fields=fields)
    assert answer.status == 200
    sent = {name.lower(): value for name, value in fields}
    arrived = {name.lower(): value for name, value in caller.place.last.headers}
    returned = {name.lower(): value for name, value in answer.headers}
    assert sent.items() <= arrived.items() and sent.items() <= returned.items()


def test_values_that_json_escapes_arrive(caller: UrlCaller) -> None:
    value = '"\\ \t/</script> w\xc3\xb6rld'
    caller.place.answer(Answer(200, [("X-A", value)]))
    answer = caller.call(fields=[("X-A", value)])
    assert caller.place.last.get("X-A") == value
    assert answer.get("x-a") == value


@pytest.mark.parametrize("name", ["X-Caf\xe9", "X_A", "X.A", "x-amzn-trace-id"])
def test_a_field_with_an_unusual_name_does_no_harm(caller: UrlCaller, name: str) -> None:
    caller.place.answer(Answer(200, [(name, "1")]))
    assert caller.call(fields=[("X-B", "1")]).status in (200, 502)
    caller.place.answer(Answer(200))
    assert caller.call().status == 200
