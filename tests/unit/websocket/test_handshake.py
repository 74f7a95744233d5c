"""The opening handshakes: what is refused, and how the answers are passed on (RFC 6455 4)."""

from __future__ import annotations

import io

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.http.errors import MalformedResponse
from api.proxy.upstream_request import UpstreamRequest
from api.raw_request import RawRequest, WebSocketOffer
from api.secret import Credential, Secret
from api.upstream.base_url import parse_base_url
from api.websocket.handshake import UpstreamHandshake, acceptance, read_handshake
from tests.support.websocket_peers import accept_token
from tests.unit.proxy.credentials import TOKEN
from tests.unit.websocket.handshakes import (
    ACCEPT,
    NONCE,
    handshake,
    pool_key,
    sent_upstream,
    without,
)

MALFORMED = {
    "no Connection": without(handshake(), "Connection"),
    "Connection without upgrade": without(handshake(), "Connection", "keep-alive"),
    "no key": without(handshake(), "Sec-WebSocket-Key"),
    "two keys": without(handshake(), "Sec-WebSocket-Key", NONCE, NONCE),
    "a short key": without(handshake(), "Sec-WebSocket-Key", "c2hvcnQ="),
    "a key that is not Base64": without(handshake(), "Sec-WebSocket-Key", "!" * 24),
    "an empty key": without(handshake(), "Sec-WebSocket-Key", ""),
    "no version": without(handshake(), "Sec-WebSocket-Version"),
    "two versions": without(handshake(), "Sec-WebSocket-Version", "13", "13"),
    "no Upgrade": handshake(upgrade=""),
    "POST": handshake(method="POST"),
    "HEAD": handshake(method="HEAD"),
    "a body": handshake(length=3, body=io.BytesIO(b"abc")),
    "a chunked body": handshake(length=None),
    "a subprotocol with a blank": handshake([("Sec-WebSocket-Protocol", "one two")]),
    "a subprotocol with a placeholder": handshake([("Sec-WebSocket-Protocol", "x.{key}")]),
    "a subprotocol that is not ASCII": handshake([("Sec-WebSocket-Protocol", "caf\xe9")]),
    "too many subprotocols": handshake([("Sec-WebSocket-Protocol", ",".join("a" * 65))]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_handshake_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(Problem) as caught:
        read_handshake(MALFORMED[name])
    assert (caught.value.code, caught.value.status) == ("invalid_request", 400)
    assert caught.value.detail.startswith("The WebSocket handshake is malformed. ")


@pytest.mark.parametrize("version", ["8", "7", "14", "0", "13, 8", "x"])
def test_another_version_is_refused_with_the_one_that_is_spoken(version: str) -> None:
    with pytest.raises(Problem) as caught:
        read_handshake(without(handshake(), "Sec-WebSocket-Version", version))
    assert (caught.value.code, caught.value.status) == ("upgrade_not_supported", 426)
    assert ("Sec-WebSocket-Version", "13") in caught.value.headers
    assert ("Upgrade", "websocket") in caught.value.headers


@pytest.mark.parametrize(
    "raw",
    [
        handshake(),
        without(handshake(), "Connection", "keep-alive, Upgrade"),
        without(handshake(), "Connection", "keep-alive", "UPGRADE"),
        handshake(upgrade="WebSocket"),
        handshake(upgrade="h2c, websocket"),
        handshake([("Sec-WebSocket-Protocol", "")]),
        handshake([("Sec-WebSocket-Protocol", "a,,b ,")]),
    ],
)
def test_unusual_but_valid_handshakes_are_accepted(raw: RawRequest) -> None:
    assert read_handshake(raw).websocket is not None


@pytest.mark.parametrize(
    ("selected", "answer"),
    [
        (None, None),
        ("realtime", "realtime"),
        ("openai-insecure-api-key.the-key", f"openai-insecure-api-key.{TOKEN}"),
    ],
)
def test_the_caller_gets_the_upstreams_choice_in_its_own_words(
    selected: str | None, answer: str | None
) -> None:
    token = f"openai-insecure-api-key.{TOKEN}"
    offer = WebSocketOffer(NONCE, ("realtime", token), token_subprotocol=token)
    head = acceptance(offer, selected, [("X-Request-Id", "r1")]).decode()
    assert head.startswith("HTTP/1.1 101 Switching Protocols\r\n")
    assert f"Sec-WebSocket-Accept: {ACCEPT}\r\n" in head
    assert "X-Request-Id: r1\r\n" in head
    lines = [line for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Protocol")]
    assert lines == ([f"Sec-WebSocket-Protocol: {answer}"] if answer else [])


def test_a_choice_that_the_caller_did_not_offer_is_not_passed_on() -> None:
    with pytest.raises(MalformedResponse):
        acceptance(WebSocketOffer(NONCE, ("a",), token_subprotocol="b"), "c", [])


def sent(*fields: tuple[str, str]) -> tuple[UpstreamHandshake, str]:
    """Return a handshake with an upstream, and the accept token that it expects."""
    request = UpstreamRequest(
        parse_base_url("https://api.example.com", frozenset()),
        "GET",
        "/x",
        fields,
        Credential(Secret("0123456789")),
    )
    upstream = UpstreamHandshake(request)
    (key,) = [
        line.split(": ")[1]
        for line in upstream.head.decode().split("\r\n")
        if line.startswith("Sec-WebSocket-Key")
    ]
    return upstream, accept_token(key)


OFFER = ("Sec-WebSocket-Protocol", "a, b")
UPGRADE, CONNECTION = ("Upgrade", "websocket"), ("Connection", "Upgrade")


@pytest.mark.parametrize(
    ("more", "subprotocol"),
    [
        ([], None),
        ([("Sec-WebSocket-Protocol", "b")], "b"),
        ([("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover")], None),
        ([("Connection", "keep-alive")], None),
        ([("Sec-WebSocket-Protocol", "")], None),
        ([("Set-Cookie", "a=b"), ("X", "caf\xe9")], None),
    ],
)
def test_a_valid_answer_of_the_upstream_opens_the_websocket(
    more: list[tuple[str, str]], subprotocol: str | None
) -> None:
    upstream, accept = sent(OFFER)
    fields = [("upgrade", "WebSocket"), CONNECTION, ("sec-websocket-accept", accept), *more]
    assert upstream.check(fields) == subprotocol


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [UPGRADE, CONNECTION],
        [UPGRADE, CONNECTION, ("Sec-WebSocket-Accept", ACCEPT)],
        [UPGRADE, ("Sec-WebSocket-Accept", "")],
        [("Upgrade", "h2c"), CONNECTION, ("Sec-WebSocket-Accept", "")],
        [UPGRADE, CONNECTION, ("Sec-WebSocket-Accept", ""), ("Sec-WebSocket-Protocol", "c")],
        [UPGRADE, CONNECTION, ("Sec-WebSocket-Accept", ""), ("Sec-WebSocket-Protocol", "\xff")],
    ],
)
def test_an_invalid_answer_of_the_upstream_is_malformed(fields: list[tuple[str, str]]) -> None:
    upstream, accept = sent(OFFER)
    fields = [(name, value or accept) for name, value in fields]
    with pytest.raises(MalformedResponse):
        upstream.check(fields)


@pytest.mark.parametrize("value", ["caf\xe9", "a\tb", "x" * 8000])
def test_unusual_fields_of_the_caller_arrive(value: str) -> None:
    head = sent_upstream(
        handshake([("Authorization", f"Bearer {TOKEN}"), ("X-Name", value)]),
        pool_key(AuthScheme("bearer")),
    )
    assert f"X-Name: {value}\r\n" in head


def test_a_query_that_is_not_ascii_arrives_encoded() -> None:
    raw = handshake([("Authorization", f"Bearer {TOKEN}")], query="q=caf\xe9")
    head = sent_upstream(raw, pool_key(AuthScheme("bearer")))
    assert head.startswith("GET /x?q=caf%E9 HTTP/1.1\r\n")
