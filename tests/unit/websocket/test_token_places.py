"""A WebSocket's token may be where the provider takes its key. There the key replaces it (S8, S9).

The places are those of the providers' SDKs and documentation.
"""

from __future__ import annotations

import base64

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.websocket.handshake import read_handshake
from tests.unit.proxy.credentials import OTHER_TOKEN, TOKEN
from tests.unit.websocket.handshakes import SECRET, handshake, identify, pool_key, sent_upstream

BEARER = AuthScheme("bearer")
OPENAI = pool_key(BEARER)
GEMINI = pool_key(AuthScheme("header", name="x-goog-api-key"), "query:key")
DEEPGRAM = pool_key(AuthScheme("header", name="Authorization", prefix="Token "))
ELEVENLABS = pool_key(AuthScheme("header", name="xi-api-key"))
SUPABASE = pool_key(AuthScheme("header", name="apikey"), "query:apikey")
AZURE = pool_key(AuthScheme("header", name="api-key"), "bearer")
ASSEMBLYAI = pool_key(AuthScheme("header", name="Authorization"))
CARTESIA = pool_key(BEARER, "header:x-api-key")
FINNHUB = pool_key(AuthScheme("query", name="token"))
CUSTOM_QUERY = pool_key(AuthScheme("query", name="feed_pass"))
BASIC = pool_key(AuthScheme("basic", username="user"))
PATH = pool_key(AuthScheme("path", name="token"), base_url="https://api.example.com/bot{token}")


