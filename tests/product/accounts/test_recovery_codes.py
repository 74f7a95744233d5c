"""Recovery codes: each works once, and only hashes are stored (S50)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from api.wiring import Storage
from tests.support.accounts import Account, login, problem
from tests.support.clients import Client
from tests.support.factors import add_totp, complete_sign_in, start_sign_in

# 16 characters of 5 bits.
CODE = re.compile(r"[0-9a-hjkmnp-tv-z]{4}(?:-[0-9a-hjkmnp-tv-z]{4}){3}")


def test_s50_recovery_codes_work_once_each(client: Client) -> None:
    account = Account(client)
    _, codes = add_totp(account)
    assert codes is not None
    assert all(
        re.fullmatch(r"(?:[0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}", c) for c in codes
    )
    for left, code in zip(range(9, -1, -1), codes, strict=True):
        document = start_sign_in(account)
        answer = complete_sign_in(account, document["pending"], code=code.upper())
        assert answer.status == 200, answer.body
        assert answer.json["recovery_codes_left"] == left
        problem(login(client, account.username, code=code), 401, "invalid_second_factor")
    assert start_sign_in(account)["methods"] == ["totp"]
    assert account.call("GET", "/api/me/factors").json["recovery_codes_left"] == 0


def test_s50_new_recovery_codes_replace_the_old_ones(client: Client) -> None:
    account = Account(client)
    _, old = add_totp(account)
    assert old is not None
    new = account.call("POST", "/api/me/recovery-codes").json["recovery_codes"]
    problem(login(client, account.username, code=old[0]), 401, "invalid_second_factor")
    assert login(client, account.username, code=new[0]).json["recovery_codes_left"] == 9


def test_s50_simultaneous_uses_of_one_recovery_code_open_one_session(client: Client) -> None:
    account = Account(client)
    _, codes = add_totp(account)
    assert codes is not None
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: login(client, account.username, code=codes[0]), range(4))
        statuses = sorted(answer.status for answer in answers)
    assert statuses == [200, 401, 401, 401]


def test_s50_recovery_codes_are_stored_hashed_for_one_user(
    client: Client, storage: Storage
) -> None:
    account, other = Account(client), Account(client)
    _, codes = add_totp(account)
    add_totp(other)
    assert codes is not None
    item = storage.table.get(f"USER#{account.username}", "FACTOR#RECOVERY")
    assert item is not None
    stored = str(item).replace("-", "")
    assert not any(code.replace("-", "") in stored for code in codes)
    problem(login(client, other.username, code=codes[0]), 401, "invalid_second_factor")


def test_s50_recovery_codes_end_with_the_last_factor(client: Client, storage: Storage) -> None:
    account = Account(client)
    _, codes = add_totp(account)
    assert codes is not None
    assert account.call("DELETE", "/api/me/totp").status == 204
    assert storage.table.get(f"USER#{account.username}", "FACTOR#RECOVERY") is None
    assert login(client, account.username).status == 200
    assert account.call("GET", "/api/me").json["second_factor"] is False
    problem(account.call("POST", "/api/me/recovery-codes"), 409, "second_factor_missing")
