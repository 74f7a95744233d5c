"""Request bodies: limits, chunked uploads, 100-continue and kept-alive connections."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import socket

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient
from tests.support.upstream import Answer, Place


def test_large_bodies_both_ways(account: Account, place: Place, token: str) -> None:
    size = 4_000_000
    sent, back = secrets.token_bytes(size), secrets.token_bytes(size)
    place.answer(Answer(200, [], back))

    answer = account.proxied(token, method="POST", body=sent)

    assert hashlib.sha256(place.last.body).digest() == hashlib.sha256(sent).digest()
    assert place.last.get("Content-Length") == str(size)
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(back).digest()
    entry = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["bytes_in"], entry["bytes_out"]) == (size, size)


def test_s12_a_request_larger_than_the_limit_is_refused(
    account: Account, place: Place, token: str
) -> None:
    answer = account.proxied(token, method="POST", body=b"x" * 8_000_001)

    problem(answer, 413, "request_too_large")
    assert place.received == []


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def upload(server: HttpClient, token: str, fields: str, body: bytes) -> tuple[int, bytes]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        head = (
            f"POST /proxy/test/v1/x HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\n{fields}\r\n"
        )
        sock.sendall(head.encode() + body)
        answer = http.client.HTTPResponse(sock, method="POST")
        answer.begin()
        return answer.status, answer.read()


@pytest.fixture
def server_token(server: HttpClient, place: Place) -> str:
    account = Account(server)
    account.key(place)
    return account.token(["test"])


@pytest.mark.parametrize("size", [0, 5, 70_000, 3_000_000])
def test_chunked_uploads_arrive_whole(
    server: HttpClient, place: Place, server_token: str, size: int
) -> None:
    body = secrets.token_bytes(size)
    pieces = [body[i : i + 50_000] for i in range(0, size, 50_000)]

    status, _ = upload(server, server_token, "Transfer-Encoding: chunked\r\n", chunks(*pieces))

    assert status == 200
    assert place.last.body == body


def test_s12_a_chunked_upload_larger_than_the_limit_is_refused(
    server: HttpClient, place: Place, server_token: str
) -> None:
    body = chunks(*[b"x" * 100_000] * 81)

    status, answer = upload(server, server_token, "Transfer-Encoding: chunked\r\n", body)

    assert status == 413
    assert b"request_too_large" in answer


@pytest.mark.parametrize(
    "body", [b"zz\r\nok\r\n0\r\n\r\n", b"2\r\nokmore\r\n0\r\n\r\n", b"-1\r\n\r\n"]
)
def test_s13_a_malformed_chunked_upload_is_the_callers_error(
    server: HttpClient, place: Place, server_token: str, body: bytes
) -> None:
    status, answer = upload(server, server_token, "Transfer-Encoding: chunked\r\n", body)

    assert status == 400, answer
    assert place.received == []


def test_s13_a_malformed_end_of_a_long_upload_never_completes_upstream(
    server: HttpClient, place: Place, server_token: str
) -> None:
    body = chunks(*[b"x" * 100_000] * 15)[:-5] + b"zz\r\n\r\n"

    status, answer = upload(server, server_token, "Transfer-Encoding: chunked\r\n", body)

    assert status == 400, answer
    assert b"invalid_request" in answer
    assert place.received == []


@pytest.mark.parametrize("size", [3, 2_000_000])
def test_expect_100_continue_is_answered_here(
    server: HttpClient, place: Place, server_token: str, size: int
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(
            f"POST /proxy/test/v1/x HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {server_token}\r\n"
            f"Content-Length: {size}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        interim = sock.recv(25, socket.MSG_WAITALL)
        assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"y" * size)
        answer = http.client.HTTPResponse(sock, method="POST")
        answer.begin()
        assert answer.status == 200
        answer.read()

    assert place.last.body == b"y" * size
    assert place.last.get("Expect") is None


def test_a_kept_alive_connection_serves_several_calls(
    server: HttpClient, place: Place, server_token: str
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection.sock:
        for number in range(5):
            connection.request(
                "PUT", f"/proxy/test/{number}", b"b" * number,
                {"Authorization": f"Bearer {server_token}"},
            )  # fmt: skip
            assert connection.getresponse().read() == b'{"ok": true}'

    assert [place.path(received) for received in place.received] == [f"/{n}" for n in range(5)]
    assert [len(received.body) for received in place.received] == list(range(5))
