"""Session tokens under attack (S15 to S18): forged, expired, interchanged, reused, ended."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import Client, Response
from tests.support.products import another_app, door, storage_of
from tests.support.upstream import Place, Upstream

Claims = dict[str, Any]


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user whose session no test of this module ends."""
    return Account(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def key(environment: dict[str, str]) -> str:
    """The server's signing secret."""
    return environment["JWT_SECRET_KEY"]


def claims_of(token: str) -> Claims:
    """What a token says."""
    claims: Claims = jwt.decode(token, options={"verify_signature": False})
    return claims


def refresh(client: Client, token: str, call: str = "refresh") -> Response:
    return client.call("POST", f"/api/auth/{call}", {"refresh_token": token})


def refused_everywhere(owner: Account, token: str) -> None:
    """Assert that a token is no access token at any door, and no refresh token."""
    client = owner.client
    for path in ("/api/me", "/api/keys", "/proxy/test/v1/x"):
        problem(client.call("GET", path, None, token), 401, "authentication_required")
    for call in ("refresh", "logout"):
        problem(refresh(client, token, call), 401, "invalid_refresh_token")
    assert owner.call("GET", "/api/me").status == 200


def test_the_claims_of_a_session(owner: Account) -> None:
    access, again = claims_of(owner.access), claims_of(owner.session["refresh_token"])
    assert set(access) >= {"exp", "nbf", "iat", "iss", "aud", "sub", "jti", "type", "sid"}
    assert (access["type"], again["type"]) == ("access", "refresh")
    assert access["sub"] == again["sub"] == owner.username
    assert access["sid"] == again["sid"]
    assert access["jti"] != again["jti"]
    assert access["exp"] - access["iat"] == 900
    assert again["exp"] - again["iat"] == 30 * 86_400


def test_a_token_that_is_signed_as_ours_is_taken(owner: Account, key: str) -> None:
    """The attacks below differ from this one only in what their names say."""
    token = jwt.encode(claims_of(owner.access), key, "HS256")
    assert owner.client.call("GET", "/api/me", None, token).status == 200


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_s15_another_algorithm_with_our_key_is_refused(
    owner: Account, key: str, algorithm: str
) -> None:
    for claims in (claims_of(owner.access), claims_of(owner.session["refresh_token"])):
        refused_everywhere(owner, jwt.encode(claims, key * 2, algorithm))
        refused_everywhere(owner, jwt.encode(claims, key, algorithm))


def test_s15_a_token_signed_with_a_public_key_algorithm_is_refused(owner: Account) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    refused_everywhere(owner, jwt.encode(claims_of(owner.access), private, "RS256"))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS256"])
def test_s15_an_unsigned_token_is_refused(owner: Account, name: str) -> None:
    _, body, signature = owner.access.split(".")
    head = _segment({"alg": name, "typ": "JWT"})
    for token in (f"{head}.{body}.", f"{head}.{body}"):
        refused_everywhere(owner, token)
    if name != "HS256":
        refused_everywhere(owner, f"{head}.{body}.{signature}")


def test_s15_a_changed_token_is_refused(owner: Account) -> None:
    head, body, signature = owner.access.split(".")
    claims = claims_of(owner.access)
    other = _segment({**claims, "sub": "somebody-else"})
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for token in (f"{head}.{other}.{signature}", f"{head}.{body}.{flipped}",
                  f"{head}.{body}.{signature[:-4]}", f"{body}.{head}.{signature}"):  # fmt: skip
        refused_everywhere(owner, token)


def test_s15_another_key_is_refused(owner: Account) -> None:
    for other in (secrets.token_hex(32), "\0" * 32, "secret" * 6):
        refused_everywhere(owner, jwt.encode(claims_of(owner.access), other, "HS256"))


def test_s15_nothing_in_the_header_chooses_the_key(owner: Account) -> None:
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
        refused_everywhere(owner, token)


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "type", "sid"])
def test_s16_every_claim_is_required(owner: Account, key: str, claim: str) -> None:
    for token in (owner.access, owner.session["refresh_token"]):
        claims = claims_of(token)
        del claims[claim]
        refused_everywhere(owner, jwt.encode(claims, key, "HS256"))
        refused_everywhere(owner, _signed({**claims_of(token), claim: None}, key))


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
        lambda claims: {"exp": int(time.time()) - 1},
        lambda claims: {"exp": 0},
        lambda claims: {"exp": "never"},
        lambda claims: {"exp": []},
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
)
def test_s16_every_claim_is_checked(
    owner: Account, key: str, change: Callable[[Claims], Claims]
) -> None:
    claims = claims_of(owner.access)
    refused_everywhere(owner, _signed({**claims, **change(claims)}, key))


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b'"x"', b"null", b"", b"{", b"\xff\xfe", b"[" * 3000]
)
def test_s16_a_signed_body_that_is_no_set_of_claims_is_refused(
    owner: Account, key: str, body: bytes
) -> None:
    refused_everywhere(owner, _sign(body, key))


