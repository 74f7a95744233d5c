"""Keys that the upstream refuses are skipped and come last."""

from __future__ import annotations

import socket
import time

import pytest

from tests.product.proxy.pools import FIRST, SECOND, Keys, good, limited
from tests.support.accounts import Account, call_until, problem
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Answer, Place, Received


@pytest.fixture
def token(account: Account, place: Place) -> str:
    """A token for the API `test`, whose pool has two keys."""
    account.key(place, FIRST)
    account.key(place, SECOND)
    return account.token(["test"])


def test_a_refused_key_is_reported_to_the_caller_and_comes_last(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=Answer(401, [], b"bad key"), second=good())
    answer = call_until(lambda _: "first" in keys.used, account, token)
    assert (answer.status, answer.body) == (401, b"bad key")
    assert answer.get("Proxy-Status") is None
    place.received.clear()

    for _ in range(8):
        assert account.proxied(token).status == 200

    assert keys.used == ["second"] * 8


def test_a_429_is_not_replaced_by_the_401_of_a_refused_key(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=Answer(401, [], b"bad key"), second=Answer(429, [], b"slow down"))
    call_until(lambda _: "first" in keys.used, account, token)
    place.received.clear()

    for _ in range(8):
        assert account.proxied(token).status == 429

    assert keys.used == ["second"] * 8


def test_when_all_keys_are_refused_the_upstreams_response_is_returned(
    account: Account, place: Place, token: str
) -> None:
    refused = Answer(401, [("WWW-Authenticate", "Bearer")], b"bad key")
    Keys(place, first=refused, second=refused)

    for _ in range(4):
        answer = account.proxied(token)
        assert (answer.status, answer.body) == (401, b"bad key")

    assert len(place.received) == 4


@pytest.mark.parametrize("name", ["first", "second"])
def test_when_all_keys_are_refused_one_that_works_again_is_found(
    account: Account, place: Place, token: str, name: str
) -> None:
    refused = Answer(401, [], b"bad key")
    keys = Keys(place, first=refused, second=refused)
    for _ in range(4):
        assert account.proxied(token).status == 401
    keys.answers[f"Bearer sk-{name}-0123456789"] = good()

    assert 200 in [account.proxied(token).status for _ in range(60)]


def test_with_a_refused_and_an_exhausted_key_the_response_names_the_reset_of_the_exhausted_one(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=Answer(401, [], b"bad key"), second=limited(600))
    call_until(lambda _: set(keys.used) == {"first", "second"}, account, token)
    place.received.clear()

    answer = account.proxied(token)

    problem(answer, 429, "keys_exhausted")
    assert 50 <= int(answer.get("Retry-After") or 0) <= 60
    assert answer.json["reset_at"] == pytest.approx(time.time() + 600, abs=30)
    assert keys.used == []
    (limits,) = account.call("GET", "/api/rate-limits").json["items"]
    assert limits["exhausted_until"] == answer.json["reset_at"]


def test_a_replaced_secret_makes_a_refused_key_usable_at_once(
    account: Account, place: Place
) -> None:
    key = account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(401, [], b"bad"), second=limited(600), new=good())
    call_until(lambda _: "first" in keys.used, account, token)

    change = {"secret": "sk-new-0123456789"}
    assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200

    assert account.proxied(token).body == b"good"
    assert keys.used[-1] == "new"


def test_a_rejection_of_the_old_secret_does_not_affect_the_new_one(
    account: Account, place: Place
) -> None:
    """The response to a call with the old secret arrives after it was replaced."""
    key = account.key(place, FIRST)
    change = {"secret": SECOND}

    def answer(received: Received, _connection: socket.socket) -> Answer:
        if received.get("Authorization") == f"Bearer {FIRST}":
            assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200
            return Answer(401, [], b"revoked")
        return good()

    place.behaviour = answer

    assert account.proxied(account.token(["test"])).status == 401

    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    assert (shown["hint"], shown["state"]) == ("…6789", "ready")


def test_a_refused_key_is_skipped_for_longer_each_time_until_it_works(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock(1_900_000_000.0)
    account = Account(lambda_client(another_app(environment, clock)))
    key = account.key(place, FIRST)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(401, [], b"no"))
    rests = []
    for _ in range(6):
        assert account.proxied(token).status == 401
        shown = account.call("GET", f"/api/keys/{key['key_id']}").json
        rests.append(shown["state_until"] - shown["state_since"])
        clock.now = shown["state_until"] + 1
        account.sign_in()
    assert rests == [300, 1200, 4800, 19_200, 76_800, 86_400]

    keys.answers[f"Bearer {FIRST}"] = good()
    assert account.proxied(token).status == 200
    keys.answers[f"Bearer {FIRST}"] = Answer(401, [], b"no")
    assert account.proxied(token).status == 401
    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    assert shown["state_until"] - shown["state_since"] == 300
