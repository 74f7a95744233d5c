"""WebSockets through the server: what passes, what is counted and what is recorded."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.product.websocket.conftest import Caller
from tests.support.accounts import PASSWORD, Account, refresh
from tests.support.clients import HttpClient
from tests.support.reservations import set_policy
from tests.support.upstream import Answer, Place, Received
from tests.support.websocket_peers import accepting, echo


def test_messages_pings_and_the_close_handshake_pass(caller: Caller) -> None:
    with caller.connect("/v1/realtime?model=m") as websocket:
        for message in ("", "hello", "x" * 70_000, b"", bytes(range(256)), b"m" * (2 << 20)):
            websocket.send(message)
            assert websocket.recv() == message
        websocket.send(["one ", "message ", "in fragments"])
        assert websocket.recv() == "one message in fragments"
        assert websocket.ping(b"beat").wait(5)
    assert (websocket.close_code, websocket.close_reason) == (1000, "")
    assert caller.place.path() == "/v1/realtime?model=m"
    assert caller.place.last.get("Authorization") == "Bearer sk-secret-0123456789"
    (entry,) = caller.logged()
    size = 5 + 70_000 + 256 + (2 << 20) + 24
    expected = {
        "status": 101, "method": "GET", "path": "/v1/realtime", "websocket": True, "problem": None,
        "messages_in": 7, "messages_out": 7, "bytes_in": size, "bytes_out": size,
        "token_id": caller.token["token_id"], "key_id": caller.key["key_id"],
    }  # fmt: skip
    assert {name: entry[name] for name in expected} == expected


def test_upstreams_choose_the_subprotocol_and_the_extensions(caller: Caller) -> None:
    extensions = "permessage-deflate; server_no_context_takeover"

    def talk(sock: socket.socket) -> None:
        sock.sendall(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00")  # "Hello" (RFC 7692 7.2.3.1)
        sock.recv(1000)

    fields = ("Sec-WebSocket-Extensions", extensions), ("X-Request-Id", "upstream-1")
    caller.place.behaviour = accepting(talk, *fields, subprotocol="v2")
    with caller.connect(subprotocols=["v1", "v2"]) as websocket:
        assert websocket.recv() == "Hello"
    assert websocket.subprotocol == "v2"
    assert websocket.response is not None
    headers = websocket.response.headers
    assert headers["Sec-WebSocket-Extensions"] == extensions
    assert headers["X-Request-Id"] == "upstream-1"
    assert headers["X-Dashboard-Request-Id"]
    assert caller.place.last.get("Sec-WebSocket-Protocol") == "v1, v2"


def test_a_close_code_of_the_upstream_arrives(caller: Caller) -> None:
    caller.place.behaviour = accepting(lambda sock: sock.sendall(b"\x88\x07\x0f\xa8quota"))
    with caller.connect() as websocket, pytest.raises(ConnectionClosedError):
        websocket.recv()
    assert (websocket.close_code, websocket.close_reason) == (4008, "quota")
    assert caller.logged()[0]["problem"] is None


def test_an_upstream_that_disappears_is_an_abnormal_end(caller: Caller) -> None:
    caller.place.behaviour = accepting(lambda sock: sock.sendall(b"\x81\x02hi"))
    with caller.connect() as websocket:
        assert websocket.recv() == "hi"
        with pytest.raises(ConnectionClosed):
            websocket.recv()
    assert websocket.close_code == 1006
    assert caller.logged()[0]["problem"] == "upstream_reset"


def test_a_caller_that_disappears_ends_the_upstream(caller: Caller) -> None:
    ended: list[bytes] = []
    caller.place.behaviour = accepting(lambda sock: ended.append(sock.recv(100)))
    websocket = caller.connect()
    websocket.socket.shutdown(socket.SHUT_RDWR)
    assert caller.logged()[0]["problem"] == "caller_gone"
    assert ended == [b""]


def test_s3_a_wss_upstream_gets_tls(caller: Caller, tls_place: Place) -> None:
    caller.account.key(tls_place, api_name=f"{caller.api_name}-tls")
    tls_place.behaviour = accepting(echo)
    token = caller.account.token([f"{caller.api_name}-tls"])
    caller.api_name += "-tls"
    with caller.connect(token=token) as websocket:
        for size in (1, 100_000, 3 << 20):
            websocket.send("x" * size)
            assert websocket.recv() == "x" * size
    assert websocket.close_code == 1000


def test_an_api_host_relays_websockets(caller: Caller, server: HttpClient) -> None:
    sock = socket.create_connection(("127.0.0.1", server.port))
    host = f"{caller.api_name}.localhost:{server.port}"
    with caller.connect("/v1/y?a=b", host=host, sock=sock) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"
    assert caller.place.path() == "/v1/y?a=b"


@pytest.mark.parametrize("status", [200, 401, 403, 404, 426, 503])
def test_a_refusal_of_the_upstream_is_an_ordinary_response(caller: Caller, status: int) -> None:
    fields = [
        ("Content-Type", "application/json"),
        ("x-ratelimit-limit-requests", "10"),
        ("x-ratelimit-remaining-requests", "9"),
        ("x-ratelimit-reset-requests", "60s"),
    ]
    caller.place.answer(Answer(status, fields, b'{"error": "no"}'))
    with pytest.raises(InvalidStatus) as caught:
        caller.connect()
    response = caught.value.response
    assert (response.status_code, response.body) == (status, b'{"error": "no"}')
    assert response.headers["RateLimit"] == '"requests";r=9;t=60'
    (entry,) = caller.logged()
    assert (entry["status"], entry["websocket"], entry["bytes_out"]) == (status, False, 15)


def test_another_key_is_tried_after_a_429(caller: Caller) -> None:
    first = "sk-secret-0123456789"
    caller.account.key(caller.place, "sk-second-0123456789", api_name=caller.api_name)
    accept = accepting(echo)

    def behave(received: Received, sock: socket.socket) -> Answer | None:
        if received.get("Authorization") == f"Bearer {first}":
            return Answer(429, [("Retry-After", "60")], b"slow down")
        return accept(received, sock)

    caller.place.behaviour = behave
    for _ in range(6):
        with caller.connect() as websocket:
            websocket.send("hello")
            assert websocket.recv() == "hello"


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_s5_a_redirect_stays_at_the_proxy(caller: Caller, server: HttpClient, scheme: str) -> None:
    location = scheme + caller.place.url.removeprefix("http") + "/v2/x"
    caller.place.answer(Answer(307, [("Location", location)], b""))
    answer = server.request("GET", f"{caller.path}/v1/x", caller.handshake())
    assert answer.status == 307
    assert answer.get("Location") == f"{scheme}://{server.host}{caller.path}/v2/x"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "upstream_malformed"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "upstream_malformed",
        ),
        (b"", "upstream_reset"),
    ],
)
def test_an_upstream_that_fails_in_the_handshake_is_502(
    caller: Caller, answer: bytes, code: str
) -> None:
    caller.place.answer(Answer(raw=answer))
    with pytest.raises(InvalidStatus) as caught:
        caller.connect()
    response = caught.value.response
    assert response.status_code == 502
    assert code.encode() in (response.body or b"")
    assert caller.logged()[0]["problem"] == code


def test_a_limit_counts_a_websocket_once(caller: Caller) -> None:
    assert set_policy(caller.account, 2, api_name=caller.api_name).status == 200
    for _ in range(2):
        with caller.connect() as websocket:
            for _ in range(5):
                websocket.send("hello")
                websocket.recv()
    with pytest.raises(InvalidStatus) as caught:
        caller.connect()
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["Retry-After"]) > 0
    assert len(caller.place.received) == 2


@pytest.mark.parametrize(
    "scope", [{"methods": ["POST"]}, {"path_prefixes": ["/v2"]}, {"apis": ["other"]}]
)
def test_a_token_outside_its_scope_opens_nothing(
    caller: Caller, scope: dict[str, list[str]]
) -> None:
    apis = scope.get("apis", [caller.api_name])
    more = {name: value for name, value in scope.items() if name != "apis"}
    with pytest.raises(InvalidStatus) as caught:
        caller.connect(token=caller.account.token(apis, **more))
    assert caught.value.response.status_code == 403
    assert caller.place.received == []


def test_s8_nothing_of_the_browser_goes_upstream(caller: Caller) -> None:
    fields = {"Cookie": "a=b", "Referer": "https://page.example/", "X-Forwarded-For": "192.0.2.1"}
    with caller.connect(origin="https://page.example", fields=fields):
        received = caller.place.last
    for name in ("Cookie", "Referer", "Origin", "X-Forwarded-For"):
        assert received.get(name) is None


def test_s48_everything_that_ends_a_permission_closes_with_1008(
    caller: Caller, server: HttpClient
) -> None:
    """Each of them within five seconds, while the others stay open."""
    account, other = caller.account, Account(server)
    other.key(caller.place, api_name=caller.api_name)
    session = other.sign_in()
    revoked, scoped = account.token_details(), account.token_details([caller.api_name])
    unused = Caller(account, caller.place)
    kept = caller.connect()
    sockets = {
        "revoked": caller.connect(token=revoked["token"]),
        "scope": caller.connect(token=scoped["token"]),
        "session": caller.connect(token=session["access_token"]),
        "account": caller.connect(token=other.token()),
        "key": unused.connect(),
    }
    narrowed = {"apis": ["another"]}
    assert account.call("DELETE", f"/api/tokens/{revoked['token_id']}").status == 204
    assert account.call("PATCH", f"/api/tokens/{scoped['token_id']}", narrowed).status == 200
    assert account.call("DELETE", f"/api/keys/{unused.key['key_id']}").status == 204
    assert refresh(server, session["refresh_token"], "logout").status == 204
    other.sign_in()
    assert other.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    with ThreadPoolExecutor(len(sockets)) as threads:
        codes = dict(zip(sockets, threads.map(_close_code, sockets.values()), strict=True))
    assert set(codes.values()) == {1008}, codes
    kept.send("still open")
    assert kept.recv() == "still open"
    kept.close()
    assert unused.logged()[0]["problem"] == "unknown_api"


def _close_code(websocket: ClientConnection) -> int | None:
    """Return the code with which a WebSocket closes within five seconds, None if it does not."""
    try:
        websocket.recv(timeout=5)
    except TimeoutError:
        return None
    except ConnectionClosed:
        return websocket.close_code
    raise AssertionError("a message arrived")
