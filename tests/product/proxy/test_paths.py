"""S7: whatever the path, the request stays on the stored host and below the stored prefix."""

from __future__ import annotations

import socket
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.accounts import Account, problem
from tests.support.clients import HttpClient, LambdaClient, Response, event
from tests.support.upstream import Place

ESCAPES = [
    "/..", "/../x", "/v1/../../x", "/./x", "/v1/.", "/../../../api/me", "/..;/x", "/..;a=1/x",
    "/%2e%2e/x", "/%2E%2E/x", "/.%2e/x", "/%2e./x", "/%2e/x", "/%252e%252e/x", "/%25252e%25252e/x",
    "/..%2fx", "/..%2Fx", "/..%252fx", "/%2e%2e%2fx", "/v1%2f..%2f..%2fx", "/%2f%2e%2e%2fx",
    "/..\\x", "/\\..\\x", "/..%5cx", "/%5c..%5cx", "/..%255cx", "/%2e%2e%5cx",
    "/%c0%ae%c0%ae/x", "/..%c0%afx", "/%c0%2e%c0%2e%c0%af/..", "/%u002e%u002e/x",
    "/..%u2215../%2e.",
    "/%2525252525252525252525252e/x",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES)
def test_s7_dot_segments_are_refused_in_every_encoding(
    account: Account, place: Place, token: str, path: str
) -> None:
    problem(account.proxied(token, f"/proxy/test{path}"), 400, "invalid_path")

    assert place.received == []


@pytest.mark.parametrize("path", ["/a%0d%0aX:%20y", "/a%0ab", "/%00", "/a%2500b", "/%0d", "/a%1fb"])
def test_s7_control_characters_are_refused(
    account: Account, place: Place, token: str, path: str
) -> None:
    problem(account.proxied(token, f"/proxy/test{path}"), 400, "invalid_path")

    assert place.received == []


STAYS = [
    "//evil.example.com/x", "///x", "/http://evil.example.com/x", "/https:%2f%2fevil.example.com",
    "/@evil.example.com", "/:80@evil.example.com/x", "/a%40b", "//user:pass@evil.example.com/",
    "/x%2Fy", "/x%2fy", "/x%252Fy", "/x;y=1", "/a..b/..c/d..", "/...", "/.well-known/x",
    "/%C3%A9t%C3%A9", "/%E6%97%A5%E6%9C%AC", "/a%20b+c", "/a%3Fb%23c", "/v1//x//", "/a:b",
    "/repos/o/r/contents/src%2Fmain.py", "/~user/", "/(a)!*'$,", "/%ff%fe",
]  # fmt: skip


@pytest.mark.parametrize("path", STAYS)
def test_s7_legitimate_encodings_arrive_unchanged_below_the_prefix(
    account: Account, place: Place, token: str, path: str
) -> None:
    assert account.proxied(token, f"/proxy/test{path}").status == 200

    assert place.path() == path
    assert place.last.get("Host") == place.url.split("/")[2]


def test_a_question_mark_without_a_query_is_forwarded(server: HttpClient, place: Place) -> None:
    """API Gateway's events have lost it, so this is true only on one machine."""
    account = Account(server)
    account.key(place)
    token = account.token(["test"])
    for path, arrived in {
        "/x?": "/x?", "/x": "/x", "/x?a=": "/x?a=", "/x??": "/x??", "?": "?", "/%3F?": "/%3F?",
    }.items():  # fmt: skip
        assert account.proxied(token, f"/proxy/test{path}").status == 200
        assert place.path() == arrived
    account.key(place, api_name="query", auth={"scheme": "query", "name": "key"})
    account.proxied(account.token(["query"]), "/proxy/query/x?")
    token = account.token(["query"])
    server.request("GET", f"/proxy/query/x?key={token}")
    assert place.path() == "/x?key=sk-secret-0123456789"


@pytest.mark.parametrize("raw", ["/caf\u00e9", "/\u65e5\u672c", "/a b", '/a"b<c>', "/a|b^c`d"])
def test_s7_raw_characters_that_the_gateway_decoded_are_encoded_again(
    function: LambdaClient, place: Place, raw: str
) -> None:
    account = Account(function)
    account.key(place)
    token = account.token(["test"])

    answer = account.proxied(token, f"/proxy/test{raw}")

    assert answer.status == 200
    assert place.path().isascii()
    assert unquote(place.path()) == raw


def decoded_once(function: LambdaClient, token: str, target: str) -> Response:
    """Make a call with an event whose path the gateway has decoded."""
    made = event("GET", target, [("Authorization", f"Bearer {token}")], None, decoded=True)
    answer = function._handler(made, None)
    return Response(
        answer["statusCode"], list(answer["headers"].items()), answer.get("body", "").encode()
    )


@pytest.mark.parametrize("path", [path for path in ESCAPES if "%c0" not in path])
def test_s7_dot_segments_are_refused_behind_a_gateway_that_decodes(
    function: LambdaClient, place: Place, path: str
) -> None:
    account = Account(function)
    account.key(place)

    answer = decoded_once(function, account.token(["test"]), f"/proxy/test{path}")

    problem(answer, 400, "invalid_path")
    assert place.received == []


