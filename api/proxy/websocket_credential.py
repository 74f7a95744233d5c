"""Puts a key where the caller of a WebSocket put its token: a subprotocol or a query parameter.

Browsers cannot set header fields of a WebSocket handshake, so many APIs accept their credential in
these places too, and some answer differently without it there: Deepgram selects the subprotocol
`token` only if the key follows it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import msgspec

from api.credentials import AuthScheme, folded_name
from api.pools import PoolKey
from api.raw_request import WebSocketOffer
from api.secret import Credential

PROTOCOL_FIELD = "Sec-WebSocket-Protocol"
CREDENTIAL_FIELD = "Sec-WebSocket-Credential"
"""The field in which `placed_key` hands the key over to `with_secret`. It is never sent."""

# Braces cannot be in a subprotocol (RFC 9110 5.6.2), so a caller cannot send a placeholder.
PLAIN = "{key}"
BASE64 = "{key:base64}"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Subprotocols that announce a credential as the next one in the list.
_ANNOUNCING = frozenset({"access_token", "api_key", "apikey", "authorization", "bearer", "token"})
# Subprotocols that contain a credential.
_CONTAINING = (
    "base64url.bearer.authorization.k8s.io.",
    "openai-insecure-api-key.",
    "xai-client-secret.",
)


def placed_key(key: PoolKey, credential: Credential, offer: WebSocketOffer) -> PoolKey:
    """Return the key with the auth scheme for one WebSocket.

    The key goes to its own place if the API is not known to accept it where the token was.
    """
    auth = key.auth
    if auth.scheme not in ("bearer", "header"):
        return key
    if offer.token_subprotocol is not None and _TOKEN.fullmatch(credential.secret.reveal()):
        scheme = AuthScheme("header", name=CREDENTIAL_FIELD)
    elif offer.query is not None and _accepts_query(key, offer.query):
        scheme = AuthScheme("query", name=offer.query)
    else:
        return key
    own = "bearer" if auth.scheme == "bearer" else f"header:{auth.name}"
    return msgspec.structs.replace(
        key, auth=scheme, credential_locations=(*key.credential_locations, own)
    )


def _accepts_query(key: PoolKey, name: str) -> bool:
    """Return whether the API accepts its key in a query parameter, as far as that is known.

    Gateways that look for a header field look for a parameter of this name too.
    """
    field = key.auth.name if key.auth.scheme == "header" else None
    return f"query:{name}" in key.credential_locations or (
        field is not None and folded_name(field) == folded_name(name)
    )


def with_secret(subprotocols: Sequence[str], secret: str | None) -> list[str]:
    """Return the subprotocols with a key for the placeholder.

    Without a `secret`, which is sent elsewhere, the placeholder is left out, and with it the
    subprotocol that announces it.
    """
    if secret is not None:
        encoded = base64.urlsafe_b64encode(secret.encode()).decode("ascii").rstrip("=")
        return [text.replace(PLAIN, secret).replace(BASE64, encoded) for text in subprotocols]
    kept: list[str] = []
    for text in subprotocols:
        if PLAIN not in text and BASE64 not in text:
            kept.append(text)
        elif text in (PLAIN, BASE64) and kept and kept[-1].lower() in _ANNOUNCING:
            kept.pop()
    return kept


def without_credentials(subprotocols: Sequence[str]) -> list[str]:
    """Return the subprotocols without those that an API may take for a credential (S9)."""
    kept: list[str] = []
    announced = False
    for position, text in enumerate(subprotocols):
        if announced:
            announced = False
            continue
        announced = text.lower() in _ANNOUNCING and position + 1 < len(subprotocols)
        if not announced and not text.startswith(_CONTAINING):
            kept.append(text)
    return kept
