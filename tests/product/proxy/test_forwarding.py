"""Requests and responses pass unchanged, except for the documented header fields."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.support.accounts import Account
from tests.support.upstream import Answer, Place

EVERY_BYTE = bytes(range(256)) * 17


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_method_and_body_arrive_byte_for_byte(
    account: Account, place: Place, token: str, method: str
) -> None:
    place.answer(Answer(201, [("Content-Type", "application/octet-stream")], EVERY_BYTE))
    body = None if method in ("GET", "OPTIONS") else EVERY_BYTE

    answer = account.proxied(
        token, method=method, headers=[("Content-Type", "application/x-own; v=1")], body=body
    )

    assert (place.last.method, place.last.body) == (method, body or b"")
    assert place.last.get("Content-Length") == (str(len(EVERY_BYTE)) if body else None)
    assert place.last.get("Content-Type") == "application/x-own; v=1"
    assert (answer.status, answer.body) == (201, EVERY_BYTE)
    assert answer.get("Content-Type") == "application/octet-stream"
    assert answer.get("Content-Length") == str(len(EVERY_BYTE))


def test_a_post_without_a_body_is_sent_with_length_zero(
    account: Account, place: Place, token: str
) -> None:
    account.proxied(token, method="POST")

    assert place.last.get("Content-Length") == "0"
    assert place.last.get("Transfer-Encoding") is None


@pytest.mark.parametrize(
    "query",
    ["a=1&a=2&b", "q=%20%2B+x&&=&%C3%A9=%e9", "x=%2525&y=a/b?c:d@e", "a[]=1&a[]=2", 'j={"a":1};b'],
)
def test_queries_arrive_byte_for_byte(
    account: Account, place: Place, token: str, query: str
) -> None:
    account.proxied(token, f"/proxy/test/v1/x?{query}")

    assert place.path() == f"/v1/x?{query}"


@pytest.mark.parametrize(
    "target", ["", "/", "/a//b/", "/a;v=1/b,c", "/%41%2f%C3%A9", "?x=1", "/:~!$&'()*+=@"]
)
def test_paths_arrive_unchanged(account: Account, place: Place, token: str, target: str) -> None:
    assert account.proxied(token, f"/proxy/test{target}").status == 200

    assert place.path() == target


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate, gzip"])
def test_s11_a_compressed_response_keeps_its_coding_and_length(
    account: Account, place: Place, token: str, coding: str
) -> None:
    packed = gzip.compress(b'{"a": "text that says it is JSON"}' * 50)
    place.answer(
        Answer(200, [("Content-Type", "application/json"), ("Content-Encoding", coding)], packed)
    )

    answer = account.proxied(token, headers=[("Accept-Encoding", coding)])

    assert place.last.get("Accept-Encoding") == coding
    assert answer.body == packed
    assert answer.get("Content-Encoding") == coding
    assert answer.get("Content-Length") == str(len(packed))


def test_a_compressed_request_is_forwarded(account: Account, place: Place, token: str) -> None:
    packed = gzip.compress(b"x" * 5000)

    account.proxied(token, method="POST", headers=[("Content-Encoding", "gzip")], body=packed)

    assert place.last.body == packed
    assert place.last.get("Content-Encoding") == "gzip"


def test_no_accept_encoding_is_invented(account: Account, place: Place, token: str) -> None:
    account.proxied(token)

    assert place.last.get("Accept-Encoding") is None


def test_duplicate_request_fields_are_kept(account: Account, place: Place, token: str) -> None:
    account.proxied(token, headers=[("X-Twice", "1"), ("x-twice", "2"), ("Accept", "a/b")])

    values = place.last.all("X-Twice")
    assert ",".join(values) == "1,2"
    assert place.last.get("Accept") == "a/b"


def test_duplicate_answer_fields_are_kept(account: Account, place: Place, token: str) -> None:
    place.answer(Answer(200, [("X-Twice", "1"), ("X-Twice", "2"), ("Vary", "a"), ("Vary", "b")]))

    answer = account.proxied(token)

    assert re.sub(", ", ",", ",".join(answer.all("X-Twice"))) == "1,2"
    assert re.sub(", ", ",", ",".join(answer.all("Vary"))) == "a,b"


@pytest.mark.parametrize(
    "name",
    ["Keep-Alive", "TE", "Trailer", "Upgrade", "Proxy-Connection", "Proxy-Authorization",
     "HTTP2-Settings", "Cookie", "Referer", "Origin", "Forwarded", "Via", "X-Forwarded-For",
     "X-Forwarded-Host", "X-Forwarded-Anything", "X-Real-IP", "True-Client-IP", "CDN-Loop",
     "X-Original-URL", "X-Rewrite-URL", "X-Amzn-Trace-Id", "CloudFront-Viewer-Country"],
)  # fmt: skip
def test_s8_connection_and_identity_fields_are_not_forwarded(
    account: Account, place: Place, token: str, name: str
) -> None:
    fields = [(name, "value"), ("X-Stays", "1")]
    if name == "Upgrade":
        # Of all upgrades, only the one to HTTP/2 is ignored, if it is complete (RFC 7540 3.2).
        fields += [("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA")]
        del fields[0]
    account.proxied(token, headers=fields)

    assert place.last.all(name) == []
    assert place.last.get("X-Stays") == "1"


def test_s8_fields_named_in_connection_are_not_forwarded(
    account: Account, place: Place, token: str
) -> None:
    account.proxied(
        token,
        headers=[("Connection", "x-one, X-Two"), ("Connection", " x-three"), ("X-One", "1"),
                 ("x-two", "2"), ("X-Three", "3"), ("X-Four", "4")],
    )  # fmt: skip

    sent = {name.lower() for name, _ in place.last.headers}
    assert sent & {"x-one", "x-two", "x-three", "connection"} == set()
    assert "x-four" in sent


def test_s8_fields_named_in_the_responses_connection_field_are_not_returned(
    account: Account, place: Place, token: str
) -> None:
    place.answer(
        Answer(200, [("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
                     ("Proxy-Authenticate", "Basic"), ("X-Stays", "2")])
    )  # fmt: skip

    answer = account.proxied(token)

    assert answer.get("X-Stays") == "2"
    assert [answer.get(name) for name in ("X-Hop", "Keep-Alive", "Proxy-Authenticate")] == [
        None
    ] * 3


def test_s14_the_callers_address_does_not_go_upstream(
    account: Account, place: Place, token: str
) -> None:
    account.proxied(token, headers=[("X-Forwarded-For", "198.51.100.9"), ("X_Forwarded_For", "9")])

    assert not [field for field in place.last.headers if "forwarded" in field[0].lower()]
    assert not [value for _, value in place.last.headers if "203.0.113.7" in value]


def test_s14_underscore_twins_are_dropped(account: Account, place: Place, token: str) -> None:
    account.proxied(token, headers=[("X_Twin", "bad"), ("X-Twin", "good"), ("Content_Type", "bad")])

    assert place.last.all("X-Twin") == ["good"]
    assert not [name for name, _ in place.last.headers if "_" in name]
    assert "bad" not in [value for _, value in place.last.headers]


def test_host_is_the_upstreams(account: Account, place: Place, token: str) -> None:
    account.proxied(token)

    assert place.last.get("Host") == place.url.split("/")[2]


@pytest.mark.parametrize("length", ["0", "12", "70000"])
def test_head_is_answered_with_the_length_and_no_body(
    account: Account, place: Place, token: str, length: str
) -> None:
    place.answer(Answer(200, [("Content-Length", length), ("ETag", '"a"')]))

    answer = account.proxied(token, method="HEAD")

    assert place.last.method == "HEAD"
    assert (answer.status, answer.body, answer.get("ETag")) == (200, b"", '"a"')
    assert answer.get("Content-Length") == length
    assert account.proxied(token, method="HEAD").status == 200


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(account: Account, place: Place, token: str, status: int) -> None:
    place.answer(Answer(status, [("ETag", '"a"')]))

    for _ in range(2):
        answer = account.proxied(token, headers=[("If-None-Match", '"a"')])

        assert (answer.status, answer.body, answer.get("ETag")) == (status, b"", '"a"')
    assert place.last.get("If-None-Match") == '"a"'


@pytest.mark.parametrize("status", [200, 206, 299, 400, 404, 418, 451, 500, 503, 599])
def test_the_upstreams_status_and_problem_are_its_own(
    account: Account, place: Place, token: str, status: int
) -> None:
    place.answer(Answer(status, [("Content-Type", "text/plain")], b"upstream says"))

    answer = account.proxied(token)

    assert (answer.status, answer.body) == (status, b"upstream says")
    assert answer.get("Proxy-Status") is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s5_redirects_are_passed_on_and_not_followed(
    account: Account, place: Place, token: str, status: int
) -> None:
    place.answer(Answer(status, [("Location", "https://elsewhere.example.com/v1?x=1")], b""))

    answer = account.proxied(token)

    assert answer.status == status
    assert answer.get("Location") == "https://elsewhere.example.com/v1?x=1"
    assert len(place.received) == 1
