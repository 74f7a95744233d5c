"""Keys are checked on a schedule."""

from __future__ import annotations

import time
from typing import Any

import pytest

from api.settings import read_settings
from api.wiring import build_shared
from api.wiring.api import build_scheduled_checks
from tests.product.keys.checks import read_key
from tests.support.accounts import Account, problem
from tests.support.clients import Client, HttpClient
from tests.support.machine import until
from tests.support.products import Clock, another_app, keep, lambda_client
from tests.support.upstream import Answer, Place

DAY = 86_400


class CheckingProduct:
    """The product with its own clock and its scheduled checks."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.clock = Clock()
        self.account = Account(lambda_client(another_app(environment, self.clock)))
        self.place = place
        shared = build_shared(read_settings(environment), clock=self.clock)
        keep(shared)
        self.checks = build_scheduled_checks(shared)

    def run_after(self, seconds: float) -> int:
        """Run the due checks `seconds` later and return the number of upstream requests."""
        self.clock.now += seconds
        before = len(self.place.received)
        self.checks.run()
        return len(self.place.received) - before


@pytest.fixture
def machine(environment: dict[str, str], place: Place) -> CheckingProduct:
    return CheckingProduct(environment, place)


def test_a_key_is_checked_when_it_is_due(machine: CheckingProduct, place: Place) -> None:
    account = machine.account
    key = account.key(place, provider="openai", check_every=3600)
    assert (key["check_every"], key["check"]) == (3600, None)
    assert key["next_check_at"] == int(machine.clock.now) + 3600
    assert machine.run_after(3500) == 0
    assert machine.run_after(101) == 1
    account.sign_in()
    seen = read_key(account, key)
    assert seen["check"]["outcome"] == "valid"
    assert seen["check"]["checked_at"] == int(machine.clock.now)
    assert seen["next_check_at"] == int(machine.clock.now) + 3600
    assert account.call("GET", "/api/keys").json["items"] == [seen]
    assert machine.run_after(3500) == 0
    place.answer(Answer(401))
    assert machine.run_after(101) == 1
    account.sign_in()
    assert read_key(account, key)["check"]["outcome"] == "revoked"


def test_missed_checks_are_made_once(machine: CheckingProduct, place: Place) -> None:
    machine.account.key(place, provider="openai", check_every=300)
    assert machine.run_after(30 * DAY) == 1
    assert machine.run_after(1) == 0


def test_a_schedule_can_be_changed_and_removed(machine: CheckingProduct, place: Place) -> None:
    account = machine.account
    key = account.key(place, provider="openai")
    path = f"/api/keys/{key['key_id']}"
    assert machine.run_after(30 * DAY) == 0
    account.sign_in()
    on = account.call("PATCH", path, {"check_every": 300}).json
    assert (on["check_every"], on["next_check_at"]) == (300, int(machine.clock.now) + 300)
    assert account.call("PATCH", path, {"description": "d"}).json["check_every"] == 300
    assert machine.run_after(301) == 1
    account.sign_in()
    off = account.call("PATCH", path, {"check_every": None}).json
    assert (off["check_every"], off["next_check_at"]) == (None, None)
    assert machine.run_after(DAY) == 0


def test_a_deleted_key_or_account_is_not_checked(machine: CheckingProduct, place: Place) -> None:
    account = machine.account
    gone = account.key(place, provider="openai", check_every=300)
    account.key(place, provider="openai", check_every=300)
    assert account.call("DELETE", f"/api/keys/{gone['key_id']}").status == 204
    assert machine.run_after(301) == 1
    account.sign_in()
    password = {"password": "a long enough passphrase"}
    assert account.call("DELETE", "/api/me", password).status == 204
    assert machine.run_after(301) == 0


def test_a_failing_check_does_not_prevent_others(
    machine: CheckingProduct, environment: dict[str, str], place: Place
) -> None:
    from cryptography.fernet import Fernet

    other = another_app(environment, machine.clock, FERNET_KEYS=Fernet.generate_key().decode())
    account = machine.account
    own, account.client = account.client, lambda_client(other)
    account.key(place, provider="openai", check_every=300)  # its secret cannot be decrypted here
    account.client = own
    account.key(place, provider="openai", check_every=300)
    assert machine.run_after(301) == 1
    assert machine.run_after(301) == 1


def test_two_processes_check_a_key_once(
    machine: CheckingProduct, environment: dict[str, str], place: Place
) -> None:
    machine.account.key(place, provider="openai", check_every=300)
    shared = build_shared(read_settings(environment), clock=machine.clock)
    keep(shared)
    other = build_scheduled_checks(shared)
    machine.clock.now += 301
    machine.checks.run()
    other.run()
    assert len(place.received) == 1


@pytest.mark.parametrize("every", [0, 299, 2_592_001, -5, "300", 300.5, True])
def test_s26_an_interval_is_between_five_minutes_and_thirty_days(
    account: Account, key: dict[str, Any], every: object
) -> None:
    path = f"/api/keys/{key['key_id']}"
    problem(account.call("PATCH", path, {"check_every": every}), 422, "invalid_field",
            "check_every")  # fmt: skip


def test_without_scheduled_checks_a_schedule_is_refused(
    environment: dict[str, str],
) -> None:
    app = another_app(
        environment, AWS_LAMBDA_FUNCTION_NAME="api", API_DASHBOARD_ALLOWED_UPSTREAMS=""
    )
    account = Account(lambda_client(app))
    body = {"provider": "openai", "secret": "sk-0123456789abcdef", "check_every": 3600}
    problem(account.call("POST", "/api/keys", body), 409, "no_schedule_here", "check_every")
    key = account.call("POST", "/api/keys", {**body, "check_every": None})
    assert (key.status, key.json["check_every"]) == (201, None)
    path = f"/api/keys/{key.json['key_id']}"
    problem(account.call("PATCH", path, {"check_every": 300}), 409, "no_schedule_here")
    assert account.call("PATCH", path, {"check_every": None}).status == 200
    assert account.client.call("GET", "/api/status").json["scheduled_checks"] is False


def test_status_reports_scheduled_checks(client: Client) -> None:
    assert client.call("GET", "/api/status").json["scheduled_checks"] is True


def test_the_running_product_makes_the_checks_itself(
    server: HttpClient, environment: dict[str, str], place: Place
) -> None:
    """The test sets the due time back in the table, to avoid a wait of five minutes."""
    account = Account(server)
    key = account.key(place, provider="openai", check_every=300)
    storage = build_shared(read_settings(environment)).storage
    keep(storage)
    due = int(time.time()) - 1
    storage.table.run(
        storage.table.update_op(
            f"USER#{account.username}",
            f"CHECK#{key['key_id']}",
            "SET #at = :at, GSI1SK = :moment",
            {":at": due, ":moment": f"{due:010d}#{account.username}"},
            names={"#at": "at"},
        )
    )
    until(lambda: bool(place.received), patience=90)
    until(lambda: read_key(account, key)["check"] is not None)
    assert read_key(account, key)["check"]["outcome"] == "valid"