def test_s16_access_and_refresh_tokens_are_not_interchangeable(client: Client) -> None:
    account = Account(client)
    problem(refresh(client, account.access), 401, "invalid_refresh_token")
    problem(refresh(client, account.access, "logout"), 401, "invalid_refresh_token")
    token = account.session["refresh_token"]
    for path in ("/api/me", "/proxy/test/"):
        problem(client.call("GET", path, None, token), 401, "authentication_required")
    assert account.call("GET", "/api/me").status == 200
    assert refresh(client, token).status == 200


def test_s16_the_session_of_another_user_is_not_taken(owner: Account, key: str) -> None:
    other = Account(owner.client)
    claims = {**claims_of(owner.access), "sid": claims_of(other.access)["sid"]}
    refused_everywhere(owner, _signed(claims, key))


def test_s16_two_credentials_at_once_are_refused(owner: Account) -> None:
    own = ("Authorization", f"Bearer {owner.access}")
    for headers in ([own, own], [own, ("Authorization", "Bearer x")]):
        answer = owner.client.request("GET", "/api/me", headers)
        problem(answer, 401, "authentication_required")


@pytest.mark.parametrize("place", ["query", "cookie", "body"])
def test_s34_an_access_token_is_taken_from_the_header_alone(owner: Account, place: str) -> None:
    target, headers = "/api/me", []
    if place == "query":
        target += f"?access_token={owner.access}&jwt={owner.access}"
    elif place == "cookie":
        headers = [("Cookie", f"access_token_cookie={owner.access}; access_token={owner.access}")]
    body = json.dumps({"access_token": owner.access}).encode() if place == "body" else None
    answer = owner.client.request("GET", target, headers, body)
    problem(answer, 401, "authentication_required")
    assert owner.access.encode() not in answer.body


# -- the end of a session ------------------------------------------------------------------------


def ended(account: Account, session: dict[str, Any], place: Place) -> None:
    """Assert that a session is over everywhere."""
    client, before = account.client, len(place.received)
    access = session["access_token"]
    for path in ("/api/me", "/api/tokens", "/proxy/test/v1/x"):
        problem(client.call("GET", path, None, access), 401, "authentication_required")
    problem(refresh(client, session["refresh_token"]), 401, "invalid_refresh_token")
    assert len(place.received) == before


@pytest.fixture
def working(account: Account, place: Place) -> Account:
    """A user whose access token is taken at /proxy."""
    account.key(place)
    assert account.call("GET", "/proxy/test/v1/x").status == 200
    return account


def test_s17_signing_out_ends_access_and_refresh_at_once(working: Account, place: Place) -> None:
    first = working.session
    elsewhere = working.sign_in()
    assert refresh(working.client, first["refresh_token"], "logout").status == 204
    ended(working, first, place)
    assert working.client.call("GET", "/api/me", None, elsewhere["access_token"]).status == 200


def test_s17_a_new_password_ends_every_session_at_once(working: Account, place: Place) -> None:
    sessions = [working.session, working.sign_in()]
    body = {"current_password": PASSWORD, "new_password": "another long passphrase"}
    assert working.call("POST", "/api/me/password", body).status == 204
    for session in sessions:
        ended(working, session, place)


def test_s17_a_new_password_ends_sessions_that_could_not_be_removed(
    environment: dict[str, str], working: Account, place: Place
) -> None:
    """The process may end between the new password and the removal of the sessions."""
    users = storage_of(environment).users
    user = users.get(working.username)
    assert user is not None
    users.set_password(user, user.password)
    ended(working, working.session, place)


def test_s17_the_end_of_an_account_ends_every_session_and_token_at_once(
    working: Account, place: Place
) -> None:
    sessions = [working.session, working.sign_in()]
    token = working.token()
    assert working.proxied(token).status == 200
    assert working.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    for session in sessions:
        ended(working, session, place)
    before = len(place.received)
    problem(working.proxied(token), 401, "authentication_required")
    assert len(place.received) == before


