"""Second factors of test users: set them up, and sign in with them."""

from __future__ import annotations

import time
from typing import Any

import pyotp

from tests.support.accounts import PASSWORD, Account
from tests.support.authenticator import SoftPasskey
from tests.support.clients import Client, HttpClient, Response


def passkey_client(client: Client) -> Client:
    """Return the client at an address where passkeys work: `localhost`, or HTTPS."""
    if isinstance(client, HttpClient):
        return HttpClient(client.port, f"localhost:{client.port}")
    return client


def origin_of(client: Client) -> str:
    """Return the origin of a browser's page at the client's address."""
    return f"http://{client.host}" if isinstance(client, HttpClient) else client.url


def add_passkey(
    account: Account, passkey: SoftPasskey | None = None, name: str = "Phone"
) -> tuple[SoftPasskey, dict[str, Any]]:
    """Register a passkey. Returns it and the response."""
    passkey = passkey or SoftPasskey()
    started = account.call("POST", "/api/me/passkeys/options", {})
    assert started.status == 200, started.body
    credential = passkey.create(started.json["options"], origin_of(account.client))
    body = {"pending": started.json["pending"], "credential": credential, "name": name}
    answer = account.call("POST", "/api/me/passkeys", body)
    assert answer.status == 201, answer.body
    added: dict[str, Any] = answer.json
    return passkey, added


class App:
    """An authenticator app with one account."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)

    def code(self, now: float | None = None) -> str:
        """Return the code of a time in epoch seconds, now by default."""
        return self.totp.generate_otp(int(time.time() if now is None else now) // 30)

    def wrong_code(self, now: float | None = None) -> str:
        """Return a code of no time within the next or last hour."""
        now = time.time() if now is None else now
        near = {self.code(now + 30 * offset) for offset in range(-120, 121)}
        return next(code for code in map("{:06}".format, range(1000)) if code not in near)


def add_totp(account: Account, now: float | None = None) -> tuple[App, list[str] | None]:
    """Set up an authenticator app. Returns it, and recovery codes if it is the first factor."""
    started = account.call("POST", "/api/me/totp", {})
    assert started.status == 200, started.body
    app = App(started.json["secret"])
    # The code of the step before leaves the present one for the test.
    at = (time.time() if now is None else now) - 30
    body = {"pending": started.json["pending"], "code": app.code(at)}
    answer = account.call("POST", "/api/me/totp/confirm", body)
    assert answer.status == 200, answer.body
    codes: list[str] | None = answer.json["recovery_codes"]
    return app, codes


def start_sign_in(account: Account, **members: Any) -> dict[str, Any]:
    """Send username and password. Returns the problem that asks for the second factor."""
    body = {"username": account.username, "password": PASSWORD, **members}
    answer = account.client.call("POST", "/api/auth/login", body)
    assert answer.status == 401, answer.body
    document: dict[str, Any] = answer.json
    assert document["code"] == "second_factor_required", document
    return document


def complete_sign_in(account: Account, pending: str, **members: Any) -> Response:
    """Send the second factor of a sign-in."""
    return account.client.call("POST", "/api/auth/second-factor", {"pending": pending, **members})


def sign_in_by_passkey(client: Client, passkey: SoftPasskey, **changes: Any) -> Response:
    """Sign in by passkey alone."""
    started = client.call("POST", "/api/auth/passkey/options", {})
    assert started.status == 200, started.body
    credential = passkey.sign(started.json["options"], origin_of(client), **changes)
    body = {"pending": started.json["pending"], "credential": credential}
    return client.call("POST", "/api/auth/passkey", body)
