"""Sign-in with a second factor, and the proof that the server asks for before some commands."""

from __future__ import annotations

import time

import pytest

from api.wiring import Storage
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, Ran, failed
from tests.support.factors import App, add_passkey, add_totp, passkey_client
from tests.support.products import storage_of
from tests.support.upstream import Place


@pytest.fixture(scope="module")
def storage(environment: dict[str, str], server: HttpClient) -> Storage:
    """The server's table."""
    return storage_of(environment)


class Protected:
    """An account with an authenticator app and recovery codes."""

    def __init__(self, server: HttpClient) -> None:
        self.account = Account(server)
        self.app, codes = add_totp(self.account)
        assert codes is not None
        self.codes = codes


@pytest.fixture
def protected(server: HttpClient) -> Protected:
    """An account with a second factor."""
    return Protected(server)


def sign_in(run: CommandLine, account: Account, *arguments: str, **given: object) -> Ran:
    return run("login", account.client.url, "--username", account.username, *arguments, **given)  # type: ignore[arg-type]


def later(storage: Storage, account: Account, minutes: int = 6) -> None:
    """Let the last proof of each session of an account be from some minutes ago."""
    for session in storage.sessions.page(account.username, 100, None).items:
        then = int(time.time()) - minutes * 60
        assert storage.sessions.set_verified(account.username, session.session_id, then)


def test_s50_a_sign_in_asks_for_the_code(run: CommandLine, protected: Protected) -> None:
    code = protected.app.code()
    ran = sign_in(run, protected.account, answers=[PASSWORD, code])
    assert (ran.exit_code, ran.out) == (0, "") and "Signed in" in ran.err
    assert code not in ran.err and run("status").exit_code == 0
    # A code works once.
    failed(sign_in(run, protected.account, answers=[PASSWORD, code]), 1, "used before")
    assert run("status").exit_code == 0


def test_s50_a_recovery_code_signs_in_and_the_rest_is_counted(
    run: CommandLine, protected: Protected
) -> None:
    ran = sign_in(run, protected.account, answers=[PASSWORD, protected.codes[0]])
    assert ran.exit_code == 0 and "are left: 9." in ran.err


def test_s50_scripts_pass_password_and_code_as_two_lines(
    run: CommandLine, protected: Protected
) -> None:
    stdin = f"{PASSWORD}\n{protected.app.code()}\n"
    ran = sign_in(run, protected.account, "--password-stdin", "--code-stdin", stdin=stdin)
    assert ran.exit_code == 0, ran.err
    wrong = f"{PASSWORD}\n000000\n"
    failed(
        sign_in(run, protected.account, "--password-stdin", "--code-stdin", stdin=wrong),
        1, "The code is wrong",
    )  # fmt: skip
    for arguments, given, exit_code, text in (
        (("--password-stdin",), PASSWORD, 2, "--code-stdin"),
        (("--code-stdin",), stdin, 2, "add --password-stdin"),
        (("--password-stdin", "--code-stdin"), PASSWORD, 2, "two lines"),
    ):
        failed(sign_in(run, protected.account, *arguments, stdin=given), exit_code, text)


def test_s50_only_a_passkey_leads_to_the_browser(
    run: CommandLine, server: HttpClient, storage: Storage
) -> None:
    account = Account(passkey_client(server))
    add_passkey(account)
    storage.table.delete_keys([(f"USER#{account.username}", "FACTOR#RECOVERY")])
    ran = sign_in(run, account, "--password-stdin", stdin=PASSWORD)
    failed(ran, 4, "passkey", "browser", account.client.url)
    assert run.paths() == []


def test_s50_a_command_that_needs_a_proof_asks_once_and_goes_on(
    run: CommandLine, owner: Account, storage: Storage, place: Place
) -> None:
    owner.key(place)
    run.login(owner)
    later(storage, owner)
    failed(run("env", "export", "--new-token", "a"), 4, "no terminal", "api-dashboard login")
    ran = run("env", "export", "--new-token", "b", answers=[PASSWORD])
    assert ran.exit_code == 0 and "apd_" in ran.out, ran.err
    assert run("env", "export", "--new-token", "c").exit_code == 0
    later(storage, owner)
    failed(
        run("env", "export", "--new-token", "d", answers=["no such password"]),
        1, "The password is wrong",
    )  # fmt: skip


def test_s50_with_a_second_factor_the_proof_is_a_code(
    run: CommandLine, protected: Protected, storage: Storage, place: Place
) -> None:
    account, app = protected.account, protected.app
    account.key(place)
    stdin = f"{PASSWORD}\n{protected.codes[1]}\n"
    assert sign_in(run, account, "--password-stdin", "--code-stdin", stdin=stdin).exit_code == 0
    later(storage, account)
    ran = run("env", "export", "--new-token", "a", answers=[app.code()])
    assert ran.exit_code == 0 and "apd_" in ran.out, ran.err
    later(storage, account)
    failed(run("env", "export", "--new-token", "b", answers=[_wrong(app)]), 1, "The code is wrong")


def _wrong(app: App) -> str:
    """Return six digits that are no code of this hour."""
    now = time.time()
    codes = {app.code(now + 30 * step) for step in range(-120, 120)}
    return next(text for text in map("{:06}".format, range(1000)) if text not in codes)