def k8s(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# The API's key, the caller's fields, its query, and the lines that the upstream gets.
PLACES = {
    "OpenAI: Authorization": (
        OPENAI, [("Authorization", f"Bearer {TOKEN}")], "model=m",
        ["GET /x?model=m HTTP/1.1", f"Authorization: Bearer {SECRET}"],
    ),
    "OpenAI: subprotocol": (
        OPENAI,
        [("Sec-WebSocket-Protocol",
          f"realtime, openai-insecure-api-key.{TOKEN}, openai-beta.realtime-v1")],
        "model=m",
        ["Sec-WebSocket-Protocol: "
         f"realtime, openai-insecure-api-key.{SECRET}, openai-beta.realtime-v1"],
    ),
    "OpenAI: subprotocols in fields of their own": (
        OPENAI,
        [("Sec-WebSocket-Protocol", "realtime"),
         ("sec-websocket-protocol", f"openai-insecure-api-key.{TOKEN}")],
        "",
        [f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{SECRET}"],
    ),
    "xAI: subprotocol": (
        OPENAI, [("Sec-WebSocket-Protocol", f"xai-client-secret.{TOKEN}")], "",
        [f"Sec-WebSocket-Protocol: xai-client-secret.{SECRET}"],
    ),
    "Gemini: ?key": (GEMINI, [], f"key={TOKEN}&alt=ws", [f"GET /x?alt=ws&key={SECRET} HTTP/1.1"]),
    "Gemini: own field": (
        GEMINI, [("x-goog-api-key", TOKEN)], "", [f"x-goog-api-key: {SECRET}"],
    ),
    "Gemini: ?access_token": (
        GEMINI, [], f"access_token={TOKEN}", ["GET /x HTTP/1.1", f"x-goog-api-key: {SECRET}"],
    ),
    "Deepgram: Authorization": (
        DEEPGRAM, [("Authorization", f"Token {TOKEN}")], "", [f"Authorization: Token {SECRET}"],
    ),
    "Deepgram: subprotocols": (
        DEEPGRAM, [("Sec-WebSocket-Protocol", f"token, {TOKEN}")], "",
        [f"Sec-WebSocket-Protocol: token, {SECRET}"],
    ),
    "Deepgram: bearer subprotocols": (
        DEEPGRAM, [("Sec-WebSocket-Protocol", f"bearer,{TOKEN}")], "",
        [f"Sec-WebSocket-Protocol: bearer, {SECRET}"],
    ),
    "ElevenLabs: own field": (ELEVENLABS, [("xi-api-key", TOKEN)], "", [f"xi-api-key: {SECRET}"]),
    "ElevenLabs: ?authorization": (
        ELEVENLABS, [], f"authorization=Bearer%20{TOKEN}",
        ["GET /x HTTP/1.1", f"xi-api-key: {SECRET}"],
    ),
    "ElevenLabs: ?xi-api-key": (
        ELEVENLABS, [], f"xi-api-key={TOKEN}", [f"GET /x?xi-api-key={SECRET} HTTP/1.1"],
    ),
    "Supabase: ?apikey": (
        SUPABASE, [], f"apikey={TOKEN}&vsn=1.0.0", [f"GET /x?vsn=1.0.0&apikey={SECRET} HTTP/1.1"],
    ),
    "Azure OpenAI: api-key": (AZURE, [("api-key", TOKEN)], "", [f"api-key: {SECRET}"]),
    "Azure OpenAI: ?api-key": (
        AZURE, [], f"api-version=1&api-key={TOKEN}",
        [f"GET /x?api-version=1&api-key={SECRET} HTTP/1.1"],
    ),
    "AssemblyAI: ?token": (
        ASSEMBLYAI, [], f"sample_rate=16000&token={TOKEN}",
        ["GET /x?sample_rate=16000 HTTP/1.1", f"Authorization: {SECRET}"],
    ),
    "Cartesia: ?api_key": (
        CARTESIA, [], f"api_key={TOKEN}", ["GET /x HTTP/1.1", f"Authorization: Bearer {SECRET}"],
    ),
    "Finnhub: ?token": (FINNHUB, [], f"token={TOKEN}", [f"GET /x?token={SECRET} HTTP/1.1"]),
    "a parameter of its own": (
        CUSTOM_QUERY, [], f"feed_pass={TOKEN}", [f"GET /x?feed_pass={SECRET} HTTP/1.1"],
    ),
    "the subprotocol of an API with its key in the query": (
        FINNHUB, [("Sec-WebSocket-Protocol", f"v1, bearer, {TOKEN}")], "",
        [f"GET /x?token={SECRET} HTTP/1.1", "Sec-WebSocket-Protocol: v1"],
    ),
    "Basic": (
        BASIC,
        [("Authorization", "Basic " + base64.b64encode(f"user:{TOKEN}".encode()).decode())], "",
        ["Authorization: Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode()],
    ),
    "Basic: subprotocol": (
        BASIC, [("Sec-WebSocket-Protocol", f"v1, xai-client-secret.{TOKEN}")], "",
        ["Sec-WebSocket-Protocol: v1"],
    ),
    "Kubernetes: Base64 in a subprotocol": (
        OPENAI,
        [("Sec-WebSocket-Protocol",
          f"base64url.bearer.authorization.k8s.io.{k8s(TOKEN)}, base64.binary.k8s.io")],
        "",
        ["Sec-WebSocket-Protocol: "
         f"base64url.bearer.authorization.k8s.io.{k8s(SECRET)}, base64.binary.k8s.io"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_s8_s9_the_key_replaces_the_token_where_the_provider_takes_it(place: str) -> None:
    key, fields, query, expected = PLACES[place]
    head = sent_upstream(handshake(fields, query), key)
    lines = head.split("\r\n")
    for line in expected:
        assert line in lines
    assert TOKEN not in head and k8s(TOKEN) not in head
    forms = (SECRET, k8s(SECRET), base64.b64encode(f"user:{SECRET}".encode()).decode())
    assert sum(head.count(form) for form in dict.fromkeys(forms)) == 1


def test_a_key_that_cannot_be_in_a_subprotocol_goes_to_its_own_place() -> None:
    fields = [("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{TOKEN}")]
    head = sent_upstream(handshake(fields), OPENAI, secret="a key/with=signs")
    assert "Authorization: Bearer a key/with=signs\r\n" in head
    assert "Sec-WebSocket-Protocol: realtime\r\n" in head


def test_a_token_in_the_path_is_replaced() -> None:
    raw = handshake([("Authorization", f"Bearer {TOKEN}")])
    head = sent_upstream(raw, PATH)
    assert head.startswith(f"GET /bot{SECRET}/x HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("fields", "query", "kept"),
    [
        ([("Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sk-mine")], "", "realtime"),
        ([("Sec-WebSocket-Protocol", "token, sk-mine, v2")], "", "v2"),
        ([("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{OTHER_TOKEN}")], "",
         "realtime"),
        ([("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{TOKEN}")], "",
         "realtime"),
        ([("Cookie", "session=1"), ("Origin", "https://evil.example"), ("Referer", "https://x.y"),
          ("Sec-WebSocket-Protocol", "realtime")], "", "realtime"),
        ([("Sec-WebSocket-Credential", "sk-mine"), ("Sec-WebSocket-Protocol", "realtime")], "",
         "realtime"),
    ],
)  # fmt: skip
def test_s9_nothing_of_the_caller_competes_with_the_key(
    fields: list[tuple[str, str]], query: str, kept: str
) -> None:
    raw = handshake([("Authorization", f"Bearer {TOKEN}"), *fields], query)
    head = sent_upstream(raw, OPENAI)
    assert f"Sec-WebSocket-Protocol: {kept}\r\n" in head
    assert head.count(SECRET) == 1
    for foreign in ("sk-mine", "apd_", "session=1", "evil.example", "x.y"):
        assert foreign not in head


def test_other_subprotocols_and_extensions_are_offered_as_they_are() -> None:
    offers = "permessage-deflate; client_max_window_bits, permessage-deflate, x-webkit-deflate"
    fields = [
        ("Authorization", f"Bearer {TOKEN}"),
        ("Sec-WebSocket-Protocol", "graphql-transport-ws, graphql-ws"),
        ("Sec-WebSocket-Extensions", offers),
        ("OpenAI-Beta", "realtime=v1"),
    ]
    head = sent_upstream(handshake(fields), OPENAI)
    assert "Sec-WebSocket-Protocol: graphql-transport-ws, graphql-ws\r\n" in head
    assert f"Sec-WebSocket-Extensions: {offers}\r\n" in head
    assert "OpenAI-Beta: realtime=v1\r\n" in head
    assert head.count("Sec-WebSocket-Key: ") == 1
    assert "Connection: Upgrade\r\n" in head and "Upgrade: websocket\r\n" in head


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ([], ""),
        ([], f"unrelated={TOKEN}"),
        ([("Cookie", f"token={OTHER_TOKEN}")], ""),
        ([("Sec-WebSocket-Protocol", "openai-insecure-api-key.apd_short")], ""),
    ],
)
def test_a_handshake_without_a_token_in_an_accepted_place_is_refused(
    fields: list[tuple[str, str]], query: str
) -> None:
    with pytest.raises(Problem) as caught:
        sent_upstream(handshake(fields, query), OPENAI)
    assert caught.value.code == "authentication_required"


def test_a_token_in_a_header_field_counts_first() -> None:
    raw = handshake(
        [
            ("Sec-WebSocket-Protocol", f"openai-insecure-api-key.{OTHER_TOKEN}"),
            ("Authorization", f"Bearer {TOKEN}"),
        ]
    )
    assert identify(read_handshake(raw)).username == "ada"
