"""The profile, and the deletion of an account."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.storage.requests import LogEntry
from api.wiring import Storage
from tests.support.accounts import PASSWORD, Account, login, problem, register
from tests.support.clients import Client, LambdaClient
from tests.support.upstream import Place


def test_the_email_address_of_a_profile_can_be_changed(client: Client) -> None:
    account = Account(client)
    assert account.call("GET", "/api/me").json["email"] == "u@example.com"
    changed = account.call("PATCH", "/api/me", {"email": "new@example.com"})
    assert changed.status == 200
    assert changed.json == account.call("GET", "/api/me").json
    assert changed.json["email"] == "new@example.com"


@pytest.mark.parametrize("member", ["username", "password", "created_at", "auth_version"])
def test_s24_other_members_of_a_profile_cannot_be_changed(owner: Account, member: str) -> None:
    answer = owner.call("PATCH", "/api/me", {"email": "x@y.example", member: "x"})
    problem(answer, 422, "invalid_field", member)
    assert owner.call("GET", "/api/me").json["email"] == "u@example.com"


def test_deleting_an_account_deletes_its_items_and_frees_its_username(
    client: Client, place: Place, storage: Storage
) -> None:
    account = Account(client)
    for _ in range(8):
        account.key(place)
    token = account.token()
    assert account.call("PUT", "/api/rate-limits/test", {"limit": 9, "window": 60}).status == 200
    assert account.proxied(token).status == 200

    problem(account.call("DELETE", "/api/me", {"password": "wrong one"}), 403, "wrong_password")
    problem(account.call("DELETE", "/api/me", {}), 422, "invalid_field", "password")
    assert account.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204

    assert storage.table.query(f"USER#{account.username}").items == []
    problem(login(client, account.username), 401, "invalid_credentials")
    again = Account(client, account.username)
    for listing in ("keys", "tokens", "requests", "rate-limits"):
        assert again.call("GET", f"/api/{listing}").json["items"] == []
    assert again.call("GET", "/api/stats").json["totals"]["requests"] == 0


def test_late_log_entries_of_a_deleted_account_are_not_shown_to_the_next_owner(
    function: LambdaClient, storage: Storage
) -> None:
    """A call in progress when its account is deleted is logged after the deletion."""
    former = Account(function)
    assert former.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    entry = LogEntry("r", time.time() - 1, "test", "GET", "h", "/private", 200, 1)
    storage.table.run(storage.log.put_op(former.username, entry))

    heir = Account(function, former.username)

    assert heir.call("GET", "/api/requests").json["items"] == []


def test_s17_an_interrupted_deletion_closes_the_account_and_is_completed_at_sign_in(
    function: LambdaClient, storage: Storage, place: Place
) -> None:
    account = Account(function)
    account.key(place)
    refresh = {"refresh_token": account.session["refresh_token"]}
    storage.users.begin_deletion(account.username)

    problem(account.call("GET", "/api/me"), 401, "authentication_required")
    problem(function.call("POST", "/api/auth/refresh", refresh), 401, "invalid_refresh_token")
    problem(login(function, account.username), 401, "invalid_credentials")
    assert storage.table.query(f"USER#{account.username}").items == []
    assert register(function, account.username).status == 201


def test_one_of_simultaneous_sign_ups_completes_an_interrupted_deletion(
    function: LambdaClient, storage: Storage
) -> None:
    account = Account(function)
    storage.users.begin_deletion(account.username)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: register(function, account.username), range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert login(function, account.username).status == 200
