"""Step-up: what needs a proof of the last five minutes, and what counts as one (S50)."""

from __future__ import annotations

from typing import Any

import pytest

from api.routes import GROUPS
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.authenticator import SoftPasskey
from tests.support.factors import add_passkey, add_totp, origin_of
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Place

SECRET = "sk-secret-9876543210"
HEADER = {"name": "X-Second", "secret": "0123456789"}

# Operations that always need a step-up, with a body that would be accepted.
ALWAYS: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/me"): {"email": "b@example.com"},
    ("POST", "/api/me/exports"): None,
    ("POST", "/api/me/passkeys/options"): None,
    ("POST", "/api/me/passkeys"): {
        "pending": "x",
        "name": "Phone",
        "credential": {
            "id": "AAAA",
            "rawId": "AAAA",
            "type": "public-key",
            "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"},
        },
    },
    ("DELETE", "/api/me/passkeys/{passkey_id}"): None,
    ("POST", "/api/me/totp"): None,
    ("POST", "/api/me/totp/confirm"): {"pending": "x", "code": "123456"},
    ("DELETE", "/api/me/totp"): None,
    ("POST", "/api/me/recovery-codes"): None,
    ("POST", "/api/env/export"): {"content": "", "token": "apd_x"},
}
# Operations whose body has the password, which is enough without a second factor.
WITH_PASSWORD: dict[tuple[str, str], Any] = {
    ("DELETE", "/api/me"): {"password": PASSWORD},
    ("POST", "/api/me/password"): {
        "current_password": PASSWORD,
        "new_password": "another long passphrase",
    },
}
BY_BODY = {("PATCH", "/api/keys/{key_id}")}


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The clock of the module's product."""
    return Clock()


@pytest.fixture
def account(environment: dict[str, str], clock: Clock) -> Account:
    """A new user who signed in just now."""
    return Account(lambda_client(another_app(environment, clock)))


def test_s50_every_endpoint_that_needs_a_step_up_is_tested_here() -> None:
    declared = {
        (endpoint.method, endpoint.path)
        for group in GROUPS
        for endpoint in group.endpoints
        if endpoint.step_up is not None
    }
    assert declared == ALWAYS.keys() | WITH_PASSWORD.keys() | BY_BODY


@pytest.mark.parametrize(("method", "path"), ALWAYS)
def test_s50_needs_the_password_of_the_last_five_minutes(
    account: Account, clock: Clock, method: str, path: str
) -> None:
    body, target = ALWAYS[method, path], path.replace("{passkey_id}", "0" * 32)
    answer = account.call(method, target, body)
    assert "step_up" not in str(answer.body)
    clock.now += 300
    document = problem(account.call(method, target, body), 403, "step_up_required")
    assert document["methods"] == ["password"]
    confirm(account, password=PASSWORD)
    assert account.call(method, target, body).status == answer.status


@pytest.mark.parametrize(("method", "path"), [*ALWAYS, *WITH_PASSWORD])
def test_s50_needs_the_second_factor_of_the_last_five_minutes(
    account: Account, clock: Clock, method: str, path: str
) -> None:
    _, codes = add_totp(account, clock.now)
    assert codes is not None
    body = (ALWAYS | WITH_PASSWORD)[method, path]
    target = path.replace("{passkey_id}", "0" * 32)
    clock.now += 300
    document = problem(account.call(method, target, body), 403, "step_up_required")
    assert document["methods"] == ["totp", "recovery_code"]
    confirm(account, code=codes[0])
    assert account.call(method, target, body).status != 403


@pytest.mark.parametrize(("method", "path"), WITH_PASSWORD)
def test_s50_password_in_the_body_is_enough_without_second_factor(
    account: Account, clock: Clock, method: str, path: str
) -> None:
    clock.now += 300
    assert account.call(method, path, WITH_PASSWORD[method, path]).status == 204


def test_s50_replacing_a_secret_needs_a_step_up(
    account: Account, clock: Clock, place: Place
) -> None:
    key = account.key(place, extra_headers=[{"name": "X-Second", "secret": "abcdefghij"}])
    path = f"/api/keys/{key['key_id']}"
    clock.now += 300
    for body in ({"secret": SECRET}, {"extra_headers": [HEADER]}):
        problem(account.call("PATCH", path, body), 403, "step_up_required")
    for body in ({"description": "d"}, {"extra_headers": [{"name": "X-Second"}]}):
        assert account.call("PATCH", path, body).status == 200
    confirm(account, password=PASSWORD)
    assert account.call("PATCH", path, {"secret": SECRET}).status == 200


def test_s50_passkey_confirms_and_its_challenge_is_used_once(
    account: Account, clock: Clock
) -> None:
    passkey, _ = add_passkey(account)
    clock.now += 300
    problem(account.call("POST", "/api/me/exports"), 403, "step_up_required")
    body = signed(account, passkey)
    until = confirm(account, **body)
    assert until == int(clock.now) + 300
    assert account.call("POST", "/api/me/exports").status == 204
    problem(account.call("POST", "/api/auth/step-up", body), 409, "challenge_expired")


def test_s50_challenge_belongs_to_one_session_and_one_purpose(account: Account) -> None:
    passkey, _ = add_passkey(account)
    body = signed(account, passkey)
    other = account.client.call("POST", "/api/auth/passkey/options").json
    credential = passkey.sign(other["options"], origin_of(account.client))
    for pending in (other["pending"], body["pending"] + "x", "x"):
        wrong = {"pending": pending, "passkey": credential}
        problem(account.call("POST", "/api/auth/step-up", wrong), 409, "challenge_expired")
    sign_in = {"pending": other["pending"], "credential": credential}
    session = account.client.call("POST", "/api/auth/passkey", sign_in).json
    answer = account.client.call("POST", "/api/auth/step-up", body, session["access_token"])
    problem(answer, 409, "challenge_expired")


def test_s50_step_up_is_for_one_session(account: Account, clock: Clock) -> None:
    first = account.access
    clock.now += 300
    account.sign_in()
    assert account.call("POST", "/api/me/exports").status == 204
    answer = account.client.call("POST", "/api/me/exports", None, first)
    problem(answer, 403, "step_up_required")


def test_s50_wrong_confirmations_are_refused(account: Account, clock: Clock) -> None:
    wrong = {"password": "wrong password"}
    problem(account.call("POST", "/api/auth/step-up", wrong), 403, "wrong_password")
    app, codes = add_totp(account, clock.now)
    assert codes is not None
    for body, status, code in [
        ({"code": app.wrong_code(clock.now)}, 401, "invalid_second_factor"),
        ({"password": PASSWORD}, 422, "invalid_field"),
        ({"password": PASSWORD, "code": codes[0]}, 422, "invalid_field"),
        ({}, 422, "invalid_field"),
    ]:
        problem(account.call("POST", "/api/auth/step-up", body), status, code)
    confirm(account, code=app.code(clock.now))


def confirm(account: Account, **body: Any) -> int:
    """Step up. Returns until when the session is verified."""
    answer = account.call("POST", "/api/auth/step-up", body)
    assert answer.status == 200, answer.body
    until: int = answer.json["verified_until"]
    return until


def signed(account: Account, passkey: SoftPasskey) -> dict[str, Any]:
    """Return the body of a step-up by passkey."""
    options = account.call("POST", "/api/auth/step-up/options").json
    credential = passkey.sign(options["passkey"], origin_of(account.client))
    return {"pending": options["pending"], "passkey": credential}
