"""Access and refresh tokens as JWTs, by flask-jwt-extended with its optional checks made mandatory.

RFC 8725 3.1: one algorithm, chosen here and never by a token's header. The extension leaves exp,
iss and aud optional and takes a token without a type for an access token; both are closed here
(S15, S16).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import decode
from jwt.exceptions import PyJWTError

from api.secret import Secret
from api.services.accounts.claims import ACCESS_SECONDS, REFRESH_SECONDS, Claims

_NAME = "api-dashboard"
_REQUIRED = ("exp", "nbf", "iat", "iss", "aud", "sub", "jti", "type", "sid")


class JwtTokens:
    """Signs and reads the tokens of sessions. `secret` has at least 256 bits."""

    def __init__(self, secret: Secret) -> None:
        # An application of its own: the extension reads its settings from one, and ours is then
        # free to load this module only when a session is used (20 ms of a cold start).
        self._app = Flask("api.services.accounts.jwt")
        self._app.config.update(
            JWT_SECRET_KEY=secret.reveal(),
            JWT_ALGORITHM="HS256",
            JWT_DECODE_ALGORITHMS=["HS256"],
            JWT_ENCODE_ISSUER=_NAME,
            JWT_DECODE_ISSUER=_NAME,
            JWT_ENCODE_AUDIENCE=_NAME,
            JWT_DECODE_AUDIENCE=_NAME,
            JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=ACCESS_SECONDS),
            JWT_REFRESH_TOKEN_EXPIRES=timedelta(seconds=REFRESH_SECONDS),
            JWT_DECODE_LEEWAY=0,
        )
        JWTManager(self._app)

    def access(self, username: str, session_id: str) -> str:
        """A new access token."""
        with self._app.app_context():
            return str(create_access_token(username, additional_claims={"sid": session_id}))

    def refresh(self, username: str, session_id: str) -> tuple[str, str]:
        """A new refresh token and its id."""
        with self._app.app_context():
            text = create_refresh_token(username, additional_claims={"sid": session_id})
            return text, str(decode_token(text)["jti"])

    def read(self, text: str, kind: str) -> Claims | None:
        """The claims of a valid token of `kind` ("access" or "refresh"), else None."""
        if len(text) > 4096 or text.count(".") != 2 or not text.isascii():
            return None
        try:
            with self._app.app_context():
                decode_token(text)
            # What was signed, without the claims that the extension fills in where they lack.
            claims: dict[str, Any] = decode(text, options={"verify_signature": False})
        except (PyJWTError, JWTExtendedException, ValueError, KeyError, TypeError, RecursionError):
            return None
        if any(claims.get(name) is None for name in _REQUIRED) or claims["type"] != kind:
            return None
        texts = [claims[name] for name in ("sub", "jti", "sid")]
        if not all(isinstance(text, str) and text.isascii() for text in texts):
            return None
        return Claims(claims["sub"], claims["sid"], claims["jti"])
