"""Upstreams that hang, refuse the connection, break streams or send too much (S3, S4, S12)."""

from __future__ import annotations

import socket
import threading
from typing import Any

import msgspec
import pytest

from api.aws_lambda.handler import handle
from api.settings import read_settings
from api.wiring import build_app
from tests.product.proxy.hostile import CUT, OK, dripping, fails, receive_until, sending
from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient, LambdaClient
from tests.support.upstream import Answer, Place, Received, Upstream


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_s12_an_upstream_that_hangs_times_out(
    account: Account, place: Place, token: str, over: threading.Event, data: bytes
) -> None:
    behaviour = sending(data, "hang", over)
    fails(account, place, token, behaviour, 504, "upstream_timeout", "connection_timeout")


def test_s12_an_upstream_that_sends_its_head_too_slowly_times_out(
    account: Account, place: Place, token: str, over: threading.Event
) -> None:
    behaviour = dripping(OK + b"X-A: ", over)
    fails(account, place, token, behaviour, 504, "upstream_timeout", "connection_timeout")


def test_s12_an_upstream_that_refuses_connections_is_unreachable(
    account: Account, place: Place, closed_port: int
) -> None:
    account.key(place, base_url=f"http://127.0.0.1:{closed_port}/x")

    answer = account.proxied(account.token(["test"]))

    problem(answer, 502, "connect_failed")
    assert answer.get("Proxy-Status") == "api-dashboard; error=connection_refused"
    totals = account.call("GET", "/api/stats").json["totals"]
    assert (totals["requests"], totals["failures"]) == (1, 1)


def test_s4_a_certificate_for_another_name_is_refused(account: Account, tls_place: Place) -> None:
    account.key(tls_place, base_url=tls_place.url.replace("localhost", "127.0.0.1"))

    answer = account.proxied(account.token(["test"]))

    problem(answer, 502, "tls_failed")
    assert answer.get("Proxy-Status") == "api-dashboard; error=tls_protocol_error"
    assert tls_place.received == []


def test_s4_an_upstream_that_does_not_speak_tls(
    account: Account, place: Place, upstream_server: Upstream
) -> None:
    account.key(place, base_url=f"https://127.0.0.1:{upstream_server.port}/x")

    problem(account.proxied(account.token(["test"])), 502, "tls_failed")


def test_s3_a_trusted_certificate_is_checked_against_the_stored_name(
    account: Account, tls_place: Place
) -> None:
    account.key(tls_place)

    assert account.proxied(account.token(["test"])).status == 200
    assert (tls_place.last.get("Host") or "").startswith("localhost:")


def test_a_response_before_the_end_of_the_request_body_is_returned(
    account: Account, place: Place, token: str
) -> None:
    place.behaviour = sending(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno")

    answer = account.proxied(token, method="POST", body=b"x" * 3_000_000)

    assert (answer.status, answer.body) == (413, b"no")


@pytest.mark.parametrize("kind", ["HEAD", "204", "304"])
def test_s13_a_forbidden_response_body_is_not_delivered(
    account: Account, place: Place, token: str, kind: str, over: threading.Event
) -> None:
    """A connection that may still contain such a body is not reused."""
    status = b"200 OK" if kind == "HEAD" else kind.encode() + b" X"
    evil = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    head = b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(evil)
    answered = threading.Event()

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(head)
        answered.wait(10)
        connection.sendall(evil)
        over.wait(10)
        return None

    place.behaviour = behave
    first = account.proxied(token, method="HEAD" if kind == "HEAD" else "GET")
    place.answer(Answer(200, [], b"good"))
    threading.Timer(0.2, answered.set).start()

    assert first.body == b""
    for _ in range(5):
        assert account.proxied(token, method="POST").body == b"good"


STREAMED = {
    "bad-chunk": (b"5\r\nabcde\r\n", b"zz\r\n", "upstream_malformed"),
    "cut-off": (b"5\r\nabcde\r\n", b"5\r\n", "upstream_reset"),
    "endless-trailer": (b"5\r\nabcde\r\n0\r\n", b"X-A: " + b"a" * 200_000, "upstream_malformed"),
    "endless-extension": (b"5\r\nabcde\r\n", b"5;x=" + b"a" * 200_000, "upstream_malformed"),
}


@pytest.mark.parametrize(("begin", "end", "code"), STREAMED.values(), ids=STREAMED)
def test_s12_a_broken_stream_is_truncated_and_counted(
    server: HttpClient, place: Place, begin: bytes, end: bytes, code: str
) -> None:
    account = Account(server)
    account.key(place)
    token = account.token(["test"])
    received = threading.Event()

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n" + begin)
        received.wait(10)
        connection.sendall(end)
        return None

    place.behaviour = behave
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(
            b"GET /proxy/test/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + token.encode()
            + b"\r\n\r\n"
        )
        data = receive_until(sock, b"abcde")
        received.set()
        while piece := sock.recv(65536):
            data += piece

    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not data.endswith(b"0\r\n\r\n"), "the caller sees that the stream is truncated"
    entry = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["status"], entry["problem"], entry["bytes_out"]) == (200, code, 5)
    place.answer(Answer(200, [], b"good"))
    assert account.proxied(token).body == b"good"


@pytest.fixture(scope="session")
def small_function(environment: dict[str, str]) -> LambdaClient:
    """A function whose platform accepts responses of at most 100,000 bytes."""
    made = msgspec.structs.replace(read_settings(environment), max_response_bytes=100_000)
    app = build_app(made)

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        return handle(app, event, context)

    return LambdaClient(handler)


ENDLESS = {
    "declared": OK + b"Content-Length: 100001\r\n\r\n" + b"x" * 100_001,
    "declared-and-never-sent": OK + b"Content-Length: 999999999999\r\n\r\n",
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"x" * 4096 + b"\r\n",
    "until-close": OK + b"Connection: close\r\n\r\n" + b"x" * 100_001,
}


@pytest.mark.parametrize("data", ENDLESS.values(), ids=ENDLESS)
def test_s12_a_response_larger_than_the_functions_limit_is_refused(
    small_function: LambdaClient, place: Place, over: threading.Event, data: bytes
) -> None:
    account = Account(small_function)
    account.key(place)

    def behave(_received: Received, connection: socket.socket) -> Answer | None:
        connection.sendall(data)
        while b"chunked" in data and not over.is_set():
            try:
                connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            except OSError:
                break
        return None

    fails(
        account, place, account.token(["test"]), behave, 502, "response_too_large",
        "http_response_body_size",
    )  # fmt: skip


def test_s12_a_response_as_large_as_the_functions_limit_is_delivered(
    small_function: LambdaClient, place: Place
) -> None:
    account = Account(small_function)
    account.key(place)
    place.answer(Answer(200, [], b"x" * 100_000))

    assert account.proxied(account.token(["test"])).body == b"x" * 100_000


def test_s12_a_text_that_grows_as_json_stays_below_the_platforms_limit(
    function: LambdaClient, place: Place
) -> None:
    import json

    from tests.support.clients import event

    account = Account(function)
    account.key(place)
    place.answer(Answer(200, [("Content-Type", "text/plain")], b'\x01"' * 2_000_000))
    token = account.token(["test"])

    made = event("GET", "/proxy/test/x", [("Authorization", f"Bearer {token}")], None)

    assert len(json.dumps(function._handler(made, None))) < 6 * 1024 * 1024
