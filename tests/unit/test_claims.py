"""The proxy and the web API accept the same session tokens (S15, S16)."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from typing import Any

import pytest
from flask import Flask, Response
from flask_jwt_extended import JWTManager

from api.errors import Problem
from api.secret import Secret
from api.services.accounts.claims import REFRESH_SECONDS, Claims, TokenType, verify_token
from api.services.accounts.sessions import SessionService
from api.session_auth import jwt_settings, read_refresh_token, register_loaders
from api.storage.sessions import Sessions

SECRET = Secret(secrets.token_hex(32))
ODD_VALUES: list[Any] = [
    None, True, 1, -1, 1.5, 1e308, float("inf"), float("nan"), 10**30, 10**400, "", "x", "\ud800",
    "\x00", [], ["api-dashboard"], {}, {"a": 1}, [[[]]], "access", "none",
]  # fmt: skip
CLAIMS = ("sub", "sid", "jti", "type", "iss", "aud", "exp", "nbf", "iat")


class NoSessions(Sessions):
    """A storage that these tests never read."""

    def __init__(self) -> None:
        pass


@pytest.fixture(scope="module")
def app() -> Flask:
    """An application with only the extension."""

    def respond(problem: Problem) -> Response:
        return Response(status=problem.status)

    app = Flask(__name__)
    app.config.update(jwt_settings(SECRET))
    sessions = SessionService(NoSessions(), SECRET, time.time)
    register_loaders(JWTManager(app), sessions, respond)
    return app


def payload(token_type: TokenType = "refresh") -> dict[str, Any]:
    """Return the claims of a valid token."""
    now = int(time.time())
    ids = {"sub": "ada", "sid": "session", "jti": "token", "type": token_type}
    names = {"iss": "api-dashboard", "aud": "api-dashboard"}
    return {**ids, **names, "exp": now + REFRESH_SECONDS, "nbf": now, "iat": now}


def signed(claims: object, **header: object) -> str:
    """Return a token with our signature over any claims and header parameters."""
    head = _base64url(json.dumps({"alg": "HS256", **header}).encode())
    body = _base64url(claims if isinstance(claims, bytes) else json.dumps(claims).encode())
    key = SECRET.reveal().encode()
    return f"{head}.{body}." + _base64url(hmac.digest(key, f"{head}.{body}".encode(), "sha256"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def accepted(app: Flask, token: str) -> Claims | None:
    """Return the claims of a refresh token if both verifiers accept it, None if both reject it."""
    with app.app_context():
        try:
            by_extension = read_refresh_token(token)
        except Problem as problem:
            assert problem.code == "invalid_refresh_token"
            by_extension = None
    assert verify_token(token, SECRET, "refresh") == by_extension
    return by_extension


def test_a_valid_token_is_accepted(app: Flask) -> None:
    claims = accepted(app, signed(payload()))
    assert claims is not None
    assert (claims.username, claims.session_id, claims.token_id) == ("ada", "session", "token")


def test_the_other_type_of_token_is_rejected(app: Flask) -> None:
    assert accepted(app, signed(payload("access"))) is None
    assert verify_token(signed(payload("access")), SECRET, "access") is not None


@pytest.mark.parametrize("claim", CLAIMS)
def test_s16_a_missing_claim_is_rejected(app: Flask, claim: str) -> None:
    claims = payload()
    del claims[claim]
    assert accepted(app, signed(claims)) is None


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_s16_odd_claims_are_treated_alike(app: Flask, claim: str, value: object) -> None:
    claims = accepted(app, signed({**payload(), claim: value}))
    if claim in ("type", "iss", "aud") or not isinstance(value, (int, str)):
        assert claims is None


@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_s15_an_odd_algorithm_is_rejected(app: Flask, value: object) -> None:
    assert accepted(app, signed(payload(), alg="HS256")) is not None
    assert accepted(app, signed(payload(), alg=value)) is None


@pytest.mark.parametrize("parameter", ["typ", "kid", "crit", "b64", "zip", "cty"])
@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
def test_s15_odd_header_parameters_are_treated_alike(
    app: Flask, parameter: str, value: object
) -> None:
    accepted(app, signed(payload(), **{parameter: value}))


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "\u00e9.\u00e9.\u00e9", "a b.c.d"])
def test_text_that_is_not_a_token_is_rejected(app: Flask, text: str) -> None:
    assert accepted(app, text) is None


def test_a_token_of_more_than_4096_bytes_is_rejected(app: Flask) -> None:
    assert accepted(app, signed({**payload(), "more": "x" * 1000})) is not None
    assert accepted(app, signed({**payload(), "more": "x" * 4096})) is None


@pytest.mark.parametrize("depth", [10, 2900])
def test_deeply_nested_json_is_rejected(app: Flask, depth: int) -> None:
    assert accepted(app, signed(b"[" * depth)) is None
