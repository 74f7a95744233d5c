"""Calls that something else than a budget ends: they leave nothing in limits and budgets."""

from __future__ import annotations

from tests.support.accounts import Account
from tests.support.upstream import Answer, Place

PRICE = 0.01


def set_up(account: Account, place: Place, amount: float, *api_names: str) -> None:
    """Store keys whose calls cost PRICE, and set a budget of the account."""
    for api_name in api_names or ("test",):
        account.key(place, api_name=api_name)
        rules = {"rules": [{"per_call_usd": PRICE}]}
        assert account.call("PUT", f"/api/prices/{api_name}", rules).status == 200
    body = {"scope": {"type": "account"}, "period": "total", "amount_usd": amount}
    assert account.call("POST", "/api/budgets", body).status == 201


def counted(account: Account) -> tuple[float, float]:
    """Return what is spent and left, without what is kept for the next call."""
    (budget,) = account.call("GET", "/api/budgets").json["items"]
    assert round(budget["reserved_usd"], 9) in (0, PRICE)
    return round(budget["spent_usd"], 9), round(budget["amount_usd"] - budget["spent_usd"], 9)


def test_a_call_that_the_budget_refuses_does_not_count_in_the_tokens_limit(
    account: Account, place: Place
) -> None:
    set_up(account, place, 0.02)
    text = account.token(["test"], limit=4, window=86_400)
    answers = [account.proxied(text) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 402, 402]
    assert account.call("PATCH", "/api/budgets/account:total", {"amount_usd": 1}).status == 200
    # The two refused calls were given back, so the limit has room for two.
    answers = [account.proxied(text) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert counted(account) == (0.04, 0.96)
    assert len(place.received) == 4


def test_a_budget_and_a_limit_are_used_up_by_the_same_call(account: Account, place: Place) -> None:
    set_up(account, place, 0.03)
    text = account.token(["test"], limit=3, window=86_400)
    statuses = [account.proxied(text).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert counted(account) == (0.03, 0)
    wide = account.token(["test"])
    assert account.proxied(wide).status == 402


def test_simulated_limits_cost_nothing(account: Account, place: Place) -> None:
    set_up(account, place, 0.02)
    text = account.token(["test"], rehearsal={"share": 1})
    assert [account.proxied(text).status for _ in range(3)] == [429, 429, 429]
    assert counted(account) == (0, 0.02)
    assert place.received == []


def test_calls_with_an_access_token_count(account: Account, place: Place) -> None:
    set_up(account, place, 0.02)
    statuses = [account.call("GET", "/proxy/test/v1/x").status for _ in range(3)]
    assert statuses == [200, 200, 402]
    assert counted(account) == (0.02, 0)


def test_failed_calls_cost_nothing(account: Account, place: Place) -> None:
    set_up(account, place, 0.01)
    text = account.token(["test"])
    place.behaviour = lambda *_: Answer(status=500)
    assert [account.proxied(text).status for _ in range(3)] == [500] * 3
    place.behaviour = lambda *_: Answer()
    assert [account.proxied(text).status for _ in range(2)] == [200, 402]
    assert counted(account) == (0.01, 0)


def test_a_key_that_moves_to_another_api_takes_its_calls_there(
    account: Account, place: Place
) -> None:
    set_up(account, place, 0.04, "test", "other")
    text = account.token(["*"])
    key = account.key(place, api_name="third")
    assert account.proxied(text, "/proxy/test/x").status == 200
    moved = account.call("PATCH", f"/api/keys/{key['key_id']}", {"api_name": "other"})
    assert moved.status == 200
    assert [account.proxied(text, "/proxy/other/x").status for _ in range(4)] == [200] * 3 + [402]
    assert counted(account) == (0.04, 0)
