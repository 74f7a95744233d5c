"""Forged, altered, expired and interchanged session tokens (S15, S16)."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.accounts import Account, problem, refresh
from tests.support.clients import Client

Claims = dict[str, Any]


@pytest.fixture(scope="module")
def key(environment: dict[str, str]) -> str:
    """The secret that signs session tokens."""
    return environment["JWT_SECRET_KEY"]


def claims_of(token: str) -> Claims:
    """Return the claims of a token."""
    claims: Claims = jwt.decode(token, options={"verify_signature": False})
    return claims


def assert_rejected(owner: Account, token: str) -> None:
    """Assert that a token is accepted neither as access token nor as refresh token."""
    client = owner.client
    for path in ("/api/me", "/api/keys", "/proxy/test/v1/x"):
        problem(client.call("GET", path, None, token), 401, "authentication_required")
    for call in ("refresh", "logout"):
        problem(refresh(client, token, call), 401, "invalid_refresh_token")
    assert owner.call("GET", "/api/me").status == 200


def test_the_claims_of_session_tokens(owner: Account) -> None:
    access, again = claims_of(owner.access), claims_of(owner.session["refresh_token"])
    assert set(access) >= {"exp", "nbf", "iat", "iss", "aud", "sub", "jti", "type", "sid"}
    assert (access["type"], again["type"]) == ("access", "refresh")
    assert access["sub"] == again["sub"] == owner.username
    assert access["sid"] == again["sid"]
    assert access["jti"] != again["jti"]
    assert access["exp"] - access["iat"] == 900
    assert again["exp"] - again["iat"] == 30 * 86_400


def test_a_token_signed_with_our_key_is_accepted(owner: Account, key: str) -> None:
    """The control of this module: each other test changes one thing."""
    token = jwt.encode(claims_of(owner.access), key, "HS256")
    assert owner.client.call("GET", "/api/me", None, token).status == 200


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_s15_another_algorithm_with_our_key_is_rejected(
    owner: Account, key: str, algorithm: str
) -> None:
    for claims in (claims_of(owner.access), claims_of(owner.session["refresh_token"])):
        assert_rejected(owner, jwt.encode(claims, key * 2, algorithm))
        assert_rejected(owner, jwt.encode(claims, key, algorithm))


def test_s15_a_token_signed_with_a_public_key_algorithm_is_rejected(owner: Account) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert_rejected(owner, jwt.encode(claims_of(owner.access), private, "RS256"))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS256"])
def test_s15_an_unsigned_token_is_rejected(owner: Account, name: str) -> None:
    _, body, signature = owner.access.split(".")
    head = _segment({"alg": name, "typ": "JWT"})
    for token in (f"{head}.{body}.", f"{head}.{body}"):
        assert_rejected(owner, token)
    if name != "HS256":
        assert_rejected(owner, f"{head}.{body}.{signature}")


def test_s15_an_altered_token_is_rejected(owner: Account) -> None:
    head, body, signature = owner.access.split(".")
    claims = claims_of(owner.access)
    other = _segment({**claims, "sub": "somebody-else"})
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for token in (f"{head}.{other}.{signature}", f"{head}.{body}.{flipped}",
                  f"{head}.{body}.{signature[:-4]}", f"{body}.{head}.{signature}"):  # fmt: skip
        assert_rejected(owner, token)


def test_s15_a_token_signed_with_another_key_is_rejected(owner: Account) -> None:
    for other in (secrets.token_hex(32), "\0" * 32, "secret" * 6):
        assert_rejected(owner, jwt.encode(claims_of(owner.access), other, "HS256"))


def test_s15_no_header_parameter_chooses_the_key(owner: Account) -> None:
    own = secrets.token_bytes(32)
    encoded = base64.urlsafe_b64encode(own).decode().rstrip("=")
    for head in (
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 'x"},
        {"jwk": {"kty": "oct", "k": encoded, "alg": "HS256"}},
        {"jku": "http://127.0.0.1:1/keys.json"},
        {"x5u": "http://127.0.0.1:1/cert.pem"},
        {"x5c": [encoded]},
        {"crit": ["b64"], "b64": False},
        {"crit": ["unknown"], "unknown": 1},
    ):
        token = jwt.encode(claims_of(owner.access), own, "HS256", headers=head)
        assert_rejected(owner, token)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "type", "sid"])
def test_s16_every_claim_is_required(owner: Account, key: str, claim: str) -> None:
    for token in (owner.access, owner.session["refresh_token"]):
        claims = claims_of(token)
        del claims[claim]
        assert_rejected(owner, jwt.encode(claims, key, "HS256"))
        assert_rejected(owner, _signed({**claims_of(token), claim: None}, key))


@pytest.mark.parametrize(
    "change",
    [
        lambda claims: {"iss": "somebody-else"},
        lambda claims: {"iss": ["api-dashboard"]},
        lambda claims: {"aud": "somebody-else"},
        lambda claims: {"aud": []},
        lambda claims: {"aud": ["somebody-else"]},
        lambda claims: {"type": "other"},
        lambda claims: {"type": ["access", "refresh"]},
        lambda claims: {"type": "Access"},
        lambda claims: {"type": "\ud800"},
        lambda claims: {"exp": int(time.time()) - 1},
        lambda claims: {"exp": 0},
        lambda claims: {"exp": "never"},
        lambda claims: {"exp": []},
        *(lambda claims, exp=exp: {"exp": exp}
          for exp in (1e300, 1e308, float("inf"), float("nan"), -1e300, 2**63, 10**400, True)),
        lambda claims: {"exp": claims["exp"] + 1000},
        lambda claims: {"exp": float(claims["exp"])},
        lambda claims: {"nbf": int(time.time()) + 300},
        lambda claims: {"iat": int(time.time()) + 300},
        lambda claims: {"sub": ""},
        lambda claims: {"sub": 1},
        lambda claims: {"sub": ["a"]},
        lambda claims: {"sub": claims["sub"].upper()},
        lambda claims: {"sub": claims["sub"] + "x"},
        lambda claims: {"sub": "x" * 900},
        lambda claims: {"sub": "\ud800"},
        lambda claims: {"sid": secrets.token_hex(16)},
        lambda claims: {"sid": ""},
        lambda claims: {"sid": {"a": 1}},
        lambda claims: {"jti": 7},
    ],
)  # fmt: skip
def test_s16_every_claim_is_checked(
    owner: Account, key: str, change: Callable[[Claims], Claims]
) -> None:
    claims = claims_of(owner.access)
    assert_rejected(owner, _signed({**claims, **change(claims)}, key))


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b'"x"', b"null", b"", b"{", b"\xff\xfe", b"[" * 3000]
)
def test_s16_a_signed_payload_that_is_not_a_set_of_claims_is_rejected(
    owner: Account, key: str, body: bytes
) -> None:
    assert_rejected(owner, _sign(body, key))


def test_s16_access_and_refresh_tokens_are_not_interchangeable(client: Client) -> None:
    account = Account(client)
    problem(refresh(client, account.access), 401, "invalid_refresh_token")
    problem(refresh(client, account.access, "logout"), 401, "invalid_refresh_token")
    token = account.session["refresh_token"]
    for path in ("/api/me", "/proxy/test/"):
        problem(client.call("GET", path, None, token), 401, "authentication_required")
    assert account.call("GET", "/api/me").status == 200
    assert refresh(client, token).status == 200


def test_s16_the_session_of_another_user_is_rejected(owner: Account, key: str) -> None:
    other = Account(owner.client)
    claims = {**claims_of(owner.access), "sid": claims_of(other.access)["sid"]}
    assert_rejected(owner, _signed(claims, key))


def test_the_scheme_of_a_credential_is_accepted_in_any_case(owner: Account) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = [("Authorization", f"{scheme} {owner.access}")]
        assert owner.client.request("GET", "/api/me", headers).status == 200


def test_s16_two_credentials_in_one_request_are_rejected(owner: Account) -> None:
    own = ("Authorization", f"Bearer {owner.access}")
    for other in (f"Bearer {owner.access}", "Bearer x", "Basic eA==", "x"):
        headers = [own, ("Authorization", other)]
        answer = owner.client.request("GET", "/api/me", headers)
        problem(answer, 401, "authentication_required")


@pytest.mark.parametrize("place", ["query", "cookie", "body"])
def test_s34_an_access_token_is_accepted_in_the_header_only(owner: Account, place: str) -> None:
    target, headers = "/api/me", []
    if place == "query":
        target += f"?access_token={owner.access}&jwt={owner.access}"
    elif place == "cookie":
        headers = [("Cookie", f"access_token_cookie={owner.access}; access_token={owner.access}")]
    body = json.dumps({"access_token": owner.access}).encode() if place == "body" else None
    answer = owner.client.request("GET", target, headers, body)
    problem(answer, 401, "authentication_required")
    assert owner.access.encode() not in answer.body


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _signed(claims: Claims, key: str) -> str:
    """Return a token with our signature over any claims, which PyJWT would refuse to make."""
    return _sign(json.dumps(claims).encode(), key)


def _sign(body: bytes, key: str) -> str:
    return jwt.api_jws.encode(body, key, "HS256", headers={"typ": "JWT"})
