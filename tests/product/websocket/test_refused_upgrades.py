"""Upgrades that are refused before the upstream is called, and those that are ignored."""

from __future__ import annotations

import socket

import pytest

from tests.product.websocket.conftest import Caller
from tests.support.accounts import Account
from tests.support.clients import HttpClient, LambdaClient
from tests.support.reservations import set_policy
from tests.support.upstream import Place


def test_any_other_protocol_is_426_and_not_counted(caller: Caller, server: HttpClient) -> None:
    assert set_policy(caller.account, 1, api_name=caller.api_name).status == 200
    for protocol in ("foo/2", "TLS/1.0, HTTP/1.1", "h2c"):
        fields = [("Connection", "Upgrade"), ("Upgrade", protocol), *caller.handshake()[4:]]
        answer = server.request("GET", f"{caller.path}/v1/x", fields)
        assert answer.status == 426
        assert answer.json["code"] == "upgrade_not_supported"
        assert answer.get("Upgrade") == "websocket"
        assert "upgrade" in (answer.get("Connection") or "")
    assert caller.place.received == []
    assert caller.account.proxied(caller.token["token"], f"{caller.path}/v1/x").status != 429


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_offer_of_http_2_is_ignored(caller: Caller, server: HttpClient, method: str) -> None:
    """Java's HttpClient and `curl --http2` send one with their requests."""
    caller.place.behaviour = lambda _received, _socket: None
    fields = [
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"),
        *caller.handshake()[4:],
    ]
    server.request(method, f"{caller.path}/v1/x", fields, b"body" if method == "POST" else None)
    received = caller.place.last
    assert (received.method, received.body) == (method, b"body" if method == "POST" else b"")
    assert received.get("Upgrade") is None and received.get("HTTP2-Settings") is None


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("Sec-WebSocket-Version", "8", 426),
        ("Sec-WebSocket-Key", "short", 400),
        ("Connection", "keep-alive", 400),
    ],
)
def test_a_malformed_handshake_is_refused(
    caller: Caller, server: HttpClient, field: str, value: str, status: int
) -> None:
    fields = [(name, value if name == field else given) for name, given in caller.handshake()]
    answer = server.request("GET", f"{caller.path}/v1/x", fields)
    assert answer.status == status
    assert "WebSocket" in answer.json["detail"]
    assert answer.get("Sec-WebSocket-Version") == ("13" if status == 426 else None)
    assert answer.get("Proxy-Status") == "api-dashboard; error=http_request_error"
    assert caller.place.received == []


def test_without_a_token_a_handshake_is_401(caller: Caller, server: HttpClient) -> None:
    answer = server.request("GET", f"{caller.path}/v1/x", caller.handshake()[:4])
    assert answer.status == 401
    assert caller.place.received == []


def test_a_body_behind_a_handshake_is_not_a_second_request(caller: Caller) -> None:
    """Bytes behind the handshake belong to the WebSocket (S13)."""
    client = caller.account.client
    assert isinstance(client, HttpClient)
    lines = [f"{name}: {value}" for name, value in caller.handshake()]
    head = "\r\n".join([f"GET {caller.path}/v1/x HTTP/1.1", f"Host: {client.host}", *lines, "", ""])
    ping = b"\x89\x80\x01\x02\x03\x04"
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as sock:
        sock.sendall(head.encode() + ping)
        received = b""
        while not received.endswith(b"\x8a\x00"):
            piece = sock.recv(1000)
            assert piece, received
            received += piece
    assert received.count(b"HTTP/1.1") == 1
    assert received.startswith(b"HTTP/1.1 101 ")


def test_the_function_relays_no_websockets(function: LambdaClient, place: Place) -> None:
    account = Account(function)
    account.key(place)
    token = account.token()
    fields = Caller.handshake_fields(token)
    for headers in (
        fields,
        [field for field in fields if field[0] not in ("Connection", "Upgrade")],
    ):
        answer = function.request("GET", "/proxy/test/v1/x", headers)
        assert answer.status == 426
        assert answer.json["code"] == "upgrade_not_supported"
        assert answer.get("Upgrade") == "HTTP/1.1"
    assert place.received == []
    assert account.call("GET", "/api/requests").json["items"] == []
