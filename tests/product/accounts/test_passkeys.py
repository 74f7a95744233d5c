"""Passkeys: registration, sign-in with and without a password, and what is refused (S50)."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tests.support.accounts import Account, problem
from tests.support.authenticator import Algorithm, SoftPasskey
from tests.support.clients import Client
from tests.support.factors import (
    add_passkey,
    complete_sign_in,
    origin_of,
    passkey_client,
    sign_in_by_passkey,
    start_sign_in,
)


@pytest.fixture
def account(client: Client) -> Account:
    """A new user at an address where passkeys work."""
    return Account(passkey_client(client))


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
def test_s50_passkey_registers_and_signs_in_without_password(
    account: Account, algorithm: Algorithm
) -> None:
    passkey, added = add_passkey(account, SoftPasskey(algorithm))
    assert added["passkey"]["name"] == "Phone"
    assert len(added["recovery_codes"]) == 10
    answer = sign_in_by_passkey(account.client, passkey)
    assert answer.status == 200, answer.body
    profile = account.client.call("GET", "/api/me", None, answer.json["access_token"])
    assert profile.json["username"] == account.username
    assert profile.json["second_factor"] is True


def test_s50_passkey_is_the_second_factor_after_the_password(account: Account) -> None:
    passkey, _ = add_passkey(account)
    document = start_sign_in(account)
    assert document["methods"] == ["passkey", "recovery_code"]
    credential = passkey.sign(document["passkey"], origin_of(account.client))
    answer = complete_sign_in(account, document["pending"], passkey=credential)
    assert answer.status == 200, answer.body
    (view,) = account.call("GET", "/api/me/factors").json["passkeys"]
    assert view["last_used_at"] is not None


def test_s50_session_of_a_second_factor_is_of_the_kind_that_the_login_asked_for(
    account: Account,
) -> None:
    passkey, _ = add_passkey(account)
    started = start_sign_in(account, session="cookie")
    credential = passkey.sign(started["passkey"], origin_of(account.client))
    answers = [complete_sign_in(account, started["pending"], passkey=credential)]
    options = account.client.call("POST", "/api/auth/passkey/options").json
    credential = passkey.sign(options["options"], origin_of(account.client))
    body = {"pending": options["pending"], "credential": credential, "session": "cookie"}
    answers.append(account.client.call("POST", "/api/auth/passkey", body))
    for answer in answers:
        assert answer.status == 200, answer.body
        assert "refresh_token" not in answer.json
        names = [cookie.partition("=")[0] for cookie in answer.all("set-cookie")]
        assert names[0] == "api_dashboard_refresh"
        assert names[1].startswith("api_dashboard_device_")


def test_s50_several_passkeys_are_named_and_removed(account: Account) -> None:
    _, first = add_passkey(account, name="Phone")
    second, added = add_passkey(account, SoftPasskey(counter=None), name="Laptop")
    assert added["recovery_codes"] is None
    assert added["passkey"]["synced"] is True
    path = f"/api/me/passkeys/{first['passkey']['passkey_id']}"
    assert account.call("PATCH", path, {"name": "Old phone"}).json["name"] == "Old phone"
    names = [each["name"] for each in account.call("GET", "/api/me/factors").json["passkeys"]]
    assert sorted(names) == ["Laptop", "Old phone"]
    assert account.call("DELETE", path).status == 204
    problem(account.call("DELETE", path), 404, "passkey_not_found")
    assert sign_in_by_passkey(account.client, second).status == 200


def test_s50_cloned_passkey_is_refused_and_flagged(account: Account) -> None:
    passkey, _ = add_passkey(account, SoftPasskey(counter=5))
    assert sign_in_by_passkey(account.client, passkey).status == 200
    passkey.counter = 5  # The copy has the counter of before.
    problem(sign_in_by_passkey(account.client, passkey), 401, "invalid_passkey")
    passkey.counter = 100
    problem(sign_in_by_passkey(account.client, passkey), 401, "invalid_passkey")
    (view,) = account.call("GET", "/api/me/factors").json["passkeys"]
    assert view["flagged_at"] is not None
    assert start_sign_in(account)["methods"] == ["recovery_code"]


def test_s50_synced_passkey_without_counter_signs_in_again(account: Account) -> None:
    passkey, _ = add_passkey(account, SoftPasskey(counter=None))
    for _ in range(2):
        assert sign_in_by_passkey(account.client, passkey).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"rp_id": "evil.example"},
        {"verified": False},
        {"user_handle": b"somebody else"},
    ],
    ids=["other domain", "user not verified", "unknown user handle"],
)
def test_s50_wrong_assertions_look_alike(account: Account, changes: dict[str, Any]) -> None:
    passkey, _ = add_passkey(account)
    wrong = problem(sign_in_by_passkey(account.client, passkey, **changes), 401, "invalid_passkey")
    unknown = problem(sign_in_by_passkey(account.client, SoftPasskey()), 401, "invalid_passkey")
    del wrong["request_id"], unknown["request_id"]
    assert wrong == unknown


def test_s50_passkey_of_another_origin_is_refused(account: Account) -> None:
    passkey, _ = add_passkey(account)
    started = account.client.call("POST", "/api/auth/passkey/options", {}).json
    credential = passkey.sign(started["options"], "https://evil.example")
    body = {"pending": started["pending"], "credential": credential}
    problem(account.client.call("POST", "/api/auth/passkey", body), 401, "invalid_passkey")


def test_s50_challenge_of_a_passkey_is_used_once(account: Account) -> None:
    passkey, _ = add_passkey(account)
    started = account.client.call("POST", "/api/auth/passkey/options", {}).json
    credential = passkey.sign(started["options"], origin_of(account.client))
    body = {"pending": started["pending"], "credential": credential}
    assert account.client.call("POST", "/api/auth/passkey", body).status == 200
    problem(account.client.call("POST", "/api/auth/passkey", body), 409, "challenge_expired")
    (view,) = account.call("GET", "/api/me/factors").json["passkeys"]
    assert view["flagged_at"] is None  # A replay is no copy.
