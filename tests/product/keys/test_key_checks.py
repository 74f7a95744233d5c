"""Proving keys: what the provider's harmless request says, at once and on a schedule."""

from __future__ import annotations

import secrets
import socket
import time
from typing import Any

import pytest

from api.settings import read_settings
from api.wiring import build_shared
from api.wiring.api import build_scheduled_checks
from tests.support.accounts import Account, problem
from tests.support.clients import Client, HttpClient
from tests.support.products import Clock, another_app, door, keep
from tests.support.upstream import Answer, Place, Received

DAY = 86_400


def check(account: Account, key: dict[str, Any]) -> dict[str, Any]:
    answer = account.call("POST", f"/api/keys/{key['key_id']}/check")
    assert answer.status == 200, answer.body
    result: dict[str, Any] = answer.json
    return result


def shown(account: Account, key: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = account.call("GET", f"/api/keys/{key['key_id']}").json
    return document


@pytest.fixture
def key(account: Account, place: Place) -> dict[str, Any]:
    """A key of OpenAI's, whose API is the test's upstream."""
    return account.key(place, provider="openai")


# -- what came back ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 401])
def test_what_comes_back_for_a_secret_is_not_said_of_the_one_that_replaced_it(
    account: Account, key: dict[str, Any], place: Place, status: int
) -> None:
    def answer(_received: Received, _connection: socket.socket) -> Answer:
        change = {"secret": "sk-another-0123456789"}
        assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200
        return Answer(status)

    place.behaviour = answer

    assert check(account, key)["status"] == status
    assert (shown(account, key)["check"], shown(account, key)["state"]) == (None, "ready")


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (Answer(200), "valid", "accepted the key"),
        (Answer(401), "revoked", "refused the key with 401"),
        (Answer(429), "out_of_quota", "quota is exhausted (429)"),
        (Answer(429, [("Retry-After", "90")]), "out_of_quota", "It asks to wait 90 s"),
        (Answer(402), "out_of_quota", "quota is exhausted (402)"),
        (Answer(403, [("Retry-After", "90")]), "out_of_quota", "quota is exhausted (403)"),
        (Answer(403), "unexpected", "does not allow this key to make the check request"),
        (Answer(404), "wrong_host", "Is the base URL right?"),
        (Answer(405), "wrong_host", "the provider's API is not there"),
        (Answer(302, [("Location", "https://login.example.org/x")]), "wrong_host",
         "redirects to login.example.org (302)"),
        (Answer(307), "wrong_host", "redirects (307)"),
        (Answer(301, [("Location", "https://[half")]), "wrong_host", "redirects (301)"),
        (Answer(500), "unexpected", "a server error (500)"),
        (Answer(418), "unexpected", "says nothing about the key"),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "unreachable", "not valid HTTP"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_it_is_said_in_plain_words(
    account: Account, key: dict[str, Any], place: Place, answer: Answer, outcome: str, words: str
) -> None:
    place.answer(answer)
    result = check(account, key)
    assert (result["outcome"], words in result["detail"]) == (outcome, True), result
    assert result["status"] == (None if outcome == "unreachable" else answer.status)
    assert result["checked_at"] == pytest.approx(time.time(), abs=60)
    assert shown(account, key)["check"] == result
    assert account.call("GET", "/api/keys").json["items"][0]["check"] == result
    assert "sk-secret" not in str(result)


def test_the_request_is_the_providers_harmless_one(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    check(account, key)
    (received,) = place.received
    assert (received.method, place.path()) == ("GET", "/v1/models")
    assert received.get("Authorization") == "Bearer sk-secret-0123456789"
    assert received.body == b""


def test_a_host_that_is_down_is_unreachable(
    account: Account, place: Place, closed_port: int
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    result = check(account, account.key(place, provider="openai", base_url=url))
    assert (result["outcome"], result["status"]) == ("unreachable", None)


def test_a_certificate_of_another_name_is_a_wrong_host(account: Account, tls_place: Place) -> None:
    url = tls_place.url.replace("localhost", "127.0.0.1")
    result = check(account, account.key(tls_place, provider="openai", base_url=url))
    assert (result["outcome"], result["status"]) == ("wrong_host", None)
    assert result["detail"] == "The certificate of 127.0.0.1 is for another name."
    assert tls_place.received == []


def test_a_name_that_does_not_exist_is_a_wrong_host_or_not_reachable(
    account: Account, place: Place
) -> None:
    """Which of them depends on whether this machine's resolver has an answer at all."""
    url = f"https://{secrets.token_hex(8)}.invalid"
    result = check(account, account.key(place, provider="openai", base_url=url))
    assert result["outcome"] in ("wrong_host", "unreachable")
    assert ".invalid" in result["detail"]


def test_an_api_without_a_harmless_request_says_so(account: Account, place: Place) -> None:
    result = check(account, account.key(place))
    assert (result["outcome"], result["status"]) == ("unknown", None)
    assert place.received == []


def test_a_new_secret_has_not_been_checked_yet(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    check(account, key)
    body = {"secret": "sk-another-0123456789"}
    changed = account.call("PATCH", f"/api/keys/{key['key_id']}", body).json
    assert changed["check"] is None


def test_a_check_stays_until_the_key_goes_elsewhere(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    path = f"/api/keys/{key['key_id']}"
    result = check(account, key)
    for same in (
        {"description": "another"},
        {"check_every": 3600},
        {"base_url": key["base_url"], "auth": key["auth"]},
    ):
        assert account.call("PATCH", path, same).json["check"] == result
    changed = account.call("PATCH", path, {"base_url": f"{key['base_url']}/v2"})
    assert (changed.status, changed.json["check"]) == (200, None)


# -- what it means for the pool ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer(401), "refused"),
        (Answer(429, [("Retry-After", "90")]), "exhausted"),
        (Answer(429), "ready"),
        (Answer(500), "ready"),
    ],
)
def test_what_a_check_finds_out_the_proxy_knows(
    account: Account, key: dict[str, Any], place: Place, answer: Answer, state: str
) -> None:
    place.answer(answer)
    check(account, key)
    assert shown(account, key)["state"] == state
    other = account.key(place, "sk-other-0123456789")
    token = account.token(["test"])
    place.answer(Answer())
    place.received.clear()
    for _ in range(40):
        assert account.proxied(token).status == 200
    used = {received.get("Authorization") for received in place.received}
    assert ("Bearer sk-secret-0123456789" in used) == (state == "ready") or len(used) == 2
    assert "Bearer sk-other-0123456789" in used
    assert shown(account, other)["state"] == "ready"


def test_a_key_that_proves_itself_is_used_again(
    account: Account, key: dict[str, Any], place: Place
) -> None:
    place.answer(Answer(429, [("Retry-After", "900")]))
    token = account.token(["test"])
    assert account.proxied(token).status == 429
    problem(account.proxied(token), 429, "keys_exhausted")
    place.answer(Answer())
    assert check(account, key)["outcome"] == "valid"
    assert shown(account, key)["state"] == "ready"
    assert account.proxied(token).status == 200


def test_keys_of_a_pool_that_prove_themselves_are_used_again(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(door(another_app(environment, clock)))
    keys = [account.key(place, f"sk-{n}-0123456789", provider="openai") for n in range(2)]
    token = account.token(["test"])
    place.answer(Answer(429, [("Retry-After", "900")]))
    assert account.proxied(token).status == 429
    place.answer(Answer())

    clock.now += 3
    for one in keys:
        assert check(account, one)["outcome"] == "valid"

    assert account.proxied(token).status == 200


def test_a_key_outside_the_pool_item_is_checked_as_well(account: Account, place: Place) -> None:
    keys = [account.key(place, provider="openai") for _ in range(9)]
    place.answer(Answer(401))
    for one in keys:
        assert check(account, one)["outcome"] == "revoked"
        assert shown(account, one)["state"] == "refused"
    place.answer(Answer())
    for one in keys:
        assert check(account, one)["outcome"] == "valid"
        assert shown(account, one)["state"] == "ready"


def test_a_new_secret_of_a_key_outside_the_pool_item_is_ready(
    account: Account, place: Place
) -> None:
    keys = [account.key(place, provider="openai") for _ in range(8)]
    place.answer(Answer(401))
    for number, one in enumerate(keys):
        check(account, one)
        secret = {"secret": f"sk-another-{number:010d}"}
        changed = account.call("PATCH", f"/api/keys/{one['key_id']}", secret).json
        assert changed["state"] == shown(account, one)["state"] == "ready"


# -- on a schedule -------------------------------------------------------------------------------


class Machine:
    """The product with a clock of its own, and what makes the checks that are due."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.clock = Clock()
        self.account = Account(door(another_app(environment, self.clock)))
        self.place = place
        shared = build_shared(read_settings(environment), clock=self.clock)
        keep(shared)
        self.checks = build_scheduled_checks(shared)

    def after(self, seconds: float) -> int:
        """How often the upstream was asked by what runs that much later."""
        self.clock.now += seconds
        before = len(self.place.received)
        self.checks.run()
        return len(self.place.received) - before


@pytest.fixture
def machine(environment: dict[str, str], place: Place) -> Machine:
    return Machine(environment, place)


def test_a_key_is_checked_when_it_is_time(machine: Machine, place: Place) -> None:
    account = machine.account
    key = account.key(place, provider="openai", check_every=3600)
    assert (key["check_every"], key["check"]) == (3600, None)
    assert key["next_check_at"] == int(machine.clock.now) + 3600
    assert machine.after(3500) == 0
    assert machine.after(101) == 1
    account.sign_in()
    seen = shown(account, key)
    assert seen["check"]["outcome"] == "valid"
    assert seen["check"]["checked_at"] == int(machine.clock.now)
    assert seen["next_check_at"] == int(machine.clock.now) + 3600
    assert account.call("GET", "/api/keys").json["items"] == [seen]
    assert machine.after(3500) == 0
    place.answer(Answer(401))
    assert machine.after(101) == 1
    account.sign_in()
    assert shown(account, key)["check"]["outcome"] == "revoked"


def test_what_was_missed_is_made_up_for_once(machine: Machine, place: Place) -> None:
    machine.account.key(place, provider="openai", check_every=300)
    assert machine.after(30 * DAY) == 1
    assert machine.after(1) == 0


def test_the_schedule_can_be_changed_and_ended(machine: Machine, place: Place) -> None:
    account = machine.account
    key = account.key(place, provider="openai")
    path = f"/api/keys/{key['key_id']}"
    assert machine.after(30 * DAY) == 0
    account.sign_in()
    on = account.call("PATCH", path, {"check_every": 300}).json
    assert (on["check_every"], on["next_check_at"]) == (300, int(machine.clock.now) + 300)
    assert account.call("PATCH", path, {"description": "d"}).json["check_every"] == 300
    assert machine.after(301) == 1
    account.sign_in()
    off = account.call("PATCH", path, {"check_every": None}).json
    assert (off["check_every"], off["next_check_at"]) == (None, None)
    assert machine.after(DAY) == 0


def test_a_deleted_key_or_account_is_not_checked(machine: Machine, place: Place) -> None:
    account = machine.account
    gone = account.key(place, provider="openai", check_every=300)
    account.key(place, provider="openai", check_every=300)
    assert account.call("DELETE", f"/api/keys/{gone['key_id']}").status == 204
    assert machine.after(301) == 1
    account.sign_in()
    password = {"password": "a long enough passphrase"}
    assert account.call("DELETE", "/api/me", password).status == 204
    assert machine.after(301) == 0


def test_one_key_that_fails_does_not_keep_others_from_being_checked(
    machine: Machine, environment: dict[str, str], place: Place
) -> None:
    from cryptography.fernet import Fernet

    other = another_app(environment, machine.clock, FERNET_KEYS=Fernet.generate_key().decode())
    account = machine.account
    own, account.client = account.client, door(other)
    account.key(place, provider="openai", check_every=300)  # whose secret cannot be read here
    account.client = own
    account.key(place, provider="openai", check_every=300)
    assert machine.after(301) == 1
    assert machine.after(301) == 1


def test_two_machines_check_a_key_once(
    machine: Machine, environment: dict[str, str], place: Place
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


def test_where_nothing_runs_between_calls_a_schedule_is_refused(
    environment: dict[str, str],
) -> None:
    changes = {"AWS_LAMBDA_FUNCTION_NAME": "api", "API_DASHBOARD_ALLOWED_UPSTREAMS": ""}
    account = Account(door(another_app(environment, **changes)))
    body = {"provider": "openai", "secret": "sk-0123456789abcdef", "check_every": 3600}
    problem(account.call("POST", "/api/keys", body), 409, "no_schedule_here", "check_every")
    key = account.call("POST", "/api/keys", {**body, "check_every": None})
    assert (key.status, key.json["check_every"]) == (201, None)
    path = f"/api/keys/{key.json['key_id']}"
    problem(account.call("PATCH", path, {"check_every": 300}), 409, "no_schedule_here")
    assert account.call("PATCH", path, {"check_every": None}).status == 200
    assert account.client.call("GET", "/api/status").json["scheduled_checks"] is False


def test_on_one_machine_a_schedule_is_kept(client: Client) -> None:
    assert client.call("GET", "/api/status").json["scheduled_checks"] is True


def test_the_running_product_makes_the_checks_itself(
    server: HttpClient, environment: dict[str, str], place: Place
) -> None:
    """The schedule is set back in the table, for nobody wants to wait five minutes."""
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
    end = time.monotonic() + 90
    while not place.received:
        assert time.monotonic() < end, "nobody looked for what is due"
        time.sleep(0.2)
    while shown(account, key)["check"] is None:
        assert time.monotonic() < end
    assert shown(account, key)["check"]["outcome"] == "valid"