def test_s17_nothing_of_an_ended_account_works_for_its_names_next_owner(
    working: Account, place: Place
) -> None:
    former, token = working.session, working.token()
    assert working.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    heir = Account(working.client, working.username)
    heir.key(place)
    ended(heir, former, place)
    problem(heir.proxied(token), 401, "authentication_required")
    assert heir.call("GET", "/api/me").status == 200


def test_s17_a_used_refresh_token_is_refused_and_ends_its_family(
    working: Account, place: Place
) -> None:
    first = working.session
    second = refresh(working.client, first["refresh_token"]).json
    third = refresh(working.client, second["refresh_token"]).json
    assert working.client.call("GET", "/api/me", None, third["access_token"]).status == 200
    bystander = working.sign_in()

    problem(refresh(working.client, first["refresh_token"]), 401, "invalid_refresh_token")

    for session in (first, second, third):
        ended(working, session, place)
    assert working.client.call("GET", "/api/me", None, bystander["access_token"]).status == 200


def test_s17_signing_out_with_a_used_refresh_token_ends_its_family(
    working: Account, place: Place
) -> None:
    first = working.session
    second = refresh(working.client, first["refresh_token"]).json
    for _ in range(2):
        assert refresh(working.client, first["refresh_token"], "logout").status == 204
    ended(working, second, place)


def test_s17_of_refreshes_at_once_at_most_one_succeeds(working: Account, place: Place) -> None:
    token = working.session["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(working.client, token), range(8)))
    assert [answer.status for answer in answers].count(200) <= 1
    assert {answer.status for answer in answers} <= {200, 401}
    for answer in answers:
        if answer.status == 200:
            ended(working, answer.json, place)
    ended(working, working.session, place)


def test_s17_a_password_change_meets_a_sign_in_with_the_old_one(
    client: Client, place: Place
) -> None:
    """Whichever comes first: no session of the old password outlives the change."""
    account = Account(client)
    body = {"current_password": PASSWORD, "new_password": "another long passphrase"}
    login = {"username": account.username, "password": PASSWORD}
    with ThreadPoolExecutor(7) as pool:
        signing = [pool.submit(client.call, "POST", "/api/auth/login", login) for _ in range(3)]
        changed = pool.submit(account.call, "POST", "/api/me/password", body)
        signing += [pool.submit(client.call, "POST", "/api/auth/login", login) for _ in range(3)]
    assert changed.result().status == 204
    for answer in (each.result() for each in signing):
        if answer.status == 200:
            ended(account, answer.json, place)
        else:
            problem(answer, 401, "invalid_credentials")


def test_s16_an_outlived_session_is_refused_by_the_dashboards_own_clock(
    environment: dict[str, str],
) -> None:
    """The table may keep an expired session for days; nobody trusts it."""
    present = Account(door(another_app(environment)))
    later = door(another_app(environment, clock=lambda: time.time() + 31 * 86_400))
    problem(later.call("GET", "/api/me", None, present.access), 401, "authentication_required")
    token = present.session["refresh_token"]
    problem(refresh(later, token), 401, "invalid_refresh_token")
    assert present.call("GET", "/api/me").status == 200


# -- secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "FERNET_KEYS"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_s18_nothing_starts_without_its_secrets(
    environment: dict[str, str], name: str, value: str | None
) -> None:
    from api.errors import SettingError

    settings = {key: text for key, text in environment.items() if key != name}
    if value is not None:
        settings[name] = value
    with pytest.raises(SettingError, match=name):
        build_app(read_settings(settings))


def test_s18_a_server_with_another_secret_takes_none_of_our_tokens(
    environment: dict[str, str], upstream_server: Upstream
) -> None:
    place = upstream_server.place(secrets.token_hex(6))
    ours = Account(door(another_app(environment)))
    ours.key(place)
    token = ours.token()
    other = door(another_app(environment, JWT_SECRET_KEY=secrets.token_hex(32)))
    for text in (ours.access, token):
        for path in ("/api/me", "/proxy/test/v1/x"):
            assert other.call("GET", path, None, text).status in (401, 403)
    assert place.received == []


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _signed(claims: Claims, key: str) -> str:
    """A token with our signature over any claims, which libraries would refuse to make."""
    return _sign(json.dumps(claims).encode(), key)


def _sign(body: bytes, key: str) -> str:
    return jwt.api_jws.encode(body, key, "HS256", headers={"typ": "JWT"})
