"""Requests through a function URL reach the upstream as on one machine."""

from __future__ import annotations

import hashlib

import pytest

from tests.product.function_url.conftest import CDN, UrlCaller
from tests.support.accounts import problem
from tests.support.clients import HttpClient
from tests.support.function_url import DOMAIN
from tests.support.function_url_server import FunctionUrl
from tests.support.upstream import Answer

BINARY = bytes(range(256)) * 1000
FORM = (
    b'--boundary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    + BINARY
    + b"\r\n--boundary--\r\n"
)


@pytest.mark.parametrize(
    "target",
    [
        "/x%2Fy",
        "/x%2fy/z",
        "/repos/o/r/contents/src%2Fmain.py?ref=a%2Fb",
        "/a%3Fb%23c?d=e",
        "/%C3%A9t%C3%A9/%E6%97%A5",
        "/%25/%252F",
        "/a+b%20c/~d/(e)!*'$,:@;f=g",
        "//x//",
        "/?a=1&a=2&b=&c",
        "/x?q=%E2%82%AC&r=a+b%20c&s=%2F%3F",
        "/x?a=b?c=/d",
    ],
)
def test_path_and_query_arrive_as_they_were_sent(caller: UrlCaller, target: str) -> None:
    assert caller.call(target).status == 200
    assert caller.place.path() == target


def test_a_question_mark_without_a_query_is_lost(caller: UrlCaller) -> None:
    """The event has no place for it."""
    assert caller.call("/x?").status == 200
    assert caller.place.path() == "/x"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"word": "wörld — 你好"}'.encode()),
        ("text/plain", b"\xff\xfe"),
        ("application/octet-stream", BINARY),
        ("application/x-www-form-urlencoded", b"a=b&c=%20"),
        ("multipart/form-data; boundary=boundary", FORM),
        ("application/vnd.github+json", b"{}"),
        ("", b"\x00\x01"),
        ("application/octet-stream", b""),
    ],
)
def test_bodies_arrive_byte_for_byte(caller: UrlCaller, kind: str, body: bytes) -> None:
    fields = [("Content-Type", kind)] if kind else []
    assert caller.call("/x", "POST", fields, body).status == 200
    received = caller.place.last
    assert received.body == body
    assert (received.get("Content-Type") or "", received.get("Content-Length")) == (
        kind,
        str(len(body)),
    )
    assert received.get("Transfer-Encoding") is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_methods_arrive(caller: UrlCaller, method: str) -> None:
    assert caller.call("/x", method).status == 200
    assert caller.place.last.method == method


def test_fields_arrive_without_those_of_aws_and_of_the_connection(caller: UrlCaller) -> None:
    fields = [
        ("X-Two", "1"),
        ("X-Two", "2"),
        ("X-Umlaut", "w\xc3\xb6rld"),
        ("Range", "bytes=0-1"),
        ("If-None-Match", '"a", "b"'),
        ("Accept-Encoding", "gzip, br"),
        ("Connection", "keep-alive, X-Hop"),
        ("X-Hop", "1"),
    ]
    assert caller.call("/x", fields=fields).status == 200
    received = caller.place.last
    assert received.get("X-Two") == "1,2"
    assert received.get("X-Umlaut") == "w\xc3\xb6rld"
    assert received.get("Range") == "bytes=0-1"
    assert received.get("If-None-Match") == '"a", "b"'
    assert received.get("Accept-Encoding") == "identity"
    names = {name.lower() for name, _ in received.headers}
    assert names == {
        "host", "authorization", "accept-encoding", "x-two", "x-umlaut", "range", "if-none-match",
        "x-hop",
    }  # fmt: skip


def test_the_largest_request_arrives_and_a_larger_one_is_refused(caller: UrlCaller) -> None:
    """AWS refuses it: an event has at most 6 MB, and base64 adds a third to a body."""
    body = BINARY * 17
    kind = [("Content-Type", "application/octet-stream")]
    assert caller.call("/x", "POST", kind, body).status == 200
    received = caller.place.last.body
    assert hashlib.sha256(received).digest() == hashlib.sha256(body).digest()
    caller.place.received.clear()
    assert caller.call("/x", "POST", kind, BINARY * 19).status == 413
    assert caller.place.received == []


@pytest.mark.parametrize("handshake", [True, False])
def test_a_websocket_is_refused(caller: UrlCaller, handshake: bool) -> None:
    """An intermediary may have removed `Upgrade`, which applies to one connection."""
    fields = [
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
        *([("Connection", "Upgrade"), ("Upgrade", "websocket")] if handshake else []),
    ]
    problem(caller.call("/x", fields=fields), 426, "upgrade_not_supported")
    assert caller.place.received == []


@pytest.mark.parametrize("path", ["/", "/api/token", "/api/auth/login", "/proxy", "/index.html"])
def test_only_proxied_calls_are_answered(front: FunctionUrl, path: str) -> None:
    document = problem(HttpClient(front.port).request("GET", path), 404, "not_found")
    assert "DASHBOARD_URL or API_GATEWAY_URL" in document["detail"]


FORGED = [
    ("x-dashboard-viewer", "192.0.2.1"),
    ("x-dashboard-host", "evil.example.com"),
    ("x-dashboard-cdn", "0" * 64),
    ("X-Forwarded-For", "192.0.2.2"),
]


def test_s14_the_public_address_is_accepted_from_the_cdn_only(
    caller: UrlCaller, cdn_front: FunctionUrl
) -> None:
    caller.place.answer(Answer(302, [("Location", f"{caller.place.url}/moved")], b""))
    for client, host in (
        (caller.client, DOMAIN),
        (HttpClient(cdn_front.port, "dash.example.com"), "dash.example.com"),
    ):
        caller.client = client
        answer = caller.call("/x", fields=FORGED)
        assert answer.get("location") == f"https://{host}/proxy/test/moved"
        assert not any("dashboard" in name.lower() for name, _ in caller.place.last.headers)


def test_s14_s47_the_addresses_of_a_token_are_compared_with_the_cdns_viewer(
    caller: UrlCaller, cdn_front: FunctionUrl
) -> None:
    made = caller.account.token_details(["test"], allowed_ips=[CDN.viewer])
    caller.token = made["token"]
    forged = [("x-dashboard-viewer", CDN.viewer), ("X-Forwarded-For", CDN.viewer)]
    problem(caller.call(fields=forged), 403, "address_not_allowed")
    caller.client = HttpClient(cdn_front.port, "dash.example.com")
    assert caller.call().status == 200
    caller.token = caller.account.token(["test"], allowed_ips=["198.51.100.7"])
    fields = [("x-dashboard-viewer", "198.51.100.7"), ("X-Forwarded-For", "198.51.100.7")]
    problem(caller.call(fields=fields), 403, "address_not_allowed")
    assert len(caller.place.received) == 1
    seen = caller.account.call("GET", f"/api/tokens/{made['token_id']}").json
    assert [one["network"] for one in seen["networks"]] == [CDN.viewer]
