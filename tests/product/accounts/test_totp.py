"""Authenticator apps and recovery codes (S50)."""

from __future__ import annotations

from tests.support.accounts import Account, login, problem
from tests.support.clients import Client
from tests.support.factors import add_totp, complete_sign_in, start_sign_in


def test_s50_totp_signs_in_and_each_code_works_once(client: Client) -> None:
    account = Account(client)
    app, codes = add_totp(account)
    assert codes is not None
    assert len(codes) == 10
    document = start_sign_in(account)
    assert document["methods"] == ["totp", "recovery_code"]
    code = app.code()
    assert complete_sign_in(account, document["pending"], code=code).status == 200
    again = start_sign_in(account)
    problem(complete_sign_in(account, again["pending"], code=code), 401, "invalid_second_factor")


def test_s50_script_signs_in_with_code_in_one_request(client: Client) -> None:
    account = Account(client)
    app, _ = add_totp(account)
    answer = login(client, account.username, code=app.code())
    assert answer.status == 200, answer.body


def test_s50_recovery_codes_work_once_each(client: Client) -> None:
    account = Account(client)
    _, codes = add_totp(account)
    assert codes is not None
    for left, code in zip(range(9, -1, -1), codes, strict=True):
        document = start_sign_in(account)
        answer = complete_sign_in(account, document["pending"], code=code.upper())
        assert answer.status == 200, answer.body
        assert answer.json["recovery_codes_left"] == left
        problem(login(client, account.username, code=code), 401, "invalid_second_factor")
    assert start_sign_in(account)["methods"] == ["totp"]
