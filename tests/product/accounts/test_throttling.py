"""Throttling of sign-in and of invite codes (S22), by account and source and by source alone."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec

import pytest

from api.errors import Problem
from api.services.accounts.throttling import (
    LONG_WINDOW,
    PER_ACCOUNT_AND_SOURCE,
    PER_DEVICE,
    PER_SOURCE,
    UNKNOWN_PER_ACCOUNT,
    UNKNOWN_PER_ACCOUNT_LONG,
    Throttling,
)
from api.wiring import Storage
from api.wsgi import App
from tests.support.accounts import PASSWORD, Account, login, new_username, problem, register
from tests.support.clients import Client, HttpClient, Response
from tests.support.products import another_app, lambda_client

P = ParamSpec("P")

WINDOW_SECONDS = 900


def repeated_across_windows(test: Callable[P, None]) -> Callable[P, None]:
    """Run a test again if it fails and the throttling window ended during the test."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        window = time.time() // WINDOW_SECONDS
        try:
            test(*args, **kwargs)
        except AssertionError:
            if time.time() // WINDOW_SECONDS == window:
                raise
            test(*args, **kwargs)

    return run


def hammer(client: Client, username: str, times: int = PER_ACCOUNT_AND_SOURCE) -> list[int]:
    """Fail to sign in several times, and return the statuses."""
    return [login(client, username, "wrong password").status for _ in range(times)]


@repeated_across_windows
def test_s22_attempts_at_an_account_are_throttled_even_with_the_right_password(
    client: Client,
) -> None:
    account = Account(client)
    assert hammer(client, account.username) == [401] * PER_ACCOUNT_AND_SOURCE
    answer = login(client, account.username)
    problem(answer, 429, "too_many_attempts")
    assert 1 <= int(answer.get("retry-after") or 0) <= 900


@repeated_across_windows
def test_s22_an_unknown_username_is_throttled_too(client: Client) -> None:
    username = new_username()
    assert hammer(client, username) == [401] * PER_ACCOUNT_AND_SOURCE
    problem(login(client, username), 429, "too_many_attempts")


@repeated_across_windows
def test_s22_variants_of_the_username_do_not_bypass_throttling(client: Client) -> None:
    account = Account(client)
    variants = [account.username.upper(), account.username.title(),
                account.username.replace("u", "\uff55"), account.username.replace("x", "\u24e7"),
                account.username.replace("u", "\U0001d4ca")]  # fmt: skip
    for turn in range(PER_ACCOUNT_AND_SOURCE):
        written = variants[turn % len(variants)]
        problem(login(client, written, "wrong password"), 401, "invalid_credentials")
    for written in [account.username, *variants]:
        problem(login(client, written), 429, "too_many_attempts")


@pytest.mark.parametrize(
    "field", ["X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP", "True-Client-IP",
              "CF-Connecting-IP", "X-Client-IP", "X-Forwarded-Host"],
)  # fmt: skip
@repeated_across_windows
def test_s14_s22_forwarded_headers_do_not_bypass_throttling(
    shared_client: Client, field: str
) -> None:
    username = new_username()
    body = {"username": username, "password": "wrong password"}

    def attempt(number: int) -> Response:
        value = f"for=192.0.2.{number}" if field == "Forwarded" else f"192.0.2.{number}"
        headers = [("Content-Type", "application/json"), (field, value)]
        return shared_client.request("POST", "/api/auth/login", headers, json.dumps(body).encode())

    for number in range(PER_ACCOUNT_AND_SOURCE):
        problem(attempt(number), 401, "invalid_credentials")
    problem(attempt(99), 429, "too_many_attempts")


@repeated_across_windows
def test_s22_parallel_attempts_are_all_counted(client: Client) -> None:
    account = Account(client)
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda _: login(client, account.username, "wrong password"), range(30))
        statuses = [answer.status for answer in answers]
    assert statuses.count(401) == PER_ACCOUNT_AND_SOURCE
    assert statuses.count(429) == 30 - PER_ACCOUNT_AND_SOURCE


@repeated_across_windows
def test_s22_throttling_locks_out_neither_the_owner_elsewhere_nor_others(app: App) -> None:
    attacker, owner = lambda_client(app, "198.51.100.1"), lambda_client(app, "198.51.100.2")
    victim, neighbour = Account(owner), Account(attacker)
    hammer(attacker, victim.username, PER_SOURCE + 10)
    problem(login(attacker, victim.username), 429, "too_many_attempts")
    assert login(owner, victim.username).status == 200
    assert login(attacker, neighbour.username).status == 200