@pytest.mark.parametrize(
    ("path", "arrives"),
    [("/a%2520b", "/a%20b"), ("/%C3%A9", "/%C3%A9"), ("/a%20b", "/a%20b"), ("/a%252Fb", "/a%2Fb"),
     ("/a%253Fb", "/a%3Fb"), ("/a%3Fb", "/a%3Fb"), ("/a%23b", "/a%23b"), ("/100%25", "/100%25"),
     ("/a%2Bb", "/a+b"), ("/a;b=%C3%A9", "/a;b=%C3%A9")],
)  # fmt: skip
def test_s7_a_gateway_that_decodes_does_not_change_what_is_called(
    function: LambdaClient, place: Place, path: str, arrives: str
) -> None:
    account = Account(function)
    account.key(place)

    answer = decoded_once(function, account.token(["test"]), f"/proxy/test{path}?q=%2520")

    assert answer.status == 200
    assert place.path() == f"{arrives}?q=%2520"


@pytest.mark.parametrize(
    "path",
    [
        "/%70roxy/test/x",
        "/proxy%2Ftest/x",
        "/proxy%2ftest%2fx",
        "/prox%79/test/x",
        "/%2570roxy/t/x",
    ],
)
def test_s7_the_prefix_itself_is_taken_literally(
    account: Account, place: Place, token: str, path: str
) -> None:
    answer = account.proxied(token, path)

    assert answer.status in (400, 404), answer.body
    assert answer.json["code"] in ("invalid_path", "not_found")
    assert place.received == []


@pytest.mark.parametrize(
    "name", ["te%73t", "TEST", "test%2f", "..", "%2e%2e", "test;x", "", "test%00"]
)
def test_s7_the_apis_name_is_taken_literally(
    account: Account, place: Place, token: str, name: str
) -> None:
    answer = account.proxied(token, f"/proxy/{name}/x")

    assert answer.status in (400, 403, 404), answer.body
    assert place.received == []


def raw(server: HttpClient, line: bytes, token: str) -> bytes:
    """Send a request line and return the response's status line."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(
            line + b"\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + token.encode() + b"\r\n\r\n"
        )  # fmt: skip
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        return answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "line",
    [b"GET http://evil.example.com/proxy/test/x HTTP/1.1", b"GET evil.example.com:443 HTTP/1.1",
     b"GET /proxy/test/x#y HTTP/1.1", b"GET /proxy/test/a\x00b HTTP/1.1", b"GET * HTTP/1.1",
     b"GET /proxy/test/a b HTTP/1.1", b"GET /proxy/test/a\rb HTTP/1.1",
     b"GET\t/proxy/test/x HTTP/1.1",
     b"GET /proxy/test/x HTTP/1.1\nX: y", b"CONNECT evil.example.com:443 HTTP/1.1"],
)  # fmt: skip
def test_s7_s13_other_targets_than_a_path_are_refused(
    server: HttpClient, place: Place, line: bytes
) -> None:
    account = Account(server)
    account.key(place)

    status = raw(server, line, account.token(["test"]))

    assert status.startswith(b"HTTP/1.1 40"), status
    assert place.received == []


def test_s7_the_root_and_a_deep_prefix(account: Account, place: Place) -> None:
    account.key(place, base_url=f"{place.url}/a%20b/v1/")
    token = account.token(["test"])

    for path in ("", "/", "/x", "?q", "//x"):
        assert account.proxied(token, f"/proxy/test{path}").status == 200
        assert place.path() == f"/a%20b/v1{path}"
    for path in ("/..", "/%2e%2e/v2", "/..;/", "/..%2f"):
        problem(account.proxied(token, f"/proxy/test{path}"), 400, "invalid_path")


@pytest.mark.parametrize(
    "path",
    ["/v1/chatter", "/v1", "/", "", "/V1/chat", "/v1//chat", "//v1/chat", "/v1/chat%2f..%2fadmin",
     "/v1%2Fchat/x", "/%76%32/chat", "/v1/chat;x", "/v1/chat/../admin", "/v1/chat/%2e%2e/admin"],
)  # fmt: skip
def test_s19_a_token_bound_to_a_path_does_not_reach_another(
    account: Account, place: Place, path: str
) -> None:
    account.key(place)
    token = account.token(["test"], path_prefixes=["/v1/chat"])

    answer = account.proxied(token, f"/proxy/test{path}")

    assert (answer.status, answer.json["code"]) in ((403, "token_scope"), (400, "invalid_path"))
    assert answer.get("Proxy-Status")
    assert place.received == []
    assert account.proxied(token, "/proxy/test/v1/chat/x%2Fy?a").status == 200


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(
            ["/", "\\", ".", "..", ";", "%2e", "%2f", "%5c", "%25", "2e", "2f", "@", ":", "a",
             "%00", "%0a", "//", "http:", "%c0%ae", "%C3%A9", "?", "&", "%u002e", "~", "+", "%"]
        ),
        max_size=10,
    )
)  # fmt: skip
def test_s7_no_mixture_of_tricks_leaves_the_prefix(
    function: LambdaClient, shared: tuple[Account, Place, str], parts: list[str]
) -> None:
    account, place, token = shared
    before = len(place.received)

    answer = account.proxied(token, "/proxy/test/" + "".join(parts))

    assert answer.status in (200, 400), (parts, answer.status)
    if answer.status == 400:
        assert len(place.received) == before
        return
    assert len(place.received) == before + 1
    target = place.last.target
    assert target.startswith(f"/{place.name}/")
    path = target.partition("?")[0]
    for _ in range(6):
        segments = path.replace("\\", "/").split("/")
        assert not [segment for segment in segments if segment.partition(";")[0] in (".", "..")]
        path = unquote(path, encoding="latin-1")


@pytest.fixture
def shared(function: LambdaClient, place: Place) -> tuple[Account, Place, str]:
    """An account of the Lambda client with a key for `place`."""
    account = Account(function)
    account.key(place)
    return account, place, account.token(["test"])
