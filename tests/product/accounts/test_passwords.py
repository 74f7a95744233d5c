"""Passwords: which are accepted, how they are stored (S20), and how they are changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.wiring import Storage
from api.wsgi import App
from tests.support.accounts import PASSWORD, Account, login, new_username, problem, register
from tests.support.cheap_hashes import REAL_COST, hash_cost
from tests.support.clients import Client, Response
from tests.support.products import lambda_client


@pytest.mark.parametrize(
    "password",
    ["a", "sevench", "password", "Password1", "12345678", "11111111", "aaaaaaaaaaaa", "iloveyou",
     "x" * 1025, "\u00e9" * 513],
)  # fmt: skip
def test_s20_weak_and_oversized_passwords_are_rejected(
    shared_client: Client, password: str
) -> None:
    problem(register(shared_client, new_username(), password), 422, "invalid_field", "password")


def test_s20_the_username_is_rejected_as_password(shared_client: Client) -> None:
    username = new_username()
    for password in (username, username.upper(), username + "123", username[::-1]):
        problem(register(shared_client, username, password), 422, "invalid_field", "password")


@pytest.mark.parametrize(
    "password",
    ["eightch!", "all lower case words", "\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801\u5bc6\u7802",
     "  spaces around  ", "0123456789" * 6 + "abcd", "a long line " * 85, "nul \x00 inside it",
     "\U0001f600\U0001f601\U0001f602\U0001f603\U0001f604\U0001f605\U0001f606\U0001f607"],
)  # fmt: skip
def test_s20_passwords_can_have_any_characters(shared_client: Client, password: str) -> None:
    username = new_username()
    assert register(shared_client, username, password).status == 201
    assert login(shared_client, username, password).status == 200
    problem(login(shared_client, username, password[:-1]), 401, "invalid_credentials")
    problem(login(shared_client, username, password + "x"), 401, "invalid_credentials")


def test_s20_passwords_are_stored_as_argon2id(app: App, storage: Storage) -> None:
    with hash_cost(REAL_COST):
        owner = Account(lambda_client(app))
    user = storage.users.get(owner.username)
    assert user is not None
    assert user.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_change_needs_the_current_password(client: Client) -> None:
    account = Account(client)
    new = "another long passphrase"

    def change(**members: object) -> Response:
        body = {"current_password": PASSWORD, "new_password": new, **members}
        return account.call("POST", "/api/me/password", body)

    problem(change(current_password="wrong password"), 403, "wrong_password")
    problem(change(new_password="password"), 422, "invalid_field", "new_password")
    problem(change(new_password=account.username), 422, "invalid_field", "new_password")
    assert account.call("GET", "/api/me").status == 200
    assert change().status == 204
    problem(login(client, account.username), 401, "invalid_credentials")
    assert login(client, account.username, new).status == 200


def test_of_simultaneous_password_changes_one_succeeds(client: Client) -> None:
    account = Account(client)
    wanted = [f"passphrase number {number}" for number in range(6)]

    def change(new: str) -> int:
        body = {"current_password": PASSWORD, "new_password": new}
        return account.call("POST", "/api/me/password", body).status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(change, wanted))
    assert statuses.count(204) == 1, statuses
    assert set(statuses) <= {204, 401, 403, 409}
    good = [new for new in wanted if login(client, account.username, new).status == 200]
    assert good == [wanted[statuses.index(204)]]
