"""A server that requires a second factor: what a session without one can do (S50)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.wsgi import App
from tests.support.accounts import Account, login, problem
from tests.support.authenticator import SoftPasskey
from tests.support.clients import Client, HttpClient
from tests.support.factors import add_passkey, add_totp, sign_in_by_passkey
from tests.support.products import another_app, lambda_client
from tests.support.upstream import Place


@pytest.fixture(scope="module")
def strict(environment: dict[str, str]) -> Client:
    """A client of a product that requires a second factor."""
    app = another_app(environment, API_DASHBOARD_REQUIRE_SECOND_FACTOR="true")
    return lambda_client(app)


def test_s50_session_without_factor_can_only_set_one_up(
    strict: Client, function: Client, place: Place
) -> None:
    account = Account(function)
    account.key(place)
    token = account.token()
    account.client = strict
    account.sign_in()
    profile = account.call("GET", "/api/me").json
    assert (profile["second_factor"], profile["second_factor_setup_required"]) == (False, True)
    assert profile["second_factor_required"] is True
    assert account.call("GET", "/api/me/factors").json["required"] is True
    for method, path in [
        ("GET", "/api/keys"),
        ("GET", "/api/sessions"),
        ("POST", "/api/tokens"),
        ("DELETE", "/api/me"),
        ("POST", "/api/me/exports"),
    ]:
        document = problem(
            account.call(method, path, {} if method != "GET" else None),
            403,
            "second_factor_setup_required",
        )
        assert "set up" in document["detail"]
    assert account.proxied(account.access).status == 403
    assert account.proxied(account.access).json["code"] == "second_factor_setup_required"
    assert account.proxied(token).status == 200
    add_totp(account)
    assert account.call("GET", "/api/keys").status == 200
    assert account.proxied(account.access).status == 200
    profile = account.call("GET", "/api/me").json
    assert (profile["second_factor"], profile["second_factor_setup_required"]) == (True, False)


def test_s50_last_factor_stays_where_one_is_required(strict: Client) -> None:
    account = Account(strict)
    passkey, added = add_passkey(account)
    path = f"/api/me/passkeys/{added['passkey']['passkey_id']}"
    problem(account.call("DELETE", path), 409, "second_factor_required_by_server")
    add_totp(account)
    assert account.call("DELETE", path).status == 204
    problem(account.call("DELETE", "/api/me/totp"), 409, "second_factor_required_by_server")
    problem(sign_in_by_passkey(strict, passkey), 401, "invalid_passkey")


def test_s50_simultaneous_removals_leave_one_factor(strict: Client) -> None:
    account = Account(strict)
    paths = ["/api/me/totp"]
    add_totp(account)
    for _ in range(3):
        _, added = add_passkey(account, SoftPasskey())
        paths.append(f"/api/me/passkeys/{added['passkey']['passkey_id']}")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda path: account.call("DELETE", path), paths))
    factors = account.call("GET", "/api/me/factors").json
    left = len(factors["passkeys"]) + (factors["totp"] is not None)
    assert left >= 1
    assert sum(answer.status == 204 for answer in answers) == len(paths) - left
    assert account.call("GET", "/api/me").json["second_factor"] is True


def test_second_factor_is_optional_by_default(server: HttpClient, app: App) -> None:
    account = Account(server)
    profile = account.call("GET", "/api/me").json
    assert profile["second_factor_required"] is False
    assert login(server, account.username).status == 200
