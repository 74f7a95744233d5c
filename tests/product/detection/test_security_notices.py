"""Users are told of sign-ins from new places, and of changes to how they sign in."""

from __future__ import annotations

from tests.product.detection.conftest import ScannedProduct, add_target, titles
from tests.support.accounts import PASSWORD, Account
from tests.support.authenticator import SoftPasskey
from tests.support.clients import Client, Response
from tests.support.factors import (
    add_passkey,
    add_totp,
    complete_sign_in,
    sign_in_by_passkey,
    start_sign_in,
)
from tests.support.products import another_app, lambda_client
from tests.support.upstream import Place

NEW_PLACE = "Sign-in from a new place"


def login(client: Client, account: Account, cookie: str = "") -> Response:
    """Sign in to an account with a browser's device cookie."""
    body = f'{{"username": "{account.username}", "password": "{PASSWORD}", "session": "cookie"}}'
    fields = [
        ("Content-Type", "application/json"),
        ("User-Agent", "Mozilla/5.0 Firefox/140.0"),
        *([("Cookie", cookie)] if cookie else []),
    ]
    answer = client.request("POST", "/api/auth/login", fields, body.encode())
    assert answer.status == 200, answer.body
    return answer


def texts(account: Account) -> list[str]:
    """Return the texts of the account's notifications, the oldest first."""
    items = account.call("GET", "/api/notifications").json["items"]
    return [item["text"] for item in reversed(items)]


def test_a_sign_in_from_a_new_place_is_notified_once(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    elsewhere = lambda_client(product.app, "198.51.100.9")
    answer = login(elsewhere, account)
    assert titles(account) == [NEW_PLACE]
    assert f"signed in to {account.username} from 198.51.100.9 with firefox at" in texts(account)[0]
    # The network is known now.
    login(elsewhere, account)
    # So is the browser, also from another network.
    device = [one.partition(";")[0] for one in answer.all("set-cookie") if "device" in one]
    assert len(device) == 1
    login(lambda_client(product.app, "192.0.2.33"), account, device[0])
    assert titles(account) == [NEW_PLACE]
    login(lambda_client(product.app, "192.0.2.44"), account)
    assert titles(account) == [NEW_PLACE] * 2


def test_an_account_without_targets_is_told_nothing(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place, events=["quota"])
    login(lambda_client(product.app, "198.51.100.9"), account)
    assert titles(account) == []


def test_a_failed_sign_in_is_not_notified(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    add_totp(account, product.clock.now)
    elsewhere = Account.__new__(Account)
    elsewhere.client, elsewhere.username = (
        lambda_client(product.app, "198.51.100.9"), account.username
    )  # fmt: skip
    wrong = {"username": account.username, "password": "not the right password"}
    assert elsewhere.client.call("POST", "/api/auth/login", wrong).status == 401
    pending = start_sign_in(elsewhere)["pending"]
    assert complete_sign_in(elsewhere, pending, code="000000").status == 401
    assert titles(account) == []


def test_changes_to_how_a_user_signs_in_are_notified(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    _, added = add_passkey(account, name="Old phone")
    codes = added["recovery_codes"]
    assert complete_sign_in(account, start_sign_in(account)["pending"], code=codes[0]).status == 200
    product.clock.now += 1
    add_totp(account, product.clock.now)
    assert account.call("DELETE", "/api/me/totp").status == 204
    product.clock.now += 1
    path = f"/api/me/passkeys/{added['passkey']['passkey_id']}"
    assert account.call("DELETE", path).status == 204
    assert titles(account) == [
        "A recovery code was used",
        "A second factor was removed: authenticator app",
        "A second factor was removed: passkey",
    ]
    used, _, removed = texts(account)
    assert f"A recovery code of {account.username} was used; 9 are left." in used
    assert f"The passkey “Old phone” of {account.username} was removed" in removed
    assert codes[0] not in used
    product.clock.now += 1
    body = {"current_password": PASSWORD, "new_password": f"{PASSWORD} indeed"}
    assert account.call("POST", "/api/me/password", body).status == 204
    again = {"username": account.username, "password": f"{PASSWORD} indeed"}
    account.access = account.client.call("POST", "/api/auth/login", again).json["access_token"]
    assert titles(account)[3:] == ["The password was changed"]


def test_a_copied_passkey_is_notified_once(product: ScannedProduct, place: Place) -> None:
    account = product.account()
    add_target(account, place)
    passkey, _ = add_passkey(account, SoftPasskey(counter=5))
    assert sign_in_by_passkey(account.client, passkey).status == 200
    for counter in (5, 100):
        passkey.counter = counter
        assert sign_in_by_passkey(account.client, passkey).status == 401
    assert titles(account) == ["A passkey may have been copied"]


def test_nothing_is_queued_while_the_server_is_closed(
    product: ScannedProduct, place: Place
) -> None:
    account = product.account()
    add_target(account, place)
    closed = another_app(product.environment, product.clock, API_DASHBOARD_CLOSED="It moves.")
    login(lambda_client(closed, "198.51.100.9"), account)
    assert titles(account) == []
