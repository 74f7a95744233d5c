"""The stand-in for a function URL makes the events and responses that AWS documents."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.cdn import Cdn
from tests.support.clients import HttpClient
from tests.support.function_url import DOMAIN, LARGEST_EVENT, url_event
from tests.support.function_url_server import FunctionUrl
from tests.support.runtime_api import FunctionError, Invocation, Piece

GZIP = 31
Respond = Callable[[Invocation], None]


class FakeFunction:
    """A function in this process: `respond` fills each invocation."""

    def __init__(self) -> None:
        self.busy = False
        self.respond: Respond = lambda invocation: response(invocation, 200, {}, [b"ok"])

    @contextlib.contextmanager
    def invoke(self, event: bytes) -> Iterator[Invocation | None]:
        invocation = Invocation(event, 900, "id")
        self.respond(invocation)
        yield None if self.busy else invocation


def response(
    invocation: Invocation, status: int, headers: dict[str, str], pieces: list[bytes], **more: Any
) -> None:
    invocation.prelude = {"statusCode": status, "headers": headers, **more}
    invocation.begun.set()
    for piece in pieces:
        invocation.arrived.put(Piece(piece, 0.0))
    invocation.finish()


@pytest.fixture
def function() -> FakeFunction:
    return FakeFunction()


@pytest.fixture
def front(function: FakeFunction) -> Iterator[FunctionUrl]:
    made = FunctionUrl(function)
    yield made
    made.close()


@pytest.fixture
def client(front: FunctionUrl) -> HttpClient:
    return HttpClient(front.port)


def test_an_event_has_the_documented_shape() -> None:
    fields = [
        ("Host", DOMAIN),
        ("Header1", "value1"),
        ("Header2", "value1"),
        ("header2", "value2"),
        ("Cookie", "cookie1; cookie2"),
        ("Connection", "keep-alive"),
        ("User-Agent", "agent"),
        ("Content-Type", "text/plain"),
    ]
    target = "/my/p%2Fath?parameter1=value1&parameter1=value2&parameter2=a%20b"
    event = url_event("POST", target, fields, b"Hello from client!", "123.123.123.123")
    assert event["rawPath"] == "/my/p%2Fath"
    assert event["rawQueryString"] == "parameter1=value1&parameter1=value2&parameter2=a%20b"
    assert event["queryStringParameters"] == {"parameter1": "value1,value2", "parameter2": "a b"}
    assert event["cookies"] == ["cookie1", "cookie2"]
    headers = event["headers"]
    assert (headers["header1"], headers["header2"]) == ("value1", "value1,value2")
    assert "connection" not in headers and "cookie" not in headers
    context = event["requestContext"]
    assert context["domainName"] == DOMAIN
    assert context["http"] == {
        "method": "POST",
        "path": "/my/p/ath",
        "protocol": "HTTP/1.1",
        "sourceIp": "123.123.123.123",
        "userAgent": "agent",
    }
    assert (event["body"], event["isBase64Encoded"]) == ("Hello from client!", False)


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json", b'{"a": "\xc3\xa9"}', False),
        ("text/csv; charset=utf-8", b"a,b", False),
        ("text/plain", b"\xff\xfe", True),
        ("application/x-www-form-urlencoded", b"a=b", True),
        ("multipart/form-data; boundary=x", b"--x--", True),
        ("application/vnd.github+json", b"{}", True),
        ("", b"{}", True),
    ],
)
def test_a_body_that_is_no_text_is_base64(kind: str, body: bytes, encoded: bool) -> None:
    event = url_event("POST", "/", [("Content-Type", kind)] if kind else [], body)
    assert event["isBase64Encoded"] is encoded
    sent = base64.b64decode(event["body"]) if encoded else event["body"].encode()
    assert sent == body


def test_an_event_without_a_body_has_none() -> None:
    event = url_event("GET", "/", [], b"")
    assert "body" not in event and event["isBase64Encoded"] is False


def test_a_response_gets_its_cookies_and_loses_fields_of_the_connection(
    client: HttpClient, function: FakeFunction
) -> None:
    headers = {"x-a": "1", "connection": "close", "content-length": "7", "www-authenticate": "B"}
    function.respond = lambda invocation: response(
        invocation, 401, headers, [b"abc", b"", b"defg"], cookies=["a=1; Path=/", "b=2"]
    )
    answer = client.request("GET", "/")
    assert (answer.status, answer.body) == (401, b"abcdefg")
    assert answer.all("set-cookie") == ["a=1; Path=/", "b=2"]
    assert answer.get("connection") is None and answer.get("x-a") == "1"
    assert answer.get("www-authenticate") is answer.get("content-length") is None
    assert answer.get("x-amzn-remapped-content-length") == "7"
    assert answer.get("x-amzn-remapped-www-authenticate") == "B"


def test_a_content_coding_is_undone(client: HttpClient, function: FakeFunction) -> None:
    coder = zlib.compressobj(wbits=GZIP)
    packed = coder.compress(b"text" * 100) + coder.flush()
    function.respond = lambda invocation: response(
        invocation, 200, {"content-encoding": "gzip"}, [packed[:9], packed[9:]]
    )
    answer = client.request("GET", "/")
    assert answer.body == b"text" * 100 and answer.get("content-encoding") is None


def test_a_broken_stream_ends_without_its_last_chunk(
    client: HttpClient, function: FakeFunction
) -> None:
    def respond(invocation: Invocation) -> None:
        response(invocation, 200, {}, [b"first"])
        invocation.trailer = FunctionError("Runtime.StreamError", {"errorMessage": "broke off"})

    function.respond = respond
    with pytest.raises(http.client.IncompleteRead) as raised:
        client.request("GET", "/")
    assert raised.value.partial == b"first"


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_function_that_fails_before_its_response_is_502(
    client: HttpClient, function: FakeFunction, method: str
) -> None:
    function.respond = lambda invocation: invocation.finish("Runtime exited")
    assert client.request(method, "/").status == 502


def test_too_many_calls_and_too_large_events_are_refused(
    client: HttpClient, function: FakeFunction, front: FunctionUrl
) -> None:
    function.busy = True
    assert client.request("GET", "/").status == 429
    function.busy = False
    size = LARGEST_EVENT * 3 // 4
    assert client.request("POST", "/", (), bytes(size - 10_000)).status == 200
    assert client.request("POST", "/", (), bytes(size)).status == 413
    assert len(front.events) == 2


def test_the_cdn_replaces_the_dashboards_own_fields(function: FakeFunction) -> None:
    front = FunctionUrl(function, Cdn("a-secret", viewer="198.51.100.7"))
    mine = {"x-dashboard-viewer": "1.1.1.1", "X-Dashboard-Host": "evil", "X-Dashboard-CDN": "no"}
    client = HttpClient(front.port, "dash.example.com")
    assert client.request("GET", "/proxy/a", mine).status == 200
    assert client.request("GET", "/proxy/a", (), b"body").status == 403
    front.close()
    [event] = front.events
    headers = event["headers"]
    assert headers["x-dashboard-viewer"] == "198.51.100.7"
    assert headers["x-dashboard-host"] == "dash.example.com"
    assert headers["x-dashboard-cdn"] == "a-secret"
    assert headers["host"] == DOMAIN
    assert event["requestContext"]["http"]["sourceIp"] != "198.51.100.7"
    assert json.dumps(event).count("evil") == 0
