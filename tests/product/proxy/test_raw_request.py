"""`RawRequest` has the request as it was sent, on the server and on Lambda (S7, S13, S14)."""

from __future__ import annotations

import io
from typing import Any

import pytest

from api.errors import Problem
from api.raw_request import RawRequest, basic_pair, from_environ, from_event
from tests.support.clients import event


def get(path: str, headers: list[tuple[str, str]] | None = None, **members: Any) -> RawRequest:
    return from_event({**event("GET", path, headers or [], None), **members})


@pytest.mark.parametrize(
    ("raw_path", "restored"),
    [
        ("/proxy/a/x", "/proxy/a/x"),
        ("/proxy/a/x%2Fy", "/proxy/a/x%2Fy"),
        ("/proxy/a/x%252Fy", "/proxy/a/x%252Fy"),
        ("/proxy/a/..%2f", "/proxy/a/..%2f"),
        ("/proxy/a/../b", "/proxy/a/../b"),
        ("/proxy/a//b/", "/proxy/a//b/"),
        ("/proxy/a/x;y=1", "/proxy/a/x;y=1"),
        ("/proxy/a/caf\u00e9", "/proxy/a/caf%C3%A9"),
        ("/proxy/a/\u65e5", "/proxy/a/%E6%97%A5"),
        ("/proxy/a/x y", "/proxy/a/x%20y"),
        ("/proxy/a/100%", "/proxy/a/100%25"),
        ("/proxy/a/%zz", "/proxy/a/%25zz"),
        ("/proxy/a/x?y#z", "/proxy/a/x%3Fy%23z"),
        ("/proxy/a/x\r\nHost: y", "/proxy/a/x%0D%0AHost:%20y"),
        ("/proxy/a/x\0y", "/proxy/a/x%00y"),
        ("/proxy/a/x\\y", "/proxy/a/x%5Cy"),
        ("", "/"),
    ],
)
def test_s7_an_events_raw_path_is_a_path_again(raw_path: str, restored: str) -> None:
    assert get("/", rawPath=raw_path).raw_path == restored


def test_s7_the_adapters_own_decoding_does_not_matter() -> None:
    """serverless-wsgi decodes the path and cuts it at a `?`, which has no effect here."""
    wire = get("/", rawPath="/proxy/a/%2e%2e/x?y", rawQueryString="a=%2F")

    assert (wire.raw_path, wire.raw_query) == ("/proxy/a/%2e%2e/x%3Fy", "a=%2F")


@pytest.mark.parametrize(
    "query", ["", "a=1&a=2", "b&a=%20+%2B", "a=%C3%A9&%61=1", "x=1;y=2", "a==b&&", "j={%22a%22}"]
)
def test_an_events_query_is_as_sent(query: str) -> None:
    assert get(f"/proxy/a?{query}").raw_query == query


def test_s14_fields_with_underscores_are_dropped_and_their_twins_kept() -> None:
    wire = get("/", [("X-Twin", "good"), ("X_Twin", "bad"), ("content_type", "bad")])

    assert wire.header("x-twin") == "good"
    assert not [name for name, _ in wire.headers if "_" in name]
    assert wire.header("content-type") is None


def test_s14_the_source_ip_comes_from_the_gateway_and_not_from_a_header() -> None:
    wire = get("/", [("X-Forwarded-For", "198.51.100.1"), ("X-Real-IP", "198.51.100.2")])

    assert wire.source == "203.0.113.7"


def test_an_events_cookies_are_one_field_again() -> None:
    wire = get("/", [("Cookie", "a=1; b=2")])

    assert wire.header("cookie") == "a=1; b=2"


def test_duplicate_fields_come_joined_from_the_gateway_in_order() -> None:
    assert get("/", [("X-A", "1"), ("x-a", "2")]).header("x-a") == "1,2"


@pytest.mark.parametrize("body", [b"", b"text", bytes(range(256)), "\u65e5".encode()])
def test_an_events_body_and_its_length(body: bytes) -> None:
    wire = from_event(event("POST", "/", [("Content-Length", "999")], body))

    assert wire.length == len(body)
    assert wire.body.read() == body


