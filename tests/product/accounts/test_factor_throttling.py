"""Guessing codes is hopeless, and locks out nobody who is known or has another factor (S50)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from api.services.second_factor.throttling import KNOWN, UNKNOWN, UNKNOWN_PER_DAY
from api.wsgi import App as Product
from tests.support.accounts import PASSWORD, Account, login, problem
from tests.support.clients import Client, Response
from tests.support.factors import App, add_passkey, add_totp, sign_in_by_passkey
from tests.support.products import Clock, another_app, lambda_client

HOME, ATTACKER, HOTEL = "198.51.100.1", "203.0.113.66", "192.0.2.9"


class World(NamedTuple):
    """A product with a clock at the start of a day, and a user with an authenticator app."""

    product: Product
    clock: Clock
    account: Account
    app: App
    codes: list[str]

    def from_network(self, source: str) -> Client:
        """Return a client of an address."""
        return lambda_client(self.product, source)

    def guess(self, source: str) -> Response:
        """Sign in with the right password and a wrong code."""
        code = self.app.wrong_code(self.clock.now)
        return login(self.from_network(source), self.account.username, code=code)


@pytest.fixture
def world(environment: dict[str, str]) -> World:
    """A user who has signed in at home only."""
    clock = Clock()
    clock.now = int(clock.now) // 86_400 * 86_400 + 3600.0
    product = another_app(environment, clock)
    account = Account(lambda_client(product, HOME))
    app, codes = add_totp(account, clock.now)
    assert codes is not None
    return World(product, clock, account, app, codes)


def test_s50_unknown_networks_share_few_guesses_a_day(world: World) -> None:
    allowed = 0
    for hour in range(12):
        world.clock.now += 900
        answers = [world.guess(f"203.0.{hour}.{number}") for number in range(UNKNOWN + 2)]
        allowed += [answer.status for answer in answers].count(401)
        assert answers[-1].status == 429
    # 3 of a million codes are right, so that takes 91 years on average.
    assert allowed == UNKNOWN_PER_DAY


def test_s50_simultaneous_guesses_are_all_counted(world: World) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: world.guess(f"203.0.113.{n}"), range(24)))
    assert [answer.status for answer in answers].count(401) == UNKNOWN


def test_s50_attacker_locks_out_nobody_at_a_known_network(world: World) -> None:
    exhaust(world)
    code = world.app.code(world.clock.now)
    home = world.from_network(HOME)
    assert login(home, world.account.username, code=code).status == 200


def test_s50_recovery_code_works_while_an_attacker_guesses(world: World) -> None:
    exhaust(world)
    hotel = world.from_network(HOTEL)
    code = world.app.code(world.clock.now)
    refused = problem(login(hotel, world.account.username, code=code), 429, "too_many_attempts")
    assert "recovery code" in refused["detail"]
    assert login(hotel, world.account.username, code=world.codes[0]).status == 200
    # The network is known now.
    assert login(hotel, world.account.username, code=code).status == 200


def test_s50_passkey_works_while_an_attacker_guesses(world: World) -> None:
    passkey, _ = add_passkey(world.account)
    exhaust(world)
    assert sign_in_by_passkey(world.from_network(HOTEL), passkey).status == 200


def test_s50_known_browser_works_on_a_new_network(world: World) -> None:
    body = {"username": world.account.username, "password": PASSWORD, "session": "cookie"}
    signed_in = world.account.client.call(
        "POST", "/api/auth/login", {**body, "code": world.app.code(world.clock.now)}
    )
    assert signed_in.status == 200
    (device,) = [c for c in signed_in.all("set-cookie") if c.startswith("api_dashboard_device")]
    world.clock.now += 30
    exhaust(world)
    headers = [("Content-Type", "application/json"), ("Cookie", device.partition(";")[0])]
    data = json.dumps({**body, "code": world.app.code(world.clock.now)}).encode()
    hotel = world.from_network(HOTEL)
    assert hotel.request("POST", "/api/auth/login", headers, data).status == 200


def test_s50_right_password_alone_makes_no_network_known(world: World) -> None:
    for _ in range(3):
        assert login(world.from_network(ATTACKER), world.account.username).status == 401
    answers = [world.guess(ATTACKER).status for _ in range(UNKNOWN + 1)]
    assert answers == [401] * UNKNOWN + [429]
    signed_in = login(world.from_network(ATTACKER), world.account.username)
    assert "set-cookie" not in {name.lower() for name, _ in signed_in.headers}


def test_s50_guesses_with_a_stolen_session_are_throttled(world: World) -> None:
    wrong = {"code": world.app.wrong_code(world.clock.now)}
    for _ in range(KNOWN):
        answer = world.account.call("POST", "/api/auth/step-up", wrong)
        problem(answer, 401, "invalid_second_factor")
    answer = world.account.call("POST", "/api/auth/step-up", wrong)
    problem(answer, 429, "too_many_attempts")
    # The owner's other session is not affected.
    code = world.app.code(world.clock.now)
    session = login(world.account.client, world.account.username, code=code).json
    body = {"code": world.app.code(world.clock.now + 30)}
    answer = world.account.client.call("POST", "/api/auth/step-up", body, session["access_token"])
    assert answer.status == 200


def exhaust(world: World) -> None:
    """Guess from an unknown network until the guesses of the day are used up."""
    for _ in range(UNKNOWN_PER_DAY):
        if world.guess(ATTACKER).status == 429:
            world.clock.now += 900
    assert world.guess(ATTACKER).status in (401, 429)
    assert world.guess(ATTACKER).status == 429