@repeated_across_windows
def test_s22_a_source_that_tries_many_names_is_throttled(app: App, storage: Storage) -> None:
    attacker, elsewhere = lambda_client(app, "198.51.100.9"), lambda_client(app, "198.51.101.9")
    user = Account(elsewhere)
    throttling = Throttling(storage.throttles, 0)
    for _ in range(PER_SOURCE - 1):
        throttling.attempt_sign_in(new_username(), "198.51.100.9", int(time.time()))
    problem(login(attacker, new_username(), "wrong password"), 401, "invalid_credentials")
    problem(login(attacker, user.username), 429, "too_many_attempts")
    assert login(elsewhere, user.username).status == 200


@repeated_across_windows
def test_s22_one_ipv6_subscriber_is_one_source(app: App) -> None:
    username = new_username()
    for number in range(PER_ACCOUNT_AND_SOURCE):
        attacker = lambda_client(app, f"2001:db8:1:2::{number:x}")
        problem(login(attacker, username, "wrong password"), 401, "invalid_credentials")
    again = login(lambda_client(app, "2001:db8:1:2:ffff::1"), username, "wrong password")
    problem(again, 429, "too_many_attempts")
    other = login(lambda_client(app, "2001:db8:1:3::1"), username, "wrong password")
    problem(other, 401, "invalid_credentials")


@repeated_across_windows
def test_a_successful_sign_in_resets_the_count_of_failures(client: Client) -> None:
    account = Account(client)
    for _ in range(3):
        hammer(client, account.username, PER_ACCOUNT_AND_SOURCE - 1)
        assert login(client, account.username).status == 200


@repeated_across_windows
def test_s22_password_guesses_with_a_stolen_access_token_are_throttled(client: Client) -> None:
    account = Account(client)
    for _ in range(PER_ACCOUNT_AND_SOURCE):
        answer = account.call("DELETE", "/api/me", {"password": "wrong password"})
        problem(answer, 403, "wrong_password")
    problem(account.call("DELETE", "/api/me", {"password": PASSWORD}), 429, "too_many_attempts")
    body = {"current_password": PASSWORD, "new_password": "another long passphrase"}
    problem(account.call("POST", "/api/me/password", body), 429, "too_many_attempts")


def guess_from_many(app: App, username: str, number: int) -> list[int]:
    """Fail to sign in once from each of `number` addresses. Returns the statuses."""
    clients = [lambda_client(app, f"198.18.{n // 250}.{n % 250}") for n in range(number)]
    return [login(client, username, "wrong password").status for client in clients]


@repeated_across_windows
def test_s22_guesses_from_many_sources_are_throttled_but_not_the_owner(app: App) -> None:
    at_home, elsewhere = lambda_client(app, "198.51.100.31"), lambda_client(app, "198.51.100.32")
    owner = Account(at_home)
    signed_in = login(at_home, owner.username, session="cookie")
    cookie = device_cookie(signed_in)
    statuses = guess_from_many(app, owner.username, 120)
    assert statuses == [401] * UNKNOWN_PER_ACCOUNT + [429] * (120 - UNKNOWN_PER_ACCOUNT)
    refused = login(elsewhere, owner.username)
    problem(refused, 429, "too_many_attempts")
    assert 1 <= int(refused.get("retry-after") or 0) <= 900
    assert login(at_home, owner.username).status == 200
    body = {"username": owner.username, "password": PASSWORD}
    for fields, status in (([], 429), ([("Cookie", cookie[1] + "0")], 429), ([cookie], 200)):
        headers = [("Content-Type", "application/json"), *fields]
        data = json.dumps(body).encode()
        assert elsewhere.request("POST", "/api/auth/login", headers, data).status == status


@repeated_across_windows
def test_s22_an_unknown_name_is_throttled_across_sources_too(app: App) -> None:
    username = new_username()
    statuses = guess_from_many(app, username, UNKNOWN_PER_ACCOUNT + 5)
    assert statuses == [401] * UNKNOWN_PER_ACCOUNT + [429] * 5


