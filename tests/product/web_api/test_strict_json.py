"""Strict JSON (S26): any other body gets a 4xx response with the reason, and stores nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient, Response


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user whose account no test of the module changes."""
    return Account(request.getfixturevalue(request.param))


def send(owner: Account, body: bytes, kind: str | None = "application/json",
         path: str = "/api/tokens") -> Response:  # fmt: skip
    headers = [("Authorization", f"Bearer {owner.access}")]
    if kind is not None:
        headers.append(("Content-Type", kind))
    return owner.client.request("POST", path, headers, body)


GOOD = b'{"name": "t", "apis": ["*"]}'


def test_a_valid_body_is_accepted(owner: Account) -> None:
    for body in (GOOD, b" \r\n\t" + GOOD + b"\n",
                 '{"name": "\u00e9\U0001f600", "apis": ["*"]}'.encode(),
                 rb'{"name": "\ud83d\ude00", "apis": ["*"]}'):  # fmt: skip
        assert send(owner, body).status == 201


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"}", b"[", b'"', b"nul", b"True", b"undefined", b"'x'", b"{}{}", b"{} x",
        b"{'name': 1}", b'{"name": "t",}', b"[1,]", b'{"name" "t"}', b"// comment\n{}",
        b"{} /* c */",
        b'{"name": "t", "name": "u", "apis": ["*"]}',
        rb'{"name": "t", "\u006eame": "u", "apis": ["*"]}',
        b'{"name": "t", "apis": ["*"], "limit": NaN, "window": 60}',
        b'{"name": "t", "apis": ["*"], "limit": Infinity, "window": 60}',
        b'{"name": "t", "apis": ["*"], "limit": -Infinity, "window": 60}',
        rb'{"name": "\ud800", "apis": ["*"]}',
        rb'{"name": "\udc00\ud800", "apis": ["*"]}',
        rb'{"name": "t", "apis": ["\udfff"]}',
        rb'{"name": "t", "apis": ["*"], "\ud800": 1}',
        b'{"name": "\xff", "apis": ["*"]}',
        b'{"name": "\xc0\xaf", "apis": ["*"]}',
        b'{"name": "\xed\xa0\x80", "apis": ["*"]}',
        b'\xef\xbb\xbf{"name": "t", "apis": ["*"]}',
        GOOD.decode().encode("utf-16"),
        GOOD.decode().encode("utf-32"),
        b'{"name": "a\x00b", "apis": ["*"]}',
        b'{"name": "a\nb", "apis": ["*"]}',
        b'{"limit": 01}', b'{"limit": +1}', b'{"limit": .5}', b'{"limit": 0x10}', b'{"limit": 1.}',
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"[" * 30_000,
        b'{"a":' * 12_000,
        b'{"limit": ' + b"9" * 5000 + b"}",
        b"\x00" * 10,
    ],
)  # fmt: skip
def test_s26_a_body_that_is_not_strict_json_is_rejected(owner: Account, body: bytes) -> None:
    before = tokens(owner)
    problem(send(owner, body), 400, "invalid_json")
    assert tokens(owner) == before


def tokens(owner: Account) -> int:
    return len(owner.call("GET", "/api/tokens?limit=200").json["items"])


@pytest.mark.parametrize("body", [b"null", b"1", b'"x"', b"[]", b"true", b"1e400", b"[{}]"])
def test_s26_a_body_that_is_not_an_object_is_rejected(owner: Account, body: bytes) -> None:
    problem(send(owner, body), 422, "invalid_field", "body")
    for path in ("/api/auth/register", "/api/auth/login", "/api/auth/refresh", "/api/auth/logout"):
        problem(send(owner, body, path=path), 422, "invalid_field", "body")


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1.0", "1e2", "9223372036854775808", "1" + "0" * 400, "-0.0",
               "18446744073709551616", "-9223372036854775809", "1" + "0" * 4200],
)  # fmt: skip
def test_s26_numbers_that_are_not_plain_integers_are_rejected(owner: Account, number: str) -> None:
    body = f'{{"name": "t", "apis": ["*"], "limit": {number}, "window": 60}}'.encode()
    answer = send(owner, body)
    assert answer.status in (400, 422), answer.body
    assert answer.json["code"] in ("invalid_json", "invalid_field")


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/jsonx", "text/json", "application/json, text/plain", "xapplication/json",
     "application/ json", "application"],
)  # fmt: skip
def test_s26_s34_other_media_types_are_rejected(owner: Account, kind: str | None) -> None:
    """A form on another site cannot send JSON without a CORS preflight."""
    problem(send(owner, GOOD, kind), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON", "application/json; charset=utf-8",
     "application/json;x", "application/merge-patch+json"],
)  # fmt: skip
def test_the_spellings_of_the_json_media_type_are_accepted(owner: Account, kind: str) -> None:
    assert send(owner, GOOD, kind).status == 201


