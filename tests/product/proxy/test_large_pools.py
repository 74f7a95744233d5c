"""Pools with more keys than the pool item holds."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.product.proxy.pools import FIRST, SECOND, Keys, good, limited, states
from tests.support.accounts import Account, call_until, problem
from tests.support.clients import LambdaClient
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Place


@pytest.fixture
def token(account: Account, place: Place) -> str:
    """A token for the API `test`, whose pool has two keys."""
    account.key(place, FIRST)
    account.key(place, SECOND)
    return account.token(["test"])


def test_all_keys_of_a_pool_with_overflow_keys_are_used(account: Account, place: Place) -> None:
    names = [f"n{number}" for number in range(9)]
    for name in names:
        account.key(place, f"sk-{name}-0123456789")
    token = account.token(["test"])
    keys = Keys(place, **{name: limited(600) for name in names[:-1]}, n8=good())

    answers = [account.proxied(token) for _ in range(40)]

    assert b"good" in [answer.body for answer in answers]
    assert "n8" in keys.used


NINE = [f"n{number}" for number in range(9)]


@pytest.fixture
def large(account: Account, place: Place) -> str:
    """A token for the API `test`, whose pool has nine keys, more than its item holds."""
    for name in NINE:
        account.key(place, f"sk-{name}-0123456789")
    return account.token(["test"])


def test_of_a_large_pool_no_exhausted_key_is_asked_twice(
    account: Account, place: Place, large: str
) -> None:
    keys = Keys(place, **{name: limited(600) for name in NINE[:-1]}, n8=good())

    answers = [account.proxied(large) for _ in range(30)]

    assert answers[-1].body == b"good"
    used = Counter(keys.used)
    assert max(used[name] for name in NINE[:-1]) == 1
    assert keys.used[-8:] == ["n8"] * 8
    # Keys that were not called stay ready.
    assert states(account) == {"exhausted": len(used) - 1, "ready": 9 - len(used) + 1}


def test_when_all_of_a_large_pool_are_exhausted_the_earliest_reset_is_reported(
    account: Account, place: Place, large: str
) -> None:
    keys = Keys(place, **{name: limited(900) for name in NINE[:-1]}, n8=limited(300))
    answers = [account.proxied(large) for _ in range(12)]
    assert sorted(keys.used) == NINE, "each was asked once"

    for answer in answers[-3:]:
        problem(answer, 429, "keys_exhausted")
        assert 30 <= int(answer.get("Retry-After") or 0) <= 60
        assert answer.json["reset_at"] == pytest.approx(time.time() + 300, abs=30)

    assert states(account) == {"exhausted": 9}
    listed = account.call("GET", "/api/keys").json["items"]
    untils = sorted(key["state_until"] for key in listed)
    assert untils[0] == pytest.approx(time.time() + 300, abs=30)
    assert untils[1] == pytest.approx(time.time() + 900, abs=30)
    limit = account.call("GET", "/api/rate-limits/test").json
    assert limit["exhausted_until"] == untils[0]


@pytest.mark.parametrize("change", ["new key", "new secret"])
def test_a_large_pool_that_is_exhausted_takes_a_new_key_at_once(
    account: Account, place: Place, large: str, change: str
) -> None:
    keys = Keys(place, **{name: limited(900) for name in NINE}, fresh=good())
    call_until(lambda _: len(keys.used) == 9, account, large)
    problem(account.proxied(large), 429, "keys_exhausted")

    if change == "new key":
        account.key(place, "sk-fresh-0123456789")
    else:
        outside = account.call("GET", "/api/keys").json["items"][-1]
        body = {"secret": "sk-fresh-0123456789"}
        assert account.call("PATCH", f"/api/keys/{outside['key_id']}", body).status == 200

    assert account.proxied(large).body == b"good"


def test_keys_of_a_large_pool_are_usable_after_their_reset(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    for name in NINE:
        account.key(place, f"sk-{name}-0123456789")
    token = account.token(["test"])
    keys = Keys(place, **{name: limited(60) for name in NINE})
    for _ in range(12):
        account.proxied(token)
    assert sorted(keys.used) == NINE
    for name in NINE:
        keys.answers[f"Bearer sk-{name}-0123456789"] = good()

    clock.now += 61

    assert [account.proxied(token).status for _ in range(20)] == [200] * 20
    assert states(account) == {"ready": 9}


def test_a_large_pool_used_by_many_at_once(account: Account, place: Place, large: str) -> None:
    keys = Keys(place, **{name: limited(600) for name in NINE[:-1]}, n8=good())
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: account.proxied(large), range(120)))
    # A caller may try two exhausted keys and then gets the response to the second.
    assert {answer.status for answer in answers} <= {200, 429}
    assert all(answer.get("Proxy-Status") is None for answer in answers)
    assert [account.proxied(large).body for _ in range(10)] == [b"good"] * 10
    assert keys.used[-10:] == ["n8"] * 10


def test_a_caller_whose_keys_are_all_outside_the_pool_item_finds_them(
    account: Account, place: Place
) -> None:
    """Nine keys whose credential goes elsewhere, and one for this caller: nothing is swapped."""
    elsewhere = {"scheme": "header", "name": "X-Own-Key"}
    for name in NINE:
        account.key(place, f"sk-{name}-0123456789", auth=elsewhere)
    for _ in range(4):
        account.key(place, FIRST, auth={"scheme": "query", "name": "key"})
    token = account.token(["test"])
    place.answer(good())
    for _ in range(4):
        assert account.client.request("GET", f"/proxy/test/x?key={token}", []).status == 200
        assert f"key={FIRST}" in place.last.target
        assert account.client.request("GET", "/proxy/test/x", [("X-Own-Key", token)]).status == 200
        assert "sk-n" in (place.last.get("X-Own-Key") or "")


def elsewhere(account: Account, client: LambdaClient, place: Place, secret: str) -> None:
    """Store a key by the product that has another encryption key."""
    own, account.client = account.client, client
    account.key(place, secret)
    account.client = own