@repeated_across_windows
def test_s22_a_stolen_device_cookie_gives_few_guesses(app: App) -> None:
    owner = Account(lambda_client(app, "198.51.100.41"))
    signed_in = login(owner.client, owner.username, session="cookie")
    headers = [("Content-Type", "application/json"), device_cookie(signed_in)]

    def attempt(number: int, username: str, password: str = "wrong password") -> Response:
        body = json.dumps({"username": username, "password": password}).encode()
        thief = lambda_client(app, f"198.51.102.{number}")
        return thief.request("POST", "/api/auth/login", headers, body)

    for number in range(PER_DEVICE):
        problem(attempt(number, owner.username), 401, "invalid_credentials")
    problem(attempt(50, owner.username), 429, "too_many_attempts")
    problem(attempt(51, owner.username, PASSWORD), 429, "too_many_attempts")
    assert login(owner.client, owner.username).status == 200
    other = Account(owner.client)
    guess_from_many(app, other.username, UNKNOWN_PER_ACCOUNT)
    problem(attempt(52, other.username, PASSWORD), 429, "too_many_attempts")


def test_s22_the_device_cookie_is_out_of_reach_of_scripts_and_other_sites(app: App) -> None:
    account = Account(lambda_client(app, "198.51.100.51"))
    answer = login(account.client, account.username, session="cookie")
    refresh_field, device_field = answer.all("set-cookie")
    assert refresh_field.startswith("api_dashboard_refresh=")
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/api/auth"):
        assert f"; {attribute}" in device_field
    assert account.username not in device_field
    assert login(account.client, account.username).all("set-cookie") == []


def test_s22_the_account_counter_grows_and_ends(storage: Storage) -> None:
    throttling = Throttling(storage.throttles, 0)
    name, start = new_username(), 1_780_000_200 - 1_780_000_200 % LONG_WINDOW

    def refused(at: int, number: int) -> list[int]:
        waits = []
        for turn in range(number):
            try:
                throttling.attempt_sign_in(name, f"198.18.4.{turn}", at)
            except Problem as problem:
                waits.append(int(dict(problem.headers)["Retry-After"]))
        return waits

    windows = UNKNOWN_PER_ACCOUNT_LONG // UNKNOWN_PER_ACCOUNT
    for window in range(windows - 1):
        waits = refused(start + window * 900, UNKNOWN_PER_ACCOUNT + 20)
        assert waits == [900] * 20, "refused attempts do not count in the long window"
    assert refused(start + windows * 900, UNKNOWN_PER_ACCOUNT) == []
    later = start + 900 * 10
    assert refused(later, 3) == [LONG_WINDOW - 9000] * 3
    assert refused(start + LONG_WINDOW, 3) == []


def test_s44_accounts_of_one_source_and_day_are_limited(environment: dict[str, str]) -> None:
    app = another_app(environment, API_DASHBOARD_MAX_ACCOUNTS_PER_DAY="3")
    source, other = lambda_client(app, "198.51.100.91"), lambda_client(app, "198.51.100.92")
    taken = new_username()
    assert register(source, taken).status == 201
    problem(register(source, taken), 409, "username_taken")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: register(source, new_username()), range(6)))
    assert sorted(answer.status for answer in answers) == [201, 201, 429, 429, 429, 429]
    refused = register(source, new_username())
    document = problem(refused, 429, "too_many_accounts")
    assert "API_DASHBOARD_MAX_ACCOUNTS_PER_DAY" in document["detail"]
    assert 1 <= int(refused.get("retry-after") or 0) <= 86_400
    assert register(other, new_username()).status == 201


def device_cookie(answer: Response) -> tuple[str, str]:
    """Return the device cookie of a sign-in as a request field."""
    [field] = [f for f in answer.all("set-cookie") if f.startswith("api_dashboard_device_")]
    return "Cookie", field.partition(";")[0]


@repeated_across_windows
def test_s22_guesses_of_the_invite_code_are_throttled(environment: dict[str, str]) -> None:
    code = "come-in-please"
    app = another_app(environment, API_DASHBOARD_SIGN_UP="invite", API_DASHBOARD_INVITE_CODE=code)
    guesser, other = lambda_client(app, "198.51.100.77"), lambda_client(app, "198.51.100.78")
    answers = [register(guesser, new_username(), invite_code=f"guess{i}") for i in range(25)]
    problem(answers[-1], 429, "too_many_attempts")
    problem(register(guesser, new_username(), invite_code=code), 429, "too_many_attempts")
    assert register(other, new_username(), invite_code=code).status == 201


def test_the_server_records_the_source_address_of_the_connection(server: HttpClient) -> None:
    account = Account(server)
    (session,) = account.call("GET", "/api/sessions").json["items"]
    assert session["source"] == "127.0.0.1"
