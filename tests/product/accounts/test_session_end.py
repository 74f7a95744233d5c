"""The end of sessions: sign-out, password change, deletion, reuse of a refresh token (S17, S18)."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.errors import SettingError
from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import PASSWORD, Account, login, problem, refresh
from tests.support.clients import Client
from tests.support.products import another_app, lambda_client, storage_of
from tests.support.upstream import Place, Upstream


def ended(account: Account, session: dict[str, Any], place: Place) -> None:
    """Assert that /api, /proxy and refresh reject the tokens of a session."""
    client, before = account.client, len(place.received)
    access = session["access_token"]
    for path in ("/api/me", "/api/tokens", "/proxy/test/v1/x"):
        problem(client.call("GET", path, None, access), 401, "authentication_required")
    problem(refresh(client, session["refresh_token"]), 401, "invalid_refresh_token")
    assert len(place.received) == before


@pytest.fixture
def working(account: Account, place: Place) -> Account:
    """A user whose access token is accepted at /proxy."""
    account.key(place)
    assert account.call("GET", "/proxy/test/v1/x").status == 200
    return account


def test_s17_sign_out_ends_access_and_refresh_tokens_at_once(
    working: Account, place: Place
) -> None:
    first = working.session
    elsewhere = working.sign_in()
    assert refresh(working.client, first["refresh_token"], "logout").status == 204
    ended(working, first, place)
    assert working.client.call("GET", "/api/me", None, elsewhere["access_token"]).status == 200


def test_s17_a_password_change_ends_every_session_at_once(working: Account, place: Place) -> None:
    sessions = [working.session, working.sign_in()]
    body = {"current_password": PASSWORD, "new_password": "another long passphrase"}
    assert working.call("POST", "/api/me/password", body).status == 204
    for session in sessions:
        ended(working, session, place)


def test_s17_a_password_change_ends_sessions_whose_items_remain(
    environment: dict[str, str], working: Account, place: Place
) -> None:
    """The process can end after it stores the password and before it removes the sessions."""
    users = storage_of(environment).users
    user = users.get(working.username)
    assert user is not None
    users.set_password(user, user.password)
    ended(working, working.session, place)


def test_s17_deleting_an_account_ends_every_session_and_token_at_once(
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


def test_deleting_an_account_removes_the_cookies_of_the_browser(working: Account) -> None:
    signed_in = login(working.client, working.username, session="cookie")
    deleted = working.call("DELETE", "/api/me", {"password": PASSWORD})
    stored = [attributes(field) for field in signed_in.all("set-cookie")]
    removed = [attributes(field) for field in deleted.all("set-cookie")]
    assert [name for name, *_ in removed] == [name for name, *_ in stored]
    for (_, value, before), (_, nothing, after) in zip(stored, removed, strict=True):
        assert value and not nothing
        lifetime = {attribute for attribute in before if attribute.startswith("Max-Age=")}
        assert after == (before - lifetime) | {"Max-Age=0"}


def attributes(field: str) -> tuple[str, str, set[str]]:
    """Return the name, the value and the attributes of a cookie."""
    pair, *rest = field.split("; ")
    name, _, value = pair.partition("=")
    return name, value, set(rest)


def test_s17_credentials_of_a_deleted_account_fail_for_the_next_owner_of_its_username(
    working: Account, place: Place
) -> None:
    former, token = working.session, working.token()
    assert working.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    heir = Account(working.client, working.username)
    heir.key(place)
    ended(heir, former, place)
    problem(heir.proxied(token), 401, "authentication_required")
    assert heir.call("GET", "/api/me").status == 200


def test_s17_a_used_refresh_token_is_rejected_and_ends_its_session(
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


def test_s17_sign_out_with_a_used_refresh_token_ends_its_session(
    working: Account, place: Place
) -> None:
    first = working.session
    second = refresh(working.client, first["refresh_token"]).json
    for _ in range(2):
        assert refresh(working.client, first["refresh_token"], "logout").status == 204
    ended(working, second, place)


def test_s17_of_simultaneous_refreshes_at_most_one_succeeds(working: Account, place: Place) -> None:
    token = working.session["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(working.client, token), range(8)))
    assert [answer.status for answer in answers].count(200) <= 1
    assert {answer.status for answer in answers} <= {200, 401}
    for answer in answers:
        if answer.status == 200:
            ended(working, answer.json, place)
    ended(working, working.session, place)


def test_s17_no_session_of_the_old_password_outlives_a_password_change(
    client: Client, place: Place
) -> None:
    """The order of the password change and the sign-ins does not matter."""
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


def test_s16_an_expired_session_is_rejected_while_its_item_remains(
    environment: dict[str, str],
) -> None:
    """DynamoDB can keep an expired item for days."""
    present = Account(lambda_client(another_app(environment)))
    later = lambda_client(another_app(environment, clock=lambda: time.time() + 31 * 86_400))
    problem(later.call("GET", "/api/me", None, present.access), 401, "authentication_required")
    token = present.session["refresh_token"]
    problem(refresh(later, token), 401, "invalid_refresh_token")
    assert present.call("GET", "/api/me").status == 200


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "FERNET_KEYS"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_s18_the_app_does_not_start_without_its_secrets(
    environment: dict[str, str], name: str, value: str | None
) -> None:
    settings = {key: text for key, text in environment.items() if key != name}
    if value is not None:
        settings[name] = value
    with pytest.raises(SettingError, match=name):
        build_app(read_settings(settings))


def test_s18_a_server_with_another_secret_rejects_our_tokens(
    environment: dict[str, str], upstream_server: Upstream
) -> None:
    place = upstream_server.place(secrets.token_hex(6))
    ours = Account(lambda_client(another_app(environment)))
    ours.key(place)
    token = ours.token()
    other = lambda_client(another_app(environment, JWT_SECRET_KEY=secrets.token_hex(32)))
    for text in (ours.access, token):
        for path in ("/api/me", "/proxy/test/v1/x"):
            assert other.call("GET", path, None, text).status in (401, 403)
    assert place.received == []