def test_s13_an_events_transfer_coding_is_ignored() -> None:
    wire = from_event(event("POST", "/", [("Transfer-Encoding", "chunked")], b"0\r\n\r\n"))

    assert (wire.length, wire.body.read()) == (5, b"0\r\n\r\n")


def test_a_text_body_is_utf_8() -> None:
    made = event("POST", "/", [], None) | {"body": "caf\u00e9", "isBase64Encoded": False}

    assert from_event(made).body.read() == b"caf\xc3\xa9"


def test_field_values_are_bytes_again() -> None:
    wire = get("/", [("X-A", "caf\u00e9"), ("X-B", "\u65e5")])

    assert wire.header("x-a") == "caf\xe9"
    assert wire.header("x-b") == b"\xe6\x97\xa5".decode("latin-1")


def test_a_stage_in_the_path_is_removed() -> None:
    made = event("GET", "/prod/proxy/a", [], None)
    made["requestContext"]["stage"] = "prod"

    assert from_event(made).raw_path == "/proxy/a"


def test_an_event_is_https_and_delivered_whole() -> None:
    wire = get("/")

    assert (wire.scheme, wire.streaming, wire.caller) == ("https", False, None)
    assert wire.host == "abc123.execute-api.us-east-2.amazonaws.com"


def environ(**members: Any) -> dict[str, Any]:
    return {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "RAW_URI": "/", **members}


@pytest.mark.parametrize(
    ("uri", "path", "query"),
    [
        ("/a%2Fb?c=%2F", "/a%2Fb", "c=%2F"),
        ("//host/x", "//host/x", ""),
        ("/a?b?c", "/a", "b?c"),
        ("/..%2f/%252e", "/..%2f/%252e", ""),
        ("http://evil.example.com/a?b", "/a", "b"),
        ("http://evil.example.com", "/", ""),
        ("HTTPS://user:pass@evil/x", "/x", ""),
    ],
)
def test_s7_a_request_target_is_taken_as_sent_without_another_host(
    uri: str, path: str, query: str
) -> None:
    wire = from_environ(environ(RAW_URI=uri, PATH_INFO="/other", HTTP_HOST="own.example.com"))

    assert (wire.raw_path, wire.raw_query) == (path, query)
    assert wire.host == "own.example.com"


@pytest.mark.parametrize("uri", ["*", "evil.example.com:443", "x/y", "\\x"])
def test_s13_a_target_that_is_not_a_path_is_refused(uri: str) -> None:
    with pytest.raises(Problem) as refused:
        from_environ(environ(RAW_URI=uri))

    assert refused.value.code == "invalid_path"


def test_the_servers_own_list_of_fields_is_used_where_there_is_one() -> None:
    fields = [("X-A", "1"), ("x-a", "2"), ("Host", "h")]

    wire = from_environ(environ(**{"api_dashboard.headers": fields, "HTTP_X_A": "1,2"}))

    assert wire.headers == fields
    assert wire.header("x-a") == "1"


def test_fields_of_another_server_are_read_from_its_environ() -> None:
    wire = from_environ(environ(HTTP_X_API_KEY="k", CONTENT_TYPE="a/b", CONTENT_LENGTH="3"))

    assert (wire.header("x-api-key"), wire.header("content-type")) == ("k", "a/b")
    assert wire.length == 3


def test_a_chunked_body_has_no_length() -> None:
    wire = from_environ(environ(HTTP_TRANSFER_ENCODING="Chunked", CONTENT_LENGTH=""))

    assert wire.length is None


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("dXNlcjpwYXNz", ("user", "pass")),
        (" dXNlcjpwYXNz ", ("user", "pass")),
        ("dXNlcg==", ("user", "")),
        ("dXNlcjo=", ("user", "")),
        ("OnBhc3M=", ("", "pass")),
        ("dXNlcjpwOmE6c3M=", ("user", "p:a:ss")),
        ("dXNlcjpwYXNz!", None),
        ("dXNlcjpwYXN", None),
        ("/////w==", None),
    ],
)
def test_basic_credentials(text: str, pair: tuple[str, str] | None) -> None:
    assert basic_pair(text) == pair
