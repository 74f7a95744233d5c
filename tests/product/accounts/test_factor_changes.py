"""Factors that change while something else happens: other changes, sign-ins, deletion (S50)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.wiring import Storage
from tests.support.accounts import PASSWORD, Account, login, problem, register
from tests.support.authenticator import SoftPasskey, b64
from tests.support.clients import Client, HttpClient
from tests.support.factors import (
    App,
    add_passkey,
    add_totp,
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


def test_s50_two_first_factors_at_once_show_valid_recovery_codes_once(account: Account) -> None:
    started = account.call("POST", "/api/me/totp").json
    code = App(started["secret"]).code()
    options = account.call("POST", "/api/me/passkeys/options").json
    credential = SoftPasskey().create(options["options"], origin_of(account.client))
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/api/me/totp/confirm", {"pending": started["pending"], "code": code}),
        (
            "/api/me/passkeys",
            {"pending": options["pending"], "credential": credential, "name": "Phone"},
        ),
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda request: account.call("POST", *request), requests))
    assert [answer.status for answer in answers] == [200, 201]
    shown = [answer.json["recovery_codes"] for answer in answers]
    (codes,) = [each for each in shown if each is not None]
    assert login(account.client, account.username, code=codes[0]).status == 200


def test_s50_challenge_adds_one_passkey(account: Account) -> None:
    options = account.call("POST", "/api/me/passkeys/options").json
    bodies = [
        {
            "pending": options["pending"],
            "credential": SoftPasskey().create(options["options"], origin_of(account.client)),
            "name": "Phone",
        }
        for _ in range(3)
    ]
    with ThreadPoolExecutor(3) as pool:
        answers = pool.map(lambda body: account.call("POST", "/api/me/passkeys", body), bodies)
        statuses = sorted(answer.status for answer in answers)
    assert statuses == [201, 409, 409]
    assert len(account.call("GET", "/api/me/factors").json["passkeys"]) == 1


def test_s50_simultaneous_uses_of_one_assertion_open_one_session(account: Account) -> None:
    passkey, _ = add_passkey(account)
    started = account.client.call("POST", "/api/auth/passkey/options").json
    credential = passkey.sign(started["options"], origin_of(account.client))
    body = {"pending": started["pending"], "credential": credential}
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: account.client.call("POST", "/api/auth/passkey", body), "1234")
        statuses = sorted(answer.status for answer in answers)
    assert statuses == [200, 409, 409, 409]
    (view,) = account.call("GET", "/api/me/factors").json["passkeys"]
    assert view["flagged_at"] is None


def test_s50_factor_removed_during_a_sign_in_does_not_complete_it(account: Account) -> None:
    app, _ = add_totp(account)
    passkey, added = add_passkey(account)
    started = start_sign_in(account)
    assert account.call("DELETE", "/api/me/totp").status == 204
    passkey_id = added["passkey"]["passkey_id"]
    assert account.call("DELETE", f"/api/me/passkeys/{passkey_id}").status == 204
    answer = complete_sign_in(account, started["pending"], code=app.code())
    problem(answer, 401, "invalid_second_factor")
    credential = passkey.sign(started["passkey"], origin_of(account.client))
    answer = complete_sign_in(account, started["pending"], passkey=credential)
    problem(answer, 401, "invalid_second_factor")
    assert login(account.client, account.username).status == 200


def test_s50_new_password_ends_a_sign_in_that_waits_for_its_factor(account: Account) -> None:
    app, _ = add_totp(account)
    started = start_sign_in(account)
    body = {"current_password": PASSWORD, "new_password": "another long passphrase"}
    assert account.call("POST", "/api/me/password", body).status == 204
    answer = complete_sign_in(account, started["pending"], code=app.code())
    problem(answer, 409, "challenge_expired")


def test_s50_sign_in_is_completed_once(account: Account) -> None:
    _, codes = add_totp(account)
    assert codes is not None
    started = start_sign_in(account)
    assert complete_sign_in(account, started["pending"], code=codes[0]).status == 200
    answer = complete_sign_in(account, started["pending"], code=codes[1])
    problem(answer, 401, "invalid_second_factor")
    # The code was not used up.
    assert login(account.client, account.username, code=codes[1]).status == 200


def test_s50_challenge_of_another_step_completes_no_sign_in(account: Account) -> None:
    passkey, added = add_passkey(account)
    step_up = account.call("POST", "/api/auth/step-up/options").json
    by_passkey = account.client.call("POST", "/api/auth/passkey/options").json
    origin = origin_of(account.client)
    for pending, options in (
        (step_up["pending"], step_up["passkey"]),
        (by_passkey["pending"], by_passkey["options"]),
    ):
        credential = passkey.sign(options, origin)
        answer = complete_sign_in(account, pending, passkey=credential)
        problem(answer, 409, "challenge_expired")
        answer = complete_sign_in(account, pending, code=added["recovery_codes"][0])
        problem(answer, 409, "challenge_expired")


def test_s50_assertion_for_another_user_handle_is_refused(account: Account) -> None:
    passkey, _ = add_passkey(account)
    started = start_sign_in(account)
    origin = origin_of(account.client)
    credential = passkey.sign(started["passkey"], origin, user_handle=b"somebody else")
    answer = complete_sign_in(account, started["pending"], passkey=credential)
    problem(answer, 401, "invalid_second_factor")


def test_s50_account_that_is_being_deleted_opens_no_session(
    account: Account, storage: Storage
) -> None:
    passkey, _ = add_passkey(account)
    _, codes = add_totp(account)
    assert codes is None
    started = start_sign_in(account)
    storage.users.begin_deletion(account.username)
    problem(sign_in_by_passkey(account.client, passkey), 401, "invalid_passkey")
    credential = passkey.sign(started["passkey"], origin_of(account.client))
    answer = complete_sign_in(account, started["pending"], passkey=credential)
    problem(answer, 409, "challenge_expired")


def test_s50_passkey_of_another_user_is_no_second_factor(account: Account) -> None:
    add_passkey(account)
    thief = Account(account.client)
    stolen, _ = add_passkey(thief)
    started = start_sign_in(account)
    credential = stolen.sign(started["passkey"], origin_of(account.client))
    answer = complete_sign_in(account, started["pending"], passkey=credential)
    problem(answer, 401, "invalid_second_factor")


def test_s50_deleted_account_takes_its_factors_with_it(account: Account, storage: Storage) -> None:
    passkey, _ = add_passkey(account)
    app, codes = add_totp(account)
    key = (f"HANDLE#{b64(passkey.user_handle)}", "HANDLE")
    assert storage.table.get(*key) is not None
    waiting = start_sign_in(account)
    assert account.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert storage.table.get(*key) is None
    problem(sign_in_by_passkey(account.client, passkey), 401, "invalid_passkey")
    answer = complete_sign_in(account, waiting["pending"], code=app.code())
    problem(answer, 409, "challenge_expired")
    assert register(account.client, account.username).status == 201
    account.sign_in()
    factors = account.call("GET", "/api/me/factors").json
    assert (factors["passkeys"], factors["totp"]) == ([], None)
    assert factors["recovery_codes_left"] == 0
    assert codes is None


def test_s50_account_has_at_most_20_passkeys(account: Account) -> None:
    for _ in range(20):
        add_passkey(account)
    answer = account.call("POST", "/api/me/passkeys/options")
    problem(answer, 409, "too_many_passkeys")


def test_s50_clone_is_logged(server: HttpClient) -> None:
    account = Account(passkey_client(server))
    passkey, added = add_passkey(account, SoftPasskey(counter=5))
    passkey.counter = 3
    problem(sign_in_by_passkey(account.client, passkey), 401, "invalid_passkey")
    log = server.log.read_text()
    (line,) = [x for x in log.splitlines() if added["passkey"]["passkey_id"] in x]
    assert '"passkey_cloned"' in line
    assert '"warning"' in line
