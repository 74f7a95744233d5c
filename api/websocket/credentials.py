"""Finds the dashboard's token in the places that only WebSockets use.

They are a subprotocol and common query parameters. The token is moved to `Authorization`, where
every API accepts it, so that the steps of a call find it there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import unquote_plus

import msgspec

from api.proxy.own_credentials import SHORTEST_TOKEN, holds_credential
from api.proxy.token_extraction import tokens_in
from api.proxy.websocket_credential import (
    BASE64,
    PLAIN,
    PROTOCOL_FIELD,
    without_credentials,
)
from api.raw_request import RawRequest, WebSocketOffer

# Query parameters in which APIs accept a key or a token for a WebSocket. The parameter of a key's
# own scheme may have any name.
_QUERY_NAMES = frozenset(
    {
        "access-token",  # many
        "access_token",  # Hume, Cartesia, Home Assistant
        "api-key",  # Azure OpenAI
        "api_key",  # Hume, Cartesia
        "apikey",  # Supabase
        "auth",
        "auth_token",
        "authorization",  # ElevenLabs
        "jwt",
        "key",  # Google
        "token",  # AssemblyAI, Finnhub
        "x-api-key",
        "xi-api-key",  # ElevenLabs
    }
)


def with_offer(raw: RawRequest, key: str, subprotocols: Sequence[str]) -> RawRequest:
    """Return the request with its `websocket` offer, and its token where calls have it.

    `raw` has no field of the handshake except the extensions. The result has the subprotocols for
    the upstream, with a placeholder for the token. A token in a header field counts first, then one
    in a subprotocol, then one in the query.
    """
    sent = tuple(subprotocols)
    if not any(_holds(value) for _, value in (*raw.headers, *raw.underscored)):
        for position, text in enumerate(sent):
            found = _in_subprotocol(text) if _holds(text) else None
            if found is not None:
                token, placeholder = found
                offer = WebSocketOffer(key, sent, token_subprotocol=text)
                before = [*_clean(sent[:position])]
                if placeholder in (PLAIN, BASE64) and position:
                    before = [*_clean(sent[: position - 1]), sent[position - 1]]
                offered = [*before, placeholder, *_clean(sent[position + 1 :])]
                return _with(raw, offer, offered, token)
        for name, value in _parameters(raw.raw_query):
            tokens = tokens_in(value) if name.lower() in _QUERY_NAMES and _holds(value) else ()
            if tokens:
                return _with(raw, WebSocketOffer(key, sent, query=name), _clean(sent), tokens[0])
    return _with(raw, WebSocketOffer(key, sent), _clean(sent), None)


def _with(
    raw: RawRequest, offer: WebSocketOffer, offered: Sequence[str], token: str | None
) -> RawRequest:
    headers = list(raw.headers)
    if offered:
        headers.append((PROTOCOL_FIELD, ", ".join(offered)))
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    return msgspec.structs.replace(raw, headers=headers, websocket=offer)


def _clean(subprotocols: Sequence[str]) -> list[str]:
    return without_credentials([text for text in subprotocols if not _holds(text)])


def _holds(text: str) -> bool:
    return len(text) >= SHORTEST_TOKEN and holds_credential(text)


def _in_subprotocol(text: str) -> tuple[str, str] | None:
    """Return the token in a subprotocol, and the subprotocol with a placeholder for it.

    Kubernetes encodes a bearer token in Base64: `base64url.bearer.authorization.k8s.io.…`.
    """
    tokens = tokens_in(text)
    if tokens and _holds(tokens[0]):
        return tokens[0], text.replace(tokens[0], PLAIN)
    start, dot, encoded = text.rpartition(".")
    standard = encoded.replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()
    except ValueError:
        return None
    tokens = tokens_in(decoded)
    return (tokens[0], start + dot + BASE64) if tokens == [decoded] else None


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in re.split("[&;]", query))
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]
