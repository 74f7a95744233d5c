"""Which requests to switch protocols become WebSockets, ordinary calls or 426 (RFC 9110 7.8)."""

from __future__ import annotations

import msgspec
import pytest

from api.errors import Problem
from api.proxy.upgrades import is_websocket
from api.raw_request import from_environ, from_event
from tests.support.clients import event
from tests.unit.proxy.credentials import request

H2C = [("Connection", "Upgrade, HTTP2-Settings"), ("HTTP2-Settings", "AAMAAABkAARAAAAA")]
ASKS = [("Connection", "Upgrade")]


def asks_for(
    upgrade: str,
    headers: list[tuple[str, str]],
    *,
    can_upgrade: bool = True,
    streaming: bool = True,
) -> bool:
    raw = msgspec.structs.replace(
        request(headers), upgrade=upgrade, can_upgrade=can_upgrade, streaming=streaming
    )
    return is_websocket(raw)


@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket", "h2c, websocket", ""])
def test_a_websocket_is_one_in_any_spelling(upgrade: str) -> None:
    assert asks_for(upgrade, ASKS)


@pytest.mark.parametrize(
    ("upgrade", "headers"),
    [
        ("h2c", H2C),
        ("H2C", H2C),
        ("foo/2", []),
        ("foo/2", [("Connection", "keep-alive")]),
        ("h2c", []),
    ],
)
def test_offers_that_a_server_may_ignore_are_ordinary_calls(
    upgrade: str, headers: list[tuple[str, str]]
) -> None:
    assert not asks_for(upgrade, headers)


@pytest.mark.parametrize("upgrade", ["h2c", "h2c, foo", "TLS/1.0", "TLS/1.0, HTTP/1.1", "SPDY/3.1"])
def test_any_other_protocol_is_refused(upgrade: str) -> None:
    with pytest.raises(Problem) as caught:
        asks_for(upgrade, ASKS)
    assert (caught.value.code, caught.value.status) == ("upgrade_not_supported", 426)
    assert caught.value.headers == (("Upgrade", "websocket"),)


@pytest.mark.parametrize("upgrade", ["websocket", "", "foo/2"])
@pytest.mark.parametrize("headers", [ASKS, []])
def test_the_function_refuses_every_upgrade(upgrade: str, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem) as caught:
        asks_for(upgrade, headers, can_upgrade=False, streaming=False)
    assert caught.value.status == 426


def test_the_function_ignores_an_offer_of_http_2() -> None:
    assert not asks_for("h2c", H2C[1:], can_upgrade=False, streaming=False)


@pytest.mark.parametrize(
    ("headers", "upgrade"),
    [
        ([("Upgrade", "websocket")], "websocket"),
        ([("Upgrade", "foo")], "foo"),
        ([("Sec-WebSocket-Key", "x")], ""),
        ([("Accept", "*/*")], None),
    ],
)
def test_the_upgrade_field_is_read_from_events_and_environs(
    headers: list[tuple[str, str]], upgrade: str | None
) -> None:
    made = event("GET", "/proxy/test/x", headers, None)
    assert from_event(made).upgrade == upgrade
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers}
    raw = from_environ(
        {"RAW_URI": "/proxy/test/x", "REQUEST_METHOD": "GET", "wsgi.input": None, **environ}
    )
    assert (raw.upgrade, raw.can_upgrade) == (upgrade, False)
