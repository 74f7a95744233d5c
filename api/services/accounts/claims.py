"""Session tokens: which claims they carry, how long they live, and how they are verified.

This module is the single source of these rules (S15, S16). The proxy verifies session tokens with
`verify_token`; the web API configures flask-jwt-extended from the same constants and
`parse_claims` (api/session_auth.py). PyJWT is imported at the first session token, because most
proxied calls have a personal access token and do not need it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from api.secret import Secret

# RFC 8725 3.1: the server chooses the algorithm, never a token's header.
ALGORITHM = "HS256"
ISSUER = "api-dashboard"
AUDIENCE = "api-dashboard"
LEEWAY_SECONDS = 0
ACCESS_SECONDS = 900
REFRESH_SECONDS = 30 * 86_400

# Seconds from `iat` to `exp`. A signed token that lives longer was not issued by this product.
_LIFETIMES = {"access": ACCESS_SECONDS, "refresh": REFRESH_SECONDS}
_MAX_LENGTH = 4096
_COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

TokenType = Literal["access", "refresh"]
_AsciiText = Annotated[str, Meta(pattern=r"^[\x00-\x7f]*\Z")]


class Claims(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"username": "sub", "session_id": "sid", "token_id": "jti"},
):
    """The claims of a session token. Each is required and has this type. Times: epoch seconds."""

    username: _AsciiText
    session_id: _AsciiText
    token_id: _AsciiText
    type: TokenType
    iss: str
    aud: str
    exp: int
    nbf: int
    iat: int


def parse_claims(payload: Mapping[str, object]) -> Claims | None:
    """Return the claims of a decoded token, or None if one is missing or impossible.

    Times are whole numbers, and the token lives at most as long as its type allows. The caller must
    verify the signature, the issuer and the audience, and compare the times with the current time.
    """
    if any(type(payload.get(name)) is not int for name in ("exp", "nbf", "iat")):
        # Conversion would read 1e9 as a whole number.
        return None
    try:
        claims = msgspec.convert(payload, Claims)
    except (msgspec.ValidationError, UnicodeEncodeError):
        # A lone surrogate in `type` cannot be encoded.
        return None
    issued, begins = claims.iat, claims.nbf
    is_sane = 0 <= issued <= begins <= claims.exp <= issued + _LIFETIMES[claims.type]
    return claims if is_sane else None


def is_compact_jws(text: str) -> bool:
    """Return whether a text has the form of a signed token (RFC 7515 7.1) of at most 4096 bytes."""
    return len(text) <= _MAX_LENGTH and _COMPACT_JWS.fullmatch(text) is not None


def verify_token(text: str, secret: Secret, token_type: TokenType) -> Claims | None:
    """Return the claims of a valid token of this type, or None.

    The session of a valid token may have ended: check `SessionService.is_active` too.
    """
    if not is_compact_jws(text):
        return None
    import jwt

    try:
        payload = jwt.decode(
            text,
            secret.reveal(),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
        )
    except (jwt.PyJWTError, RecursionError, OverflowError):
        # PyJWT does not limit the nesting depth of a token's JSON, and cannot convert Infinity.
        return None
    claims = parse_claims(payload)
    return claims if claims is not None and claims.type == token_type else None