@pytest.mark.parametrize(
    "path", ["/api/tokens", "/api/keys", "/api/auth/login", "/api/me/password"]
)
def test_s26_a_large_body_is_rejected(owner: Account, path: str) -> None:
    body = json.dumps({"name": "x" * 70_000, "apis": ["*"]}).encode()
    problem(send(owner, body, path=path), 413, "request_too_large")


def test_s26_a_large_chunked_body_is_rejected(server: HttpClient) -> None:
    owner = Account(server)
    piece = b"%x\r\n%b\r\n" % (16_384, b"x" * 16_384)
    headers = [("Authorization", f"Bearer {owner.access}"), ("Content-Type", "application/json"),
               ("Transfer-Encoding", "chunked")]  # fmt: skip
    answer = _raw(server, headers, piece * 8 + b"0\r\n\r\n")
    problem(answer, 413, "request_too_large")
    good = b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    assert _raw(server, headers, good).status == 201


def _raw(server: HttpClient, headers: list[tuple[str, str]], body: bytes) -> Response:
    """Send a body that is already framed as chunks."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest("POST", "/api/tokens")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body)
        answer = connection.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


WRONG: list[Any] = [None, True, 0, -1, 1.5, "", "x", [], [[]], {}, {"a": 1}, 10**18, "\u0000"]


@pytest.mark.parametrize(
    ("method", "path", "good"),
    [
        ("POST", "/api/auth/register", {"username": "a b", "email": "a@b.example",
                                        "password": "x" * 9}),
        ("POST", "/api/auth/login", {"username": "nobody", "password": "x", "session": "token"}),
        ("POST", "/api/auth/refresh", {"refresh_token": "x"}),
        ("POST", "/api/auth/logout", {"refresh_token": "x"}),
        ("PATCH", "/api/me", {"email": "a"}),
        ("DELETE", "/api/me", {"password": "x"}),
        ("POST", "/api/me/password", {"current_password": "x", "new_password": "password"}),
        ("POST", "/api/keys", {"secret": "x", "provider": "no", "base_url": "x", "auth": {},
                               "api_name": "x", "description": "x"}),
        ("PATCH", "/api/keys/x", {"secret": "x", "base_url": "x", "auth": {}, "description": "x"}),
        ("POST", "/api/tokens", {"name": "", "apis": [], "methods": [], "path_prefixes": [],
                                 "expires_in": 0, "limit": 1, "window": 1}),
        ("PUT", "/api/rate-limits/x", {"limit": 0, "window": 0}),
        ("POST", "/api/env/preview", {"content": 1}),
        ("POST", "/api/env/import", {"content": 1}),
        ("POST", "/api/env/export", {"token": 1, "content": 1, "apis": 1}),
    ],
)  # fmt: skip
def test_s24_s26_wrong_members_of_any_body_get_a_4xx(
    owner: Account, method: str, path: str, good: dict[str, Any]
) -> None:
    bodies: list[dict[str, Any]] = [{**good, "unknown": 1}, {**good, "": 1}, {**good, "a" * 500: 1}]
    for member in good:
        bodies += [
            {**good, member: wrong}
            for wrong in WRONG
            if not (member == "content" and isinstance(wrong, str))
        ]
        bodies.append({name: value for name, value in good.items() if name != member})
    for body in bodies[: 60 if path == "/api/auth/login" else 200]:
        if path == "/api/auth/login" and isinstance(body.get("username"), str):
            body["password"] = []  # not counted as an attempt, so never throttled
        answer = owner.call(method, path, body)
        assert 400 <= answer.status < 500, (body, answer.status, answer.body)
        problem(answer, answer.status, answer.json["code"])
        assert b"Traceback" not in answer.body
