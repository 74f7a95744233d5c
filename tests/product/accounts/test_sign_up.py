"""Sign-up: required members, usernames (S21), and who may sign up."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.accounts import PASSWORD, login, new_username, problem, register
from tests.support.clients import Client
from tests.support.products import another_app, lambda_client


def test_sign_up_returns_the_profile_and_nothing_else(client: Client) -> None:
    username = new_username()
    answer = register(client, username)
    assert answer.status == 201
    assert set(answer.json) == {
        "username",
        "email",
        "created_at",
        "second_factor",
        "second_factor_required",
        "second_factor_setup_required",
    }
    assert (answer.json["username"], answer.json["email"]) == (username, "u@example.com")
    assert isinstance(answer.json["created_at"], int)


@pytest.mark.parametrize("member", ["username", "email", "password"])
def test_s26_each_member_of_a_sign_up_is_required_and_is_text(
    shared_client: Client, member: str
) -> None:
    body: dict[str, object] = {
        "username": new_username(),
        "email": "a@b.example",
        "password": PASSWORD,
    }
    values: tuple[object, ...] = (None, 1, True, [], {}, "")
    for wrong in values:
        answer = shared_client.call("POST", "/api/auth/register", {**body, member: wrong})
        problem(answer, 422, "invalid_field", member)
    del body[member]
    problem(shared_client.call("POST", "/api/auth/register", body), 422, "invalid_field", member)


@pytest.mark.parametrize("member", ["auth_version", "created_at", "deleting", "PK", "is_admin"])
def test_s24_unknown_members_of_a_sign_up_are_rejected(shared_client: Client, member: str) -> None:
    members: dict[str, Any] = {member: 1}
    problem(register(shared_client, new_username(), **members), 422, "invalid_field", member)


@pytest.mark.parametrize(
    "email", ["a", "a@b", "@b.example", "a@", "a b@c.example", "a@b..example", "a\n@b.example",
              "a@b.example\n", "a@@b.example", "a@" + "b" * 260 + ".example"],
)  # fmt: skip
def test_invalid_email_addresses_are_rejected(shared_client: Client, email: str) -> None:
    problem(register(shared_client, new_username(), email=email), 422, "invalid_field", "email")


@pytest.mark.parametrize(
    "username",
    ["", "a#b", "a b", " ada", "ada ", "a\x00b", "a\nb", "ada\n", "a/b", "a@b", ".ada", "ada-",
     "\u0430da", "ad\u0430", "ada\u200b", "a\u0301da", "\U0001f600", "a" * 65, "a" * 257,
     "USER#ada"],
)  # fmt: skip
def test_s21_usernames_with_other_characters_are_rejected(
    shared_client: Client, username: str
) -> None:
    problem(register(shared_client, username), 422, "invalid_field", "username")


def test_s21_a_username_can_have_64_characters(client: Client) -> None:
    username = (new_username() + "y" * 64)[:64]
    assert register(client, username).status == 201
    assert login(client, username).status == 200


@pytest.mark.parametrize(
    "variant",
    [
        str.upper,
        str.title,
        lambda text: text.replace("q", "\uff51"),
        lambda text: text.replace("q", "\u24e0"),
        lambda text: text.replace("q", "\U0001d42a"),
        lambda text: text.replace("o", "0"),
        lambda text: text.replace("o", "O"),
        lambda text: text.replace("l", "1"),
        lambda text: text.replace("m", "rn"),
    ],
)
def test_s21_variants_and_look_alikes_of_a_taken_username_are_rejected(
    shared_client: Client, variant: Any, taken: str
) -> None:
    assert variant(taken) != taken
    problem(register(shared_client, variant(taken)), 409, "username_taken", "username")
    problem(register(shared_client, taken), 409, "username_taken", "username")


@pytest.fixture(scope="module")
def taken(shared_client: Client) -> str:
    """A username that has an account, with letters that have look-alikes."""
    username = f"qolm{secrets.token_hex(8)}x"
    assert register(shared_client, username).status == 201
    return username


def test_s21_any_spelling_of_a_username_signs_in(client: Client) -> None:
    username = new_username()
    answer = register(client, username.upper())
    assert answer.json["username"] == username
    for written in (username, username.upper(), username.replace("u", "\uff35")):
        assert login(client, written).status == 200


def test_s21_twenty_simultaneous_sign_ups_create_one_account(client: Client) -> None:
    stem = f"qol{secrets.token_hex(8)}x"
    names = [stem, stem.upper(), stem.replace("o", "0"), stem.replace("l", "1")] * 5
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda each: register(client, each), names))
    statuses = sorted(answer.status for answer in answers)
    # Sign-ups beyond the queue of password hashes are sent away (S41).
    assert statuses[0] == 201 and set(statuses[1:]) <= {409, 503}, statuses
    winner = next(answer for answer in answers if answer.status == 201).json["username"]
    assert [written for written in set(names) if login(client, written).status == 200] != []
    assert login(client, winner).status == 200


def test_closed_sign_up_rejects_new_accounts(environment: dict[str, str]) -> None:
    closed = lambda_client(another_app(environment, API_DASHBOARD_SIGN_UP="closed"))
    problem(register(closed, new_username()), 403, "sign_up_closed")
    assert closed.call("GET", "/api/status").json["sign_up"] == "closed"


def test_sign_up_by_invite_needs_the_invite_code(environment: dict[str, str]) -> None:
    app = another_app(
        environment, API_DASHBOARD_SIGN_UP="invite", API_DASHBOARD_INVITE_CODE="come-in-please"
    )
    client = lambda_client(app)
    username = new_username()
    for code in ({}, {"invite_code": None}, {"invite_code": ""}, {"invite_code": "come-in"},
                 {"invite_code": "COME-IN-PLEASE"}, {"invite_code": "\u00e9"}):  # fmt: skip
        problem(register(client, username, **code), 403, "invite_required", "invite_code")
    assert register(client, username, invite_code="come-in-please").status == 201
    assert b"come-in" not in client.call("GET", "/api/status").body
