"""Requests from events of a function URL: trusted fields (S14), paths as sent, bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from api.aws_lambda.client_ip import CDN_FIELD
from api.aws_lambda.url_event import HOST_FIELD, VIEWER_FIELD, UnknownEvent, from_url_event
from api.raw_request import RawRequest
from api.secret import Secret
from tests.support.function_url import DOMAIN, url_event

SECRET = "0123456789abcdef" * 4
PEER = "198.51.100.9"
VIEWER = "203.0.113.77"
HOST = "d111111abcdef8.cloudfront.net"

Event = dict[str, Any]


def request_of(event: Event, secret: str | None = SECRET) -> RawRequest:
    """Return the request, and check that no trusted field is left in it."""
    known = None if secret is None else Secret(secret)
    request = from_url_event(json.dumps(event).encode(), known, 1.0)
    names = {name.lower() for name, _ in (*request.headers, *request.underscored)}
    assert not names & {CDN_FIELD, VIEWER_FIELD, HOST_FIELD}
    return request


def behind_cdn(
    viewer: str | None = VIEWER, host: str | None = HOST, shown: str | None = SECRET
) -> Event:
    """Return the event of a request through the CDN, whose own address is PEER."""
    fields = [(CDN_FIELD, shown), (VIEWER_FIELD, viewer), (HOST_FIELD, host)]
    sent = [(name, value) for name, value in fields if value is not None]
    return url_event("GET", "/proxy/test/x", sent, source=PEER)


@pytest.mark.parametrize("viewer", [VIEWER, "2001:db8:1:2::7", "::ffff:203.0.113.7", "::1"])
def test_s14_behind_the_cdn_the_client_is_the_viewer(viewer: str) -> None:
    request = request_of(behind_cdn(viewer))
    assert (request.source, request.host, request.scheme) == (viewer, HOST, "https")


@pytest.mark.parametrize(
    "shown",
    [None, "", "x", SECRET[:-1], SECRET + "x", f"{SECRET},{SECRET}", f" {SECRET}", SECRET.upper()],
)
def test_s14_without_the_secret_the_peer_counts(shown: str | None) -> None:
    request = request_of(behind_cdn(shown=shown))
    assert (request.source, request.host) == (PEER, DOMAIN)


def test_s14_without_a_cdn_the_peer_counts() -> None:
    for shown in ("", "None", SECRET):
        request = request_of(behind_cdn(shown=shown), secret=None)
        assert (request.source, request.host) == (PEER, DOMAIN)


@pytest.mark.parametrize(
    "viewer",
    [None, "", "unknown", "203.0.113", "203.0.113.7:443", "[2001:db8::7]", "fe80::1%eth0",
     "203.0.113.7, 198.51.100.1", "203.0.113.7 ", "256.1.1.1", "ü", "1" * 500],
)  # fmt: skip
def test_s14_a_malformed_viewer_is_the_peer(viewer: str | None) -> None:
    assert request_of(behind_cdn(viewer)).source == PEER


@pytest.mark.parametrize(
    "host", [None, "", "a b", "a/b", "a@b", "a,b", "ü.example", "x" * 256, "a\r\nb"]
)
def test_s14_a_malformed_host_is_the_url_s(host: str | None) -> None:
    assert request_of(behind_cdn(host=host)).host == DOMAIN


@pytest.mark.parametrize("host", ["apis.example.com", "apis.example.com:8443", "[::1]:8443"])
def test_the_viewer_s_host_is_the_public_one(host: str) -> None:
    assert request_of(behind_cdn(host=host)).host == host


def test_forwarded_fields_of_the_client_do_not_count() -> None:
    sent = [
        ("X-Forwarded-For", VIEWER), ("X-Forwarded-Host", HOST), ("Forwarded", f"for={VIEWER}"),
        ("CloudFront-Viewer-Address", f"{VIEWER}:1"), ("Host", "evil.example"),
        ("X-Dashboard-Viewer", VIEWER), ("X-Dashboard-Host", HOST), ("x_dashboard_cdn", SECRET),
    ]  # fmt: skip
    request = request_of(url_event("GET", "/proxy/test/x", sent, source=PEER))
    assert (request.source, request.host) == (PEER, DOMAIN)


def test_names_of_trusted_fields_are_compared_without_case() -> None:
    event = behind_cdn()
    event["headers"] = {name.upper(): value for name, value in event["headers"].items()}
    request = request_of(event)
    assert (request.source, request.host) == (VIEWER, HOST)


@pytest.mark.parametrize(
    "path",
    ["/proxy/a/b%2Fc", "/proxy/a/%252F", "/proxy/a//b//", "/proxy/a/%3F%23", "/proxy/a/%20+%2B",
     "/proxy/a/%zz%", "/proxy/a/caf%C3%A9", "/proxy/a/{x}|^`\"<>", "/proxy/a/%2e%2e/b", "/proxy/a",
     "/proxy/a/~:@!$&'()*+,;=", "/prod/a", "/proxy/a/%2f", "/proxy/a/%00", "/"],
)  # fmt: skip
def test_a_path_is_exactly_as_sent(path: str) -> None:
    assert request_of(url_event("GET", path)).raw_path == path


@pytest.mark.parametrize(
    ("path", "sent"),
    [("/a b", "/a%20b"), ("/é", "/%C3%A9"), ("/a?b#c", "/a%3Fb%23c"), ("/a\r\nb", "/a%0D%0Ab"),
     ("", "/")],
)  # fmt: skip
def test_what_no_path_can_contain_is_escaped(path: str, sent: str) -> None:
    event = url_event("GET", "/")
    event["rawPath"] = path
    assert request_of(event).raw_path == sent


@pytest.mark.parametrize("query", ["", "a=1&a=2", "a=%2F+%20", "a", "=&&", "a[]=1&b={}", "a=b?c"])
def test_a_query_is_exactly_as_sent(query: str) -> None:
    assert request_of(url_event("GET", f"/proxy/a?{query}")).raw_query == query


def test_what_no_query_can_contain_is_escaped() -> None:
    event = url_event("GET", "/proxy/a")
    request = request_of({**event, "rawQueryString": "a=é b#\r\n€"})
    assert request.raw_query == "a=%C3%A9%20b%23%0D%0A%E2%82%AC"


def test_repeated_fields_and_cookies() -> None:
    sent = [("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1"), ("Cookie", "b=2; c=3")]
    request = request_of(url_event("GET", "/proxy/a", sent))
    assert request.header("x-a") == "1,2"
    assert request.header("cookie") == "a=1; b=2; c=3"


@pytest.mark.parametrize("body", [b"", b"text", b"\x00\xff" * 1000, "é".encode()])
def test_a_body_in_base64(body: bytes) -> None:
    request = request_of(url_event("POST", "/proxy/a", body=body))
    assert (request.length, request.body.read()) == (len(body), body)


def test_a_body_in_plain_text() -> None:
    event = url_event("POST", "/proxy/a")
    request = request_of({**event, "body": "é"})
    assert (request.length, request.body.read()) == (2, "é".encode())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_response_can_be_streamed_without_coding(method: str) -> None:
    request = request_of(url_event(method, "/proxy/a"))
    assert (request.method, request.streaming, request.undoes_coding) == (method, True, True)
    assert (request.deadline, request.can_upgrade) == (1.0, False)


def test_members_that_are_null_are_those_of_any_url() -> None:
    """AWS sets what a function URL does not use to null."""
    event = url_event("GET", "/proxy/a")
    unused = ("queryStringParameters", "pathParameters", "stageVariables", "cookies", "body")
    event.update(dict.fromkeys(unused))
    event["requestContext"].update({"authorizer": None, "authentication": None})
    request = request_of(event)
    assert (request.raw_path, request.length, request.header("cookie")) == ("/proxy/a", 0, None)


def without(*path: str) -> Callable[[], Event]:
    """Return a maker of an event without a member."""

    def made() -> Event:
        event = url_event("GET", "/proxy/a")
        place = event
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]
        return event

    return made


def having(name: str, value: Any) -> Callable[[], Event]:
    """Return a maker of an event with another member."""
    return lambda: {**url_event("GET", "/proxy/a"), name: value}


@pytest.mark.parametrize(
    "made",
    [
        dict,
        lambda: {"task": "scheduled_checks"},
        lambda: {"Records": [{"eventSource": "aws:s3"}]},
        lambda: {"version": "1.0", "httpMethod": "GET", "path": "/", "headers": {}},
        lambda: [],
        lambda: "text",
        lambda: None,
        without("requestContext"),
        without("requestContext", "http"),
        without("requestContext", "http", "method"),
        without("rawPath"),
        having("rawPath", 7),
        having("requestContext", []),
        having("headers", ["a"]),
        having("cookies", [1]),
        having("cookies", "a=1"),
        having("body", {"a": 1}),
        having("rawQueryString", 5),
        lambda: {**url_event("POST", "/", body=b"x"), "body": "no base64 ü"},
        lambda: {**url_event("POST", "/", body=b"x"), "body": "abc"},
    ],
)
def test_another_event_is_refused_with_a_sentence(made: Callable[[], Any]) -> None:
    with pytest.raises(UnknownEvent) as refused:
        from_url_event(json.dumps(made()).encode(), None, 1.0)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"{}{}", b"nonsense", b"[" * 100_000])
def test_an_event_that_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(UnknownEvent, match="not JSON"):
        from_url_event(data, None, 1.0)
