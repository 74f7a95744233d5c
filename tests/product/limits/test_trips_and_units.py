"""Database trips in sequence and capacity units of a proxied request, with many items stored."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from api.quota.key_state import KeyState
from api.settings import read_settings
from api.storage.token_uses import TokenUse
from tests.support.accounts import call_until, problem
from tests.support.capacity import WRITE_UNIT, item_size
from tests.support.clients import Response
from tests.support.measured_account import MeasuredAccount
from tests.support.upstream import Answer, Place, Received, Upstream


@pytest.fixture(scope="module")
def place(upstream_server: Upstream) -> Place:
    return upstream_server.place(secrets.token_hex(6))


@pytest.fixture(scope="module")
def measured(
    environment: dict[str, str], upstream_server: Upstream, place: Place
) -> Iterator[MeasuredAccount]:
    made = MeasuredAccount(read_settings(environment), upstream_server)
    made.stock(place)
    yield made


HEADERS = [
    ("Content-Type", "application/json"),
    ("x-ratelimit-limit-requests", "10000"),
    ("x-ratelimit-remaining-requests", "9999"),
    ("x-ratelimit-reset-requests", "8.64s"),
    ("x-ratelimit-limit-tokens", "200000"),
    ("x-ratelimit-remaining-tokens", "199987"),
    ("x-ratelimit-reset-tokens", "3ms"),
]


def streamed() -> Iterator[bytes]:
    for i in range(5):
        yield b'data: {"part": %d}\n\n' % i


ANSWERS = {
    "whole": Answer(headers=HEADERS),
    "stream": Answer(headers=HEADERS, pieces=streamed),
    "error": Answer(status=500, headers=HEADERS),
}


@pytest.mark.parametrize("answer", list(ANSWERS))
@pytest.mark.parametrize(
    ("api_name", "limits"),
    [
        ("api-7", "none"),
        ("api-8", "token"),
        ("api-9", "policy"),
        ("api-10", "both"),
        ("pool", "none"),
        ("pool", "both"),
    ],
)
def test_a_proxied_request_is_two_trips_two_read_units_and_two_write_units(
    measured: MeasuredAccount, place: Place, api_name: str, limits: str, answer: str
) -> None:
    account = measured.account
    bound = {"limit": 100, "window": 3600} if limits in ("token", "both") else {}
    token = account.token([api_name], **bound)
    if limits in ("policy", "both"):
        assert (
            account.call(
                "PUT", f"/api/rate-limits/{api_name}", {"limit": 100, "window": 3600}
            ).status
            == 200
        )
    place.answer(ANSWERS[answer])
    path = f"/proxy/{api_name}/v1/{'x' * 300}"
    try:
        for _ in range(2):
            given, trips, read, written = measured.cost(lambda: account.proxied(token, path))
            assert given.status == ANSWERS[answer].status
            assert trips <= 2
            assert read <= 2
            assert written <= 2 + {"none": 0, "token": 1, "policy": 1, "both": 2}[limits]
    finally:
        account.call("DELETE", f"/api/rate-limits/{api_name}")


@pytest.mark.parametrize("caller", ["with a reservation", "without one"])
@pytest.mark.parametrize(("api_name", "of_token"), [("api-40", 0), ("pool", 1)])
def test_reservations_and_simulated_limits_cost_no_more_than_a_policy(
    measured: MeasuredAccount, place: Place, api_name: str, of_token: int, caller: str
) -> None:
    account = measured.account
    bound = {"limit": 100, "window": 3600} if of_token else {}
    tokens = [
        account.token_details([api_name], rehearsal={"share": 0.000001}, **bound) for _ in range(6)
    ]
    limit = {"limit": 10**9, "window": 3600}
    assert account.call("PUT", f"/api/rate-limits/{api_name}", limit).status == 200
    for token in tokens[:5]:
        path = f"/api/rate-limits/{api_name}/reservations/{token['token_id']}"
        assert account.call("PUT", path, {"amount": 10**8}).status == 200
    place.answer(ANSWERS["whole"])
    token = tokens[0 if caller == "with a reservation" else 5]["token"]
    path = f"/proxy/{api_name}/v1/{'x' * 300}"
    try:
        assert account.proxied(token, path).status == 200
        for _ in range(2):
            given, *cost = measured.cost(lambda: account.proxied(token, path))
            assert (given.status, cost) == (200, [2, 2, 2 + 1 + of_token])
    finally:
        account.call("DELETE", f"/api/rate-limits/{api_name}")


def test_a_simulated_limit_costs_no_more_than_a_call(
    measured: MeasuredAccount, place: Place
) -> None:
    token = measured.account.token(["api-41"], rehearsal={"share": 1})
    received = len(place.received)
    for _ in range(2):
        given, *cost = measured.cost(lambda: measured.account.proxied(token, "/proxy/api-41/x"))
        assert (given.status, cost) == (429, [2, 2, 2])
    assert len(place.received) == received


NARROW = {"limit": 1, "window": 3600}
WIDE = {"limit": 100, "window": 3600}


@pytest.mark.parametrize(
    ("api_name", "of_token", "of_policy"),
    [
        ("api-20", NARROW, {}),
        ("api-21", {}, NARROW),
        ("api-22", NARROW, WIDE),
        ("api-23", WIDE, NARROW),
    ],
)
def test_a_call_rejected_by_a_limit_costs_no_more_than_an_accepted_one(
    measured: MeasuredAccount,
    place: Place,
    api_name: str,
    of_token: dict[str, int],
    of_policy: dict[str, int],
) -> None:
    account = measured.account
    place.answer(ANSWERS["whole"])
    path = f"/proxy/{api_name}/v1/x"
    token = account.token([api_name], **of_token)
    if of_policy:
        assert account.call("PUT", f"/api/rate-limits/{api_name}", of_policy).status == 200
    assert account.proxied(token, path).status == 200
    received = len(place.received)
    for turn in range(3):
        given, trips, read, written = measured.cost(lambda: account.proxied(token, path))
        problem(given, 429, "token_rate_limited" if of_token is NARROW else "rate_limited")
        assert len(place.received) == received
        assert trips <= 2
        assert read <= 2
        # The first rejection in a window gives back what it counted in the other limit.
        given_back = turn == 0 and bool(of_token) and bool(of_policy)
        assert written <= 2 + bool(of_token) + bool(of_policy) + given_back


def test_a_call_costs_no_more_with_more_tokens_than_the_hour_lists(
    measured: MeasuredAccount, place: Place
) -> None:
    account = measured.account
    place.answer(ANSWERS["whole"])
    for token in [account.token(["api-30"]) for _ in range(11)]:
        assert account.proxied(token, "/proxy/api-30/x").status == 200
        _, *cost = measured.cost(partial(account.proxied, token, "/proxy/api-30/x"))
        assert cost == [2, 2, 2]
    listed = account.call("GET", "/api/tokens?limit=100").json["items"]
    used = [token["last_used_at"] for token in listed if token["apis"] == ["api-30"]]
    assert len(used) == 11 and None not in used


def test_a_further_client_costs_nothing(measured: MeasuredAccount, place: Place) -> None:
    account = measured.account
    place.answer(ANSWERS["whole"])
    token = account.token_details(["api-31"])
    agents = ["curl/8.5.0", "claude-cli/2.1.2 (external, cli)", "OpenAI/Python 1.99.0", "node", ""]
    families = ["none", "node", "openai-python", "claude-cli", "curl"]

    def call(agent: str) -> Response:
        headers = [("User-Agent", agent)]
        return account.proxied(token["token"], "/proxy/api-31/x", headers=headers)

    assert call("curl/7").status == 200  # The first call of an hour costs another trip.
    for agent in agents:
        given, *cost = measured.cost(partial(call, agent))
        assert (given.status, cost) == (200, [2, 2, 2])
    clients = account.call("GET", f"/api/tokens/{token['token_id']}").json["clients"]
    assert sorted(use["client"] for use in clients) == sorted(families)


def test_a_client_that_replaces_another_costs_no_third_trip(
    measured: MeasuredAccount, place: Place
) -> None:
    """The hour's item is full, and the token has eight clients already: two calls share the work
    of adding one and removing the oldest."""
    account = measured.account
    place.answer(ANSWERS["whole"])
    for other in [account.token(["api-32"]) for _ in range(8)]:
        assert account.proxied(other, "/proxy/api-32/x").status == 200
    token = account.token_details(["api-32"])
    tokens = measured.storage.tokens
    old = {TokenUse(token["token_id"], f"old-{letter}"): 1 for letter in "abcdefgh"}
    measured.trips.unrecorded(*tokens.last_used_ops(account.username, old)[0])

    def clients() -> int:
        stored = measured.stored(account.username, f"TOKEN#{token['token_id']}")
        return sum(name.startswith("c_") for name in stored)

    for agent, written, kept in (("curl/8", 3, 9), ("node", 4, 9), ("node", 3, 8), ("node", 2, 8)):
        call = partial(account.proxied, token["token"], "/proxy/api-32/x")
        given, *cost = measured.cost(partial(call, headers=[("User-Agent", agent)]))
        assert (given.status, cost, clients()) == (200, [2, 2, written], kept)


@pytest.mark.parametrize(
    ("members", "path", "status"),
    [
        ({"methods": ["POST"]}, "/proxy/pool/v1/x", 403),
        ({}, "/proxy/unknown/v1/x", 404),
        ({}, "/proxy/pool/v1/../../x", 400),
    ],
)
def test_other_rejected_calls_cost_no_more(
    measured: MeasuredAccount, members: dict[str, Any], path: str, status: int
) -> None:
    token = measured.account.token(**members)
    measured.account.proxied(token, path)
    given, trips, read, written = measured.cost(lambda: measured.account.proxied(token, path))
    assert given.status == status
    assert (trips <= 2, read <= 2, written <= 2) == (True, True, True)


EXHAUSTED = Answer(429, [("Retry-After", "3000")], b"slow down")


def new_pool(measured: MeasuredAccount, place: Place, keys: int) -> str:
    """Store `keys` different keys for a new API, and return its name."""
    api_name = f"p{secrets.token_hex(4)}"
    for number in range(keys):
        body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "api_name": api_name,
                "secret": f"sk-{number}-" + "s" * 156}  # fmt: skip
        assert measured.account.call("POST", "/api/keys", body).status == 201
    return api_name


def test_a_second_attempt_after_a_429_costs_no_trip(
    measured: MeasuredAccount, place: Place
) -> None:
    api_name = new_pool(measured, place, 2)
    token = measured.account.token([api_name])
    path = f"/proxy/{api_name}/x"
    answers = iter([EXHAUSTED, Answer(), *[Answer()] * 9])
    place.behaviour = lambda _received, _socket: next(answers)
    before = len(place.received)

    given, *cost = measured.cost(lambda: measured.account.proxied(token, path))

    assert (given.status, len(place.received) - before) == (200, 2)
    pool = item_size(measured.stored(measured.account.username, f"API#{api_name}"))
    assert cost == [2, 2, 2 + -(-pool // WRITE_UNIT)], (
        "the pool item stores the exhausted key's state"
    )
    for _ in range(2):
        given, *cost = measured.cost(lambda: measured.account.proxied(token, path))
        assert (given.status, cost) == (200, [2, 2, 2])


def test_a_large_pool_costs_no_more_when_its_inline_keys_are_exhausted(
    measured: MeasuredAccount, place: Place
) -> None:
    api_name = new_pool(measured, place, 20)
    token = measured.account.token([api_name])
    path = f"/proxy/{api_name}/x"
    asked: set[str] = set()

    def seven_exhausted(received: Received, _socket: object) -> Answer:
        asked.add(received.get("Authorization") or "")
        return EXHAUSTED if len(asked) <= 7 else Answer()

    place.behaviour = seven_exhausted
    call_until(lambda _: len(asked) >= 8, measured.account, token, path)
    place.answer(Answer())
    for _ in range(4):
        given, *cost = measured.cost(lambda: measured.account.proxied(token, path))
        assert (given.status, cost) == (200, [2, 2, 2])

    place.answer(EXHAUSTED)
    rejected = call_until(
        lambda answer: answer.get("Proxy-Status") is not None, measured.account, token, path
    )
    problem(rejected, 429, "keys_exhausted")
    for _ in range(3):
        given, *cost = measured.cost(lambda: measured.account.proxied(token, path))
        problem(given, 429, "keys_exhausted")
        assert cost == [2, 2, 2]


def test_calls_with_an_exhausted_key_cost_no_more_and_a_probe_costs_one_trip(
    measured: MeasuredAccount, place: Place
) -> None:
    api_name = new_pool(measured, place, 1)
    token = measured.account.token([api_name])
    path = f"/proxy/{api_name}/x"
    nothing_left = [("X-RateLimit-Limit", "9"), ("X-RateLimit-Remaining", "0"),
                    ("X-RateLimit-Reset", "86400")]  # fmt: skip
    place.answer(Answer(200, nothing_left))
    assert measured.account.proxied(token, path).status == 200
    for _ in range(3):
        given, *cost = measured.cost(lambda: measured.account.proxied(token, path))
        assert (given.status, cost) == (200, [2, 2, 2])

    pools = measured.storage.pools
    pool = pools.get(measured.account.username, api_name)
    assert pool is not None
    (key,) = pool.keys
    now = int(time.time())
    held = KeyState("exhausted", now + 900, now - 61, 429, 60)
    assert pools.set_state(measured.account.username, api_name, key, held)
    place.answer(Answer())
    given, trips, *_ = measured.cost(lambda: measured.account.proxied(token, path))
    assert (given.status, trips) == (200, 3)
    given, *cost = measured.cost(lambda: measured.account.proxied(token, path))
    assert (given.status, cost) == (200, [2, 2, 2])


def test_a_forged_token_costs_nothing(measured: MeasuredAccount) -> None:
    token = measured.account.token()
    measured.trips.clear()
    forged = token[:-8] + ("a" if token[-8] != "a" else "b") + token[-7:]
    assert measured.account.proxied(forged, "/proxy/pool/x").status == 401
    assert measured.trips.trips == []
