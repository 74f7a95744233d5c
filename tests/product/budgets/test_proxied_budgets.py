"""Budgets of proxied calls, through the server of one machine and through the function."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.accounts import Account
from tests.support.upstream import Answer, Place

PRICE = {"rules": [{"per_call_usd": "0.01"}]}


def set_up(account: Account, place: Place, amount: str, **scope: str) -> str:
    """Store a key and a price of a cent a call, and set a budget. Return a token."""
    account.key(place)
    assert account.call("PUT", "/api/prices/test", PRICE).status == 200
    token = account.token_details(["test"])
    if scope.get("type") == "token":
        scope["token_id"] = token["token_id"]
    body = {"scope": scope, "period": "month", "amount_usd": amount, "time_zone": "Asia/Tokyo"}
    answer = account.call("POST", "/api/budgets", body)
    assert answer.status == 201, answer.body
    text: str = token["token"]
    return text


def budget(account: Account) -> dict[str, Any]:
    """Return the only budget as the pages show it."""
    (found,) = account.call("GET", "/api/budgets").json["items"]
    shown: dict[str, Any] = found
    return shown


def test_parallel_calls_never_cost_more_than_the_budget(account: Account, place: Place) -> None:
    token = set_up(account, place, "0.5", type="account")

    def call(_: int) -> int:
        return account.proxied(token, "/proxy/test/v1/x").status

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(call, range(90)))

    passed = statuses.count(200)
    assert set(statuses) == {200, 402}
    assert len(place.received) == passed
    assert 25 < passed <= 50
    assert budget(account)["spent_usd"] == passed / 100


@pytest.mark.parametrize("scope", [{"type": "token"}, {"type": "api", "api_name": "test"}])
def test_a_refused_call_reaches_no_api_and_costs_nothing(
    account: Account, place: Place, scope: dict[str, str]
) -> None:
    token = set_up(account, place, "0.02", **scope)
    statuses = [account.proxied(token, "/proxy/test/v1/x").status for _ in range(4)]
    assert statuses == [200, 200, 402, 402]
    answer = account.proxied(token, "/proxy/test/v1/x")
    assert answer.json["budget"]["period"] == "month"
    assert (answer.json["spent"], answer.json["reserved_usd"]) == (0.02, 0)
    assert answer.get("RateLimit") == f'"budget-month";r=0;t={answer.get("Retry-After")}'
    assert len(place.received) == 2
    shown = budget(account)
    assert (shown["spent_usd"], shown["reserved_usd"], shown["percent"]) == (0.02, 0, 100)
    log = account.call("GET", "/api/requests").json["items"]
    assert [entry["problem"] for entry in log[:3]] == ["budget_exceeded"] * 3


def test_every_end_of_a_call_ends_its_reservation(account: Account, place: Place) -> None:
    """A stream, an error of the API, no response, a refused path, a refused body."""
    token = set_up(account, place, "0.4", type="account")  # too little to keep a reservation
    answers = [
        Answer(pieces=lambda: iter([b"one", b"two"])),
        Answer(status=500),
        Answer(raw=b"nonsense\r\n\r\n"),
        Answer(),
    ]
    for answer in answers:
        place.answer(answer)
        account.proxied(token)
    account.proxied(token, "/proxy/test/../x")
    account.proxied(token, method="POST", body=b"x" * 8_000_001)
    shown = budget(account)
    assert (shown["spent_usd"], shown["reserved_usd"]) == (0.02, 0)
