"""Authenticator apps: which codes are accepted, and that each works once (S50)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.wiring import Storage
from tests.support.accounts import PASSWORD, Account, login, problem
from tests.support.clients import Client, Response
from tests.support.factors import App, add_totp, complete_sign_in, start_sign_in
from tests.support.products import Clock, another_app, lambda_client

# The start of a time step.
STEP = 1_800_000_000 // 30 * 30


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
    assert account.call("GET", "/api/me/factors").json["totp"]["last_used_at"] is not None


def test_s50_code_of_the_set_up_does_not_sign_in(client: Client) -> None:
    account = Account(client)
    started = account.call("POST", "/api/me/totp").json
    code = App(started["secret"]).code()
    body = {"pending": started["pending"], "code": code}
    assert account.call("POST", "/api/me/totp/confirm", body).status == 200
    problem(login(client, account.username, code=code), 401, "invalid_second_factor")


def test_s50_script_signs_in_with_code_in_one_request(client: Client) -> None:
    account = Account(client)
    app, _ = add_totp(account)
    answer = login(client, account.username, code=f"{app.code()[:3]} {app.code()[3:]}")
    assert answer.status == 200, answer.body


def test_s50_wrong_password_says_nothing_about_factors(client: Client) -> None:
    account = Account(client)
    app, _ = add_totp(account)
    wrong = login(client, account.username, "wrong password", code=app.code())
    unknown = login(client, "nobody-" + account.username, "wrong password", code="123456")
    documents = [problem(answer, 401, "invalid_credentials") for answer in (wrong, unknown)]
    for document in documents:
        del document["request_id"]
    assert documents[0] == documents[1]


@pytest.mark.parametrize("at", [STEP, STEP + 29.999], ids=["first moment", "last moment"])
def test_s50_codes_of_one_step_around_now_are_accepted(
    environment: dict[str, str], at: float
) -> None:
    clock = Clock(STEP - 600)
    client = lambda_client(another_app(environment, clock))
    account = Account(client)
    app, _ = add_totp(account, clock.now)
    clock.now = at
    for offset in (-2, 2):
        code = app.code(at + 30 * offset)
        problem(login(client, account.username, code=code), 401, "invalid_second_factor")
    for offset in (-1, 0, 1):
        code = app.code(at + 30 * offset)
        assert login(client, account.username, code=code).status == 200


def test_s50_code_before_one_that_was_used_is_refused(environment: dict[str, str]) -> None:
    clock = Clock(STEP)
    client = lambda_client(another_app(environment, clock))
    account = Account(client)
    app, _ = add_totp(account, clock.now)
    assert login(client, account.username, code=app.code(STEP + 30)).status == 200
    for offset in (-30, 0, 30):
        code = app.code(STEP + offset)
        problem(login(client, account.username, code=code), 401, "invalid_second_factor")


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (600, "10 minutes ahead of"),
        (-90, "1 minute 30 seconds behind"),
        (-1200, "20 minutes behind"),
        (60, "1 minute ahead of"),
    ],
)
def test_set_up_says_how_far_a_clock_is_off(
    environment: dict[str, str], offset: int, text: str
) -> None:
    clock = Clock(STEP)
    account = Account(lambda_client(another_app(environment, clock)))
    started = account.call("POST", "/api/me/totp").json
    app = App(started["secret"])
    body = {"pending": started["pending"], "code": app.code(STEP + offset)}
    document = problem(
        account.call("POST", "/api/me/totp/confirm", body), 422, "invalid_field", "code"
    )
    assert text in document["detail"]
    assert document["clock_offset"] == offset
    body["code"] = app.wrong_code(STEP)
    document = problem(
        account.call("POST", "/api/me/totp/confirm", body), 422, "invalid_field", "code"
    )
    assert "clock_offset" not in document
    body["code"] = app.code(STEP)
    assert account.call("POST", "/api/me/totp/confirm", body).status == 200


def test_set_up_expires_and_belongs_to_its_session(environment: dict[str, str]) -> None:
    clock = Clock(STEP)
    account = Account(lambda_client(another_app(environment, clock)))

    def begin() -> tuple[App, dict[str, str]]:
        started = account.call("POST", "/api/me/totp").json
        return App(started["secret"]), {"pending": started["pending"]}

    def confirm(app: App, body: dict[str, str]) -> Response:
        body = {**body, "code": app.code(clock.now)}
        return account.call("POST", "/api/me/totp/confirm", body)

    begun = begin()
    account.sign_in()
    problem(confirm(*begun), 409, "challenge_expired")
    begun = begin()
    clock.now += 300
    assert account.call("POST", "/api/auth/step-up", {"password": PASSWORD}).status == 200
    problem(confirm(*begun), 409, "challenge_expired")
    begun = begin()
    clock.now += 299
    assert confirm(*begun).status == 200
    problem(confirm(*begun), 409, "challenge_expired")


def test_s50_simultaneous_uses_of_one_code_open_one_session(client: Client) -> None:
    account = Account(client)
    app, _ = add_totp(account)
    pending, code = start_sign_in(account)["pending"], app.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: complete_sign_in(account, pending, code=code), range(4)))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


def test_s50_new_app_replaces_the_one_before(client: Client) -> None:
    account = Account(client)
    old, codes = add_totp(account)
    new, none = add_totp(account)
    assert (codes is not None, none) == (True, None)
    problem(login(client, account.username, code=old.code()), 401, "invalid_second_factor")
    assert login(client, account.username, code=new.code()).status == 200


def test_s50_secret_of_an_app_is_encrypted_for_its_user(client: Client, storage: Storage) -> None:
    victim, thief = Account(client), Account(client)
    app, _ = add_totp(victim)
    add_totp(thief)
    table = storage.table
    item = table.get(f"USER#{victim.username}", "FACTOR#TOTP")
    assert item is not None
    assert app.totp.secret not in str(item)
    table.run(table.put_op({**item, "PK": f"USER#{thief.username}"}))
    problem(login(client, thief.username, code=app.code()), 502, "secret_unreadable")


def test_qr_code_and_uri_have_the_secret(client: Client) -> None:
    account = Account(client)
    started = account.call("POST", "/api/me/totp").json
    assert started["uri"] == (
        f"otpauth://totp/API%20Dashboard:{account.username}"
        f"?secret={started['secret']}&issuer=API%20Dashboard"
    )
    assert started["qr_svg"].startswith("<svg ")
    assert len(started["secret"]) == 32
