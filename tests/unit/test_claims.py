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
from api.services.accounts.claims import (
    ACCESS_SECONDS,
    REFRESH_SECONDS,
    Claims,
    TokenType,
    verify_token,
)
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
    lifetime = ACCESS_SECONDS if token_type == "access" else REFRESH_SECONDS
    return {**ids, **names, "exp": now + lifetime, "nbf": now, "iat": now}


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
    if claim not in ("sub", "sid", "jti") or not isinstance(value, str):
        assert claims is None


NOW = int(time.time())


@pytest.mark.parametrize("token_type", ["access", "refresh"])
@pytest.mark.parametrize(
    "changes",
    [
        *({"exp": value} for value in (1e300, 1e10, NOW + 60.0, NOW + 60.5, float("inf"),
                                       float("-inf"), float("nan"), -1, 0, 2**31, 2**53, 2**63,
                                       2**64, 10**400, True, False, None, "", str(NOW + 60),
                                       "never", [NOW + 60], {"at": NOW + 60})),
        {"exp": NOW - 1},
        {"iat": NOW + 3600, "nbf": NOW + 3600, "exp": NOW + 3700},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"nbf": NOW - 3600},
        {"iat": float(NOW)},
        {"nbf": NOW + 0.5},
        {"iat": -1, "nbf": -1},
        {"iat": 0, "nbf": 0},
        {"iat": True, "nbf": True},
        {"exp": NOW, "iat": NOW, "nbf": NOW},
    ],
)  # fmt: skip
def test_s15_impossible_times_are_rejected(
    app: Flask, token_type: TokenType, changes: dict[str, Any]
) -> None:
    token = signed({**payload(token_type), **changes})
    assert verify_token(token, SECRET, token_type) is None
    assert accepted(app, token) is None


@pytest.mark.parametrize("token_type", ["access", "refresh"])
def test_s15_a_token_lives_at_most_as_long_as_its_type(token_type: TokenType) -> None:
    lifetime = {"access": ACCESS_SECONDS, "refresh": REFRESH_SECONDS}[token_type]
    now = int(time.time())
    claims = payload(token_type) | {"exp": now + lifetime, "iat": now, "nbf": now}
    assert verify_token(signed(claims), SECRET, token_type) is not None
    assert verify_token(signed({**claims, "exp": now + lifetime + 1}), SECRET, token_type) is None


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
