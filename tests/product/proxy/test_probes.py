"""Held keys: after a 429 that asks to wait, one call probes the key once a minute."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from api.quota.key_state import KeyState, probing_state
from tests.product.proxy.pools import FIRST, Keys, good, limited
from tests.support.accounts import Account, problem
from tests.support.products import Clock, another_app, lambda_client, storage_of
from tests.support.upstream import Answer, Place, Received


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(environment: dict[str, str], clock: Clock) -> Account:
    return Account(lambda_client(another_app(environment, clock)))


@pytest.fixture
def held(account: Account, place: Place) -> str:
    """A token for an API whose only key answered 429 and asked to wait for an hour."""
    account.key(place, FIRST)
    token = account.token(["test"])
    Keys(place, first=limited(3600))
    assert account.proxied(token).body == b"slow down"
    return token


def refused(account: Account, token: str, wait: int) -> None:
    answer = account.proxied(token)
    problem(answer, 429, "keys_exhausted")
    assert int(answer.get("Retry-After") or 0) == wait


def test_a_held_key_is_probed_once_a_minute(
    account: Account, place: Place, clock: Clock, held: str
) -> None:
    start = int(clock.now)
    for second, wait in ((0, 60), (20, 40), (59, 1)):
        clock.now = start + second
        refused(account, held, wait)
    assert len(place.received) == 1

    clock.now = start + 60
    assert account.proxied(held).body == b"slow down", "the probe's answer"
    refused(account, held, 60)
    assert len(place.received) == 2

    clock.now = start + 120
    place.answer(good())
    assert [account.proxied(held).status for _ in range(3)] == [200] * 3
    (key,) = account.call("GET", "/api/keys").json["items"]
    assert key["state"] == "ready"


def test_one_of_many_calls_in_several_processes_probes(
    environment: dict[str, str], account: Account, place: Place, clock: Clock, held: str
) -> None:
    clients = [lambda_client(another_app(environment, clock)) for _ in range(4)]
    clock.now += 61
    answers, others = Event(), Barrier(2)

    def slow(_received: Received, _connection: object) -> Answer:
        others.wait(10)
        assert answers.wait(10)
        return good()

    place.behaviour = slow
    with ThreadPoolExecutor(9) as threads:
        headers = [("Authorization", f"Bearer {held}")]
        calls = [
            threads.submit(clients[number % 4].request, "GET", "/proxy/test/x", headers)
            for number in range(8)
        ]
        others.wait(10)
        refused(account, held, 5)
        entry = account.call("GET", "/api/requests").json["items"][0]
        assert (entry["problem"], entry["key_id"]) == ("keys_exhausted", None)
        answers.set()
        statuses = sorted(call.result().status for call in calls)

    assert statuses == [200, *[429] * 7]
    assert len(place.received) == 2
    place.answer(good())
    assert account.proxied(held).status == 200


def test_a_probe_that_never_ends_is_given_up_after_a_minute(
    environment: dict[str, str], account: Account, place: Place, clock: Clock, held: str
) -> None:
    """Claim the probe as a process does that is killed before the response."""
    clock.now += 60
    pools = storage_of(environment).pools
    pool = pools.get(account.username, "test")
    assert pool is not None
    (key,) = pool.keys
    state = pool.states[key.key_id]
    assert pools.replace_state(account.username, "test", key, state, probing_state(state, clock()))
    place.answer(good())

    refused(account, held, 5)
    clock.now += 59
    refused(account, held, 5)
    assert len(place.received) == 1
    clock.now += 1
    assert account.proxied(held).status == 200


@pytest.mark.parametrize("status", [204, 302, 400, 404, 403, 500, 503])
def test_any_other_response_to_a_probe_ends_the_hold(
    account: Account, place: Place, clock: Clock, held: str, status: int
) -> None:
    clock.now += 60
    place.answer(Answer(status, [], b""))

    assert [account.proxied(held).status for _ in range(3)] == [status] * 3


def test_after_a_probe_without_a_response_the_next_call_probes(
    account: Account, place: Place, clock: Clock, held: str
) -> None:
    clock.now += 60
    place.behaviour = lambda _received, connection: connection.close()
    assert account.proxied(held, method="POST").status == 502
    place.answer(good())

    assert account.proxied(held).status == 200


def test_a_short_wait_ends_without_a_probe(account: Account, place: Place, clock: Clock) -> None:
    account.key(place, FIRST)
    token = account.token(["test"])
    place.answer(limited(7))
    assert account.proxied(token).status == 429
    refused(account, token, 7)
    clock.now += 8
    place.answer(limited(7))
    assert account.proxied(token).body == b"slow down"


def test_a_simulated_rejection_is_not_a_probe(
    account: Account, place: Place, clock: Clock, held: str
) -> None:
    clock.now += 60
    simulated = account.token(["test"], rehearsal={"share": 1})
    assert "rehearsal" in (account.proxied(simulated).get("Proxy-Status") or "")
    place.answer(good())
    assert account.proxied(held).status == 200


def test_a_state_of_an_older_version_does_not_refuse_calls(
    environment: dict[str, str], account: Account, place: Place, clock: Clock
) -> None:
    created = account.key(place, FIRST)
    token = account.token(["test"])
    storage = storage_of(environment)
    now = int(clock())
    storage.table.run(
        storage.table.update_op(
            f"USER#{account.username}",
            "API#test",
            "SET #state = :state",
            {":state": json.dumps(["exhausted", now + 86_400, now, 429], separators=(",", ":"))},
            {"#state": f"state:{created['key_id']}"},
        )
    )
    pool = storage.pools.get(account.username, "test")
    assert pool is not None
    assert pool.states == {created["key_id"]: KeyState("exhausted", now + 86_400, now, 429)}
    place.answer(limited(3600))
    assert account.proxied(token).body == b"slow down"
    refused(account, token, 60)
