"""Request heads are read, and environs made, with the same results as gunicorn's slower code."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.message import Request as GunicornRequest
from gunicorn.http.wsgi import create

from api.local.server import http
from api.local.server.client_socket import ClientSocket
from api.local.server.environ import make_environ
from api.local.server.http import MAX_FIELD_SIZE, MAX_FIELDS, Parser, Request, Response, WsgiInput

CLIENT, SERVER = ("127.0.0.1", 50_000), ("127.0.0.1", 8420)
# Of gunicorn's environ alone.
EXTENSIONS = {"wsgi.file_wrapper", "wsgi.early_hints", "SERVER_SOFTWARE"}
CHANGED = {"wsgi.errors", "wsgi.input", "wsgi.multithread", "wsgi.multiprocess"}


@pytest.fixture
def sock() -> Iterator[ClientSocket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ClientSocket(ours, 1.0)


def config() -> Config:
    cfg = Config()
    options: dict[str, Any] = {
        "limit_request_line": 0,
        "limit_request_fields": MAX_FIELDS,
        "limit_request_field_size": MAX_FIELD_SIZE,
        "http_parser": "python",
        "header_map": "drop",
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
    }
    for name, value in options.items():
        cfg.set(name, value)
    return cfg


def request(sock: ClientSocket, head: bytes) -> Request:
    parser = Parser(config(), sock, CLIENT)
    parser.receive(head)
    made: Request = next(parser)
    return made


def read(sock: ClientSocket, head: bytes) -> object:
    """Return what is read of a head, or the type of the error."""
    try:
        made = request(sock, head)
    except Exception as error:
        return type(error)
    line = made.method, made.uri, made.path, made.query, made.fragment, made.version
    read_fields = made.headers, made.fields, made.underscored, made._expected_100_continue
    return line, read_fields, made.unreader.take_buffered()


FIELDS = {
    "none but Host": b"",
    "usual": b"\r\nContent-Type: application/json\r\nauthorization:Bearer x\r\nContent-Length: 2",
    "blanks": b"\r\nX-A: \t a  b \t\r\nX-B:\r\nX-C: \t",
    "repeated": b"\r\nX-A: 1\r\nx-a: 2\r\nX-A: 1",
    "cookies": b"\r\nCookie: a=1\r\nCookie: b=2",
    "latin-1 value": b"\r\nX-A: caf\xe9 \xff",
    "underscore": b"\r\nX_Api_Key: 1\r\nX-Api-Key: 2",
    "two hosts": b"\r\nhost: other",
    "two types": b"\r\nContent-Type: a/b\r\nContent-Type: a/b",
    "two lengths": b"\r\nContent-Length: 2\r\nContent-Length: 2",
    "bad length": b"\r\nContent-Length: +2",
    "chunked": b"\r\nTransfer-Encoding: chunked",
    "gzip, chunked": b"\r\nTransfer-Encoding: gzip, chunked",
    "both framings": b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 2",
    "continue": b"\r\nExpect: 100-continue\r\nContent-Length: 2",
    "other expectation": b"\r\nExpect: magic",
    "folded": b"\r\nX-A: 1\r\n 2",
    "no colon": b"\r\nX-A",
    "empty name": b"\r\n: 1",
    "blank before colon": b"\r\nX-A : 1",
    "blank before name": b"\r\n X-A: 1",
    "name not ascii": b"\r\nX-\xe9: 1",
    "name sharp s": b"\r\nx-\xdf: 1",
    "null": b"\r\nX-A: \x001",
    "delete": b"\r\nX-A: 1\x7f",
    "carriage return": b"\r\nX-A: 1\rX-B: 2",
    "line feed": b"\r\nX-A: 1\nX-B: 2",
    "escape": b"\r\nX-A: \x1b[1m",
    "forwarded": b"\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.9",
    "most fields": b"".join(b"\r\nX-%d: 1" % n for n in range(MAX_FIELDS - 1)),
    "too many fields": b"".join(b"\r\nX-%d: 1" % n for n in range(MAX_FIELDS)),
    "longest field": b"\r\nX-A: " + b"a" * (MAX_FIELD_SIZE - 7),
    "too long a field": b"\r\nX-A: " + b"a" * (MAX_FIELD_SIZE - 6),
    "much in all": b"".join(b"\r\nX-%d: %b" % (n, b"a" * 1000) for n in range(40)),
}


@pytest.mark.parametrize("name", list(FIELDS))
def test_s13_fields_are_read_and_refused_as_by_gunicorn(
    sock: ClientSocket, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    head = b"POST /a%20b/?c=d HTTP/1.1\r\nHost: localhost" + FIELDS[name] + b"\r\n\r\n{}"
    ours = read(sock, head)
    monkeypatch.setattr(Request, "_is_plain", lambda self, data, names: False)
    assert ours == read(sock, head)


LINES = [
    b"GET / HTTP/1.1", b"GET /a%20b/?c=d?e HTTP/1.1", b"POST /a HTTP/1.0", b"PROPFIND /a HTTP/1.1",
    b"GET /? HTTP/1.1", b"GET /?/a HTTP/1.1", b"GET /a;b=1//c HTTP/1.1", b"GET /a:b@c[1] HTTP/1.1",
    b"GET //a?b HTTP/1.1", b"GET /a#b HTTP/1.1", b"GET /a?b#c HTTP/1.1", b"GET * HTTP/1.1",
    b"OPTIONS * HTTP/1.1", b"CONNECT /a HTTP/1.1", b"CONNECT a:443 HTTP/1.1",
    b"GET http://a/b HTTP/1.1", b"GET a HTTP/1.1", b"GET  / HTTP/1.1", b"GET /a b HTTP/1.1",
    b"GET /\xe9 HTTP/1.1", b"GET /\x7f HTTP/1.1", b"GET /\0 HTTP/1.1", b"GET /a\tb HTTP/1.1",
    b"GET /\n HTTP/1.1", b"GET /\r HTTP/1.1", b"get / HTTP/1.1", b"GE / HTTP/1.1",
    b"A" * 20 + b" / HTTP/1.1", b"A" * 21 + b" / HTTP/1.1", b"M-SEARCH / HTTP/1.1",
    b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET / HTTP/0.9", b"GET / http/1.1", b"GET / HTTP/1.1 ",
    b"GET /", b"GET", b"", b" GET / HTTP/1.1", b"\r\nGET /a HTTP/1.1",
    b"\r\n\r\nGET /a HTTP/1.1", b"\nGET /a HTTP/1.1", b"GET /" + b"a" * 16_370 + b" HTTP/1.1",
    b"GET /" + b"a" * 16_371 + b" HTTP/1.1",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=lambda line: ascii(line[:30]))
@pytest.mark.parametrize(
    "fields", [b"\r\nHost: localhost\r\nContent-Length: 2", b"", b"\r\nHost: a\nX-A: b"]
)
def test_s13_request_lines_are_read_and_refused_as_by_gunicorn(
    sock: ClientSocket, monkeypatch: pytest.MonkeyPatch, line: bytes, fields: bytes
) -> None:
    head = line + fields + b"\r\n\r\n{}"
    ours = read(sock, head)
    monkeypatch.setattr(Request, "parse", GunicornRequest.parse)
    monkeypatch.setattr(http, "_PLAIN_LINE", re.compile(rb"(?!)"))
    assert ours == read(sock, head)


def test_fields_of_which_most_requests_consist_do_not_need_gunicorn(
    sock: ClientSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    is_plain = Request._is_plain

    def noted(self: Request, data: bytes, names: list[str]) -> bool:
        asked.append(is_plain(self, data, names))
        return asked[-1]

    monkeypatch.setattr(Request, "_is_plain", noted)
    for name in ("usual", "blanks", "repeated", "latin-1 value", "most fields"):
        read(sock, b"GET / HTTP/1.1\r\nHost: localhost" + FIELDS[name] + b"\r\n\r\n{}")
    assert asked == [True] * 5


@pytest.mark.parametrize("target", ["/", "/a%20b/%C3%A9?c=%20d", "//a?b?c", "/a;b=1", "/%zz"])
@pytest.mark.parametrize("name", ["none but Host", "usual", "repeated", "cookies", "underscore"])
def test_the_environ_is_gunicorns_without_its_extensions(
    sock: ClientSocket, target: str, name: str
) -> None:
    line = f"POST {target} HTTP/1.1\r\nHost: localhost:8420"
    made = request(sock, line.encode() + FIELDS[name] + b"\r\n\r\n{}")
    _, expected = create(made, sock, CLIENT, SERVER, made.cfg, response_class=Response)
    body = WsgiInput(made, sock)

    ours = make_environ(made, body, sock, CLIENT, SERVER)

    kept = {key: value for key, value in expected.items() if key not in EXTENSIONS | CHANGED}
    assert {key: ours[key] for key in kept} == kept
    added = {key for key in ours if key not in kept}
    assert added == CHANGED | {
        "api_dashboard.headers",
        "api_dashboard.underscored_headers",
        "api_dashboard.can_upgrade",
    }
    assert ours["wsgi.input"] is body and ours["api_dashboard.headers"] is made.fields


class Sent:
    """Takes what a response sends."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        self.data += data


@pytest.mark.parametrize(
    "field", [("X-A", "a\r\nb"), ("X-A", "a\0"), ("X A", "a"), ("", "a"), ("X-A:", "a")]
)
def test_s11_a_field_that_would_break_the_framing_is_not_sent(
    sock: ClientSocket, field: tuple[str, str]
) -> None:
    made = request(sock, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(2):
        sent = Sent()
        with pytest.raises(ValueError, match="cannot be sent"):
            Response(made, sent, made.cfg).start_response("200 OK", [field])
        assert sent.data == b""


@pytest.mark.parametrize("name", ["Date", "date", "DATE"])
def test_a_date_of_the_app_is_the_only_one(sock: ClientSocket, name: str) -> None:
    made = request(sock, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    sent = Sent()
    response = Response(made, sent, made.cfg)
    response.start_response(
        "200 OK", [(name, "then"), ("X-A", " caf\xe9\t"), ("Content-Length", "0")]
    )
    response.close()
    assert sent.data.lower().count(b"\r\ndate: ") == 1
    assert f"\r\n{name}: then\r\nX-A: caf\xe9\r\n".encode("latin-1") in sent.data
