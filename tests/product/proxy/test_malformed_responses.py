"""Upstreams that send malformed, ambiguous or incomplete responses (S12, S13)."""

from __future__ import annotations

import socket

import pytest

from tests.product.proxy.hostile import CUT, OK, fails, sending
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient
from tests.support.upstream import Answer, Place, Received

MALFORMED = {
    "length-and-coding": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding-and-length": b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "two-lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "length-signed": b"Content-Length: +2\r\n\r\nab",
    "length-negative": b"Content-Length: -2\r\n\r\nab",
    "length-hex": b"Content-Length: 0x2\r\n\r\nab",
    "length-huge": b"Content-Length: 99999999999999999999\r\n\r\nab",
    "coding-unasked": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding-not-last": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "bad-chunk-size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    "bad-chunk-end": b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
    "head-too-large": b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "too-many-fields": b"X-A: a\r\n" * 300 + b"\r\n",
    "nul-in-field": b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    "bare-cr": b"X-A: a\rX-B: b\r\nContent-Length: 0\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("rest", MALFORMED.values(), ids=MALFORMED)
def test_s13_broken_framing_is_refused(
    account: Account, place: Place, token: str, rest: bytes
) -> None:
    answer = fails(
        account, place, token, sending(OK + rest), 502, "upstream_malformed", "http_protocol_error"
    )

    assert answer.get("X-Evil") is None


STARTS = {
    "other-protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "html": b"<html>hello</html>\r\n\r\n",
    "status-99": b"HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n",
    "switching": b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "switching-unnamed": b"HTTP/1.1 101 Switching\r\n\r\n",
    "interim-forever": b"HTTP/1.1 100 Continue\r\n\r\n" * 8_000,
    "hints-forever": b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 5_000,
}


@pytest.mark.parametrize("data", STARTS.values(), ids=STARTS)
def test_s13_anything_but_a_response_is_refused(
    account: Account, place: Place, token: str, data: bytes
) -> None:
    fails(account, place, token, sending(data), 502, "upstream_malformed", "http_protocol_error")


ODD = {
    "no-content-with-chunks": b"HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no-content-with-a-body": b"HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\nok",
    "not-modified-with-a-body": b"HTTP/1.1 304 X\r\nContent-Length: 2\r\n\r\nok",
    "not-modified-with-bytes": b"HTTP/1.1 304 X\r\n\r\nok",
    "body-too-long": OK + b"Content-Length: 2\r\n\r\nokcd",
    "second-response": OK + b"Content-Length: 2\r\n\r\nok" + OK + b"X-Evil: 1\r\n\r\n",
    "half-a-second": OK + b"Content-Length: 2\r\n\r\nok" + OK + b"X-Evil: 1\r\n",
    "same-length-twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "length-list": OK + b"Content-Length: 2, 2\r\n\r\nok",
    "folded-field": OK + b"X-A: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "bare-lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "status-999": b"HTTP/1.1 999 Request denied\r\nContent-Length: 2\r\n\r\nok",
}  # fmt: skip


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_s13_an_odd_but_clear_response_passes_and_its_connection_is_not_reused(
    account: Account, place: Place, token: str, data: bytes
) -> None:
    """tests/unit/http/test_odd_responses.py has more of them."""
    place.behaviour = sending(data)
    status = int(data[9:12])

    answer = account.proxied(token, "/proxy/test/v1/odd", method="DELETE")

    assert (answer.status, answer.body) == (status, b"" if status in (204, 304) else b"ok")
    assert answer.get("X-Evil") is None
    assert len(place.received) == 1
    entry = account.call("GET", "/api/requests?limit=1").json["items"][0]
    assert (entry["status"], entry["problem"]) == (status, None)
    place.answer(Answer(200, [], b"good"))
    for _ in range(2):
        assert account.proxied(token, "/proxy/test/v1/good").body == b"good"


@pytest.mark.parametrize(
    ("method", "fields", "times"),
    [
        ("GET", [], 2),
        ("DELETE", [], 2),
        ("POST", [], 1),
        ("PATCH", [], 1),
        ("GET", [("X-HTTP-Method-Override", "POST")], 1),
        ("PUT", [("x-http-method", "PATCH")], 1),
    ],
)
def test_only_what_may_be_sent_twice_is_sent_again_on_a_new_connection(
    function: LambdaClient, place: Place, method: str, fields: list[tuple[str, str]], times: int
) -> None:
    """The upstream closes a kept-alive connection before or after the request (RFC 9110 9.2.2)."""
    account = Account(function)
    account.key(place)
    token = account.token(["test"])
    assert account.proxied(token).status == 200
    place.received.clear()
    place.behaviour = lambda _received, _connection: None

    headers = [("Authorization", f"Bearer {token}"), *fields]
    problem(function.request(method, "/proxy/test/x", headers), 502, "upstream_reset")

    assert len(place.received) == times


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("DELETE", 200), ("POST", 502)])
def test_s13_bytes_behind_a_response_end_the_connection_and_not_the_next_call(
    function: LambdaClient, place: Place, method: str, status: int
) -> None:
    """A body that a 204 must not have arrives after the connection was reused."""
    account = Account(function)
    account.key(place)
    token = account.token(["test"])
    place.answer(Answer(204, [], b""))
    assert account.proxied(token).status == 204
    place.received.clear()

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        if len(place.received) == 1:
            connection.sendall(b"0\r\n\r\n" + OK + b"Content-Length: 3\r\n\r\nold")
            return None
        return Answer(200, [], b"new")

    place.behaviour = behave

    headers = [("Authorization", f"Bearer {token}")]
    answer = function.request(method, "/proxy/test/x", headers)

    assert (answer.status, answer.body == b"new") == (status, status == 200)


def test_interim_answers_are_skipped(account: Account, place: Place, token: str) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    place.behaviour = sending(early + OK + b"X-Late: 1\r\nContent-Length: 2\r\n\r\nok")

    answer = account.proxied(token)

    assert (answer.status, answer.body) == (200, b"ok")
    assert (answer.get("X-Early"), answer.get("X-Late")) == (None, "1")


def test_trailers_are_not_header_fields(account: Account, place: Place, token: str) -> None:
    place.behaviour = sending(
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n"
        b"Location: /x\r\n\r\n"
    )

    answer = account.proxied(token)

    assert (answer.status, answer.body) == (200, b"ok")
    assert (answer.get("X-Trailer"), answer.get("Location")) == (None, None)


def test_a_body_that_ends_with_the_connection_is_complete(
    account: Account, place: Place, token: str
) -> None:
    place.behaviour = sending(OK + b"Connection: close\r\n\r\n" + b"x" * 200_000)

    assert account.proxied(token).body == b"x" * 200_000


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_s12_a_truncated_response_is_an_upstream_error(
    account: Account, place: Place, token: str, data: bytes, then: str
) -> None:
    fails(
        account, place, token, sending(data, then), 502, "upstream_reset", "connection_terminated"
    )
