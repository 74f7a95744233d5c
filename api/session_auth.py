"""flask-jwt-extended on the served app: its settings, its loaders, and the tokens of a session.

The rules for a token's claims are those of api/services/accounts/claims.py, which the proxy uses
without Flask.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, current_app, g, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
    get_current_user,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import InvalidTokenError, PyJWTError

from api.errors import Problem
from api.raw_request import RawRequest
from api.secret import Secret
from api.services.accounts import claims as rules
from api.services.accounts.claims import Claims, is_compact_jws, parse_claims
from api.services.accounts.sessions import (
    IssuedSession,
    SessionService,
    authentication_required,
    invalid_refresh_token,
)
from api.storage.sessions import Session
from api.storage.users import User


def jwt_settings(secret: Secret) -> dict[str, Any]:
    """Return the extension's settings. `secret` has at least 256 bits."""
    return {
        "JWT_SECRET_KEY": secret.reveal(),
        "JWT_ALGORITHM": rules.ALGORITHM,
        "JWT_DECODE_ALGORITHMS": [rules.ALGORITHM],
        "JWT_ENCODE_ISSUER": rules.ISSUER,
        "JWT_DECODE_ISSUER": rules.ISSUER,
        "JWT_ENCODE_AUDIENCE": rules.AUDIENCE,
        "JWT_DECODE_AUDIENCE": rules.AUDIENCE,
        "JWT_DECODE_LEEWAY": rules.LEEWAY_SECONDS,
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(seconds=rules.ACCESS_SECONDS),
        "JWT_REFRESH_TOKEN_EXPIRES": timedelta(seconds=rules.REFRESH_SECONDS),
        "JWT_TOKEN_LOCATION": ["headers"],
    }


def register_loaders(
    manager: JWTManager, sessions: SessionService, respond: Callable[[Problem], Response]
) -> None:
    """Register the functions that the extension calls during a request.

    Every failure gets the same problem, authentication_required, so that a caller cannot tell
    which check a token failed. `respond` renders a problem.
    """

    @manager.decode_key_loader
    def require_claims(header: dict[str, Any], payload: dict[str, Any]) -> str:
        # Checked here, because the extension fills in missing claims before it calls its other
        # loaders, and because the lookup below needs well-formed ids.
        if parse_claims(payload) is None:
            raise InvalidTokenError("A required claim is missing or has a wrong type.")
        return str(current_app.config["JWT_SECRET_KEY"])

    @manager.token_in_blocklist_loader
    def is_revoked(header: dict[str, Any], payload: dict[str, Any]) -> bool:
        # The one database trip of a call's authentication; `load_user` returns its result.
        g.user_and_session = sessions.load(_checked(payload))
        return g.user_and_session is None

    @manager.user_lookup_loader
    def load_user(header: dict[str, Any], payload: dict[str, Any]) -> tuple[User, Session]:
        user_and_session: tuple[User, Session] = g.user_and_session
        return user_and_session

    def reject(*details: object) -> Response:
        return respond(authentication_required())

    manager.unauthorized_loader(reject)
    manager.invalid_token_loader(reject)
    manager.expired_token_loader(reject)
    manager.revoked_token_loader(reject)
    manager.user_lookup_error_loader(reject)
    manager.token_verification_failed_loader(reject)


def require_session(raw_request: RawRequest) -> tuple[User, Session]:
    """Return the signed-in user and the session of the current request.

    Raises Problem(token_not_allowed_here) for a personal access token. For every other credential
    that is not a valid access token, raises an exception that the loaders turn into
    authentication_required.
    """
    # The extension accepts a list of credentials and compares the scheme's case; we accept one
    # credential and, like RFC 9110 11.1, any case.
    request.environ["HTTP_AUTHORIZATION"] = f"Bearer {_bearer_token(raw_request)}"
    try:
        verify_jwt_in_request()
    except RecursionError as error:
        # PyJWT does not limit the nesting depth of a token's JSON.
        raise authentication_required() from error
    user, session = get_current_user()
    return user, session


def read_refresh_token(text: str) -> Claims:
    """Return the claims of a valid refresh token. Raises Problem(invalid_refresh_token)."""
    if not is_compact_jws(text):
        raise invalid_refresh_token()
    try:
        claims = _checked(decode_token(text))
    except (PyJWTError, JWTExtendedException, RecursionError) as error:
        raise invalid_refresh_token() from error
    if claims.type != "refresh":
        raise invalid_refresh_token()
    return claims


def access_token(session: IssuedSession) -> str:
    """Return a new access token of a session."""
    claims = {"sid": session.session_id}
    return str(create_access_token(session.username, additional_claims=claims))


def refresh_token(session: IssuedSession) -> Secret:
    """Return the only refresh token that is valid for a session."""
    claims = {"sid": session.session_id, "jti": session.refresh_id}
    return Secret(create_refresh_token(session.username, additional_claims=claims))


def _bearer_token(raw_request: RawRequest) -> str:
    values = [value for name, value in raw_request.headers if name.lower() == "authorization"]
    if len(values) == 1:
        scheme, _, text = values[0].partition(" ")
        text = text.strip()
        if scheme.lower() == "bearer" and text.startswith("apd_"):
            raise Problem(
                "token_not_allowed_here",
                "A personal access token is valid only at /proxy and at GET /api/token, which "
                "describes it. Sign in and send the access token.",
            )
        if scheme.lower() == "bearer" and is_compact_jws(text):
            return text
    raise authentication_required()


def _checked(payload: dict[str, Any]) -> Claims:
    """Return the claims of a payload that `require_claims` has accepted."""
    claims = parse_claims(payload)
    assert claims is not None
    return claims
