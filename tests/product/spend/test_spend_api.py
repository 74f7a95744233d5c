"""What the web API shows of real calls: spend, its export, budgets and prices."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from tests.product.spend.conftest import JSON, Spender, completion
from tests.product.spend.test_budget_definitions import ACCOUNT, create
from tests.support.accounts import Account, problem
from tests.support.upstream import Answer, Place

COST = 0.00045  # 1000 input tokens and 500 output tokens of gpt-4o-mini


@pytest.fixture
def spent(spender: Spender, place: Place) -> Spender:
    """A user after two calls, the second with an access token."""
    place.answer(Answer(200, JSON, json.dumps(completion()).encode()))
    assert spender.chat().status == 200
    spender.logged()
    return spender


def until_counted(account: Account, total: float) -> dict[str, Any]:
    """Return the spend once it is recorded."""
    for _ in range(200):
        found: dict[str, Any] = account.call("GET", "/api/spend").json
        if found["total_usd"] == total:
            return found
    raise AssertionError(f"the spend is {found['total_usd']}, not {total}")


def test_a_call_is_part_of_the_spend(spent: Spender) -> None:
    found = until_counted(spent.account, COST)
    assert found["today_usd"] == found["month_usd"] == COST
    assert found["forecast"] is None
    assert found["hosting"] is None
    token = spent.token["token_id"]
    assert found["apis"] == [
        {"api_name": "openai", "cost_usd": COST, "estimated_usd": 0, "calls": 1,
         "unknown_calls": 0, "is_priced": True}
    ]  # fmt: skip
    assert found["tokens"] == [
        {"token_id": token, "name": "t", "cost_usd": COST, "unknown_calls": 0}
    ]
    (model,) = found["models"]
    assert (model["api_name"], model["cost_usd"]) == ("openai", COST)
    assert [point["cost_usd"] for point in found["series"]] == [COST]

    exported = spent.account.call("GET", "/api/spend.csv")
    assert (exported.get("content-type") or "").startswith("text/csv")
    assert "attachment" in (exported.get("content-disposition") or "")
    row = exported.body.decode().splitlines()[1]
    assert row.endswith(f",openai,t,{model['model']},1,0.00045,0,0")

    other = spent.account.call("GET", "/api/spend?token_id=-").json
    assert (other["total_usd"], other["apis"]) == (0, [])
    spent.account.call("DELETE", f"/api/tokens/{token}")
    assert spent.account.call("GET", "/api/spend").json["tokens"][0]["name"] is None


def test_a_new_budget_begins_with_what_its_period_cost(spent: Spender) -> None:
    until_counted(spent.account, COST)
    account = create(spent.account, ACCOUNT, "0.0004", "month")
    assert (account["spent_usd"], account["remaining_usd"]) == (COST, 0)
    assert (account["percent"], account["warned"]) == (112, 100)
    month = account["last_month"]
    assert (month["rejected_calls"], month["rejected_usd"]) == (1, 0.00005)
    of_token = {"type": "token", "token_id": spent.token["token_id"]}
    assert create(spent.account, of_token, 1, "total")["spent_usd"] == COST
    answer = spent.chat(max_tokens=10)
    assert answer.status in (402, 429)
    changed = spent.account.call("PATCH", "/api/budgets/account:month", {"amount_usd": 1}).json
    assert (changed["spent_usd"], changed["warned"]) == (COST, 0)
    assert spent.chat(max_tokens=10).status == 200


def test_budgets_that_are_set_again_go_on(spent: Spender) -> None:
    until_counted(spent.account, COST)
    create(spent.account, ACCOUNT, 1, "month")
    spent.account.call("DELETE", "/api/budgets/account:month")
    assert create(spent.account, ACCOUNT, 2, "month")["spent_usd"] == COST


def test_what_is_spent_today_stays_in_another_time_zone(spent: Spender) -> None:
    until_counted(spent.account, COST)
    create(spent.account, ACCOUNT, 1, "day")
    # On at least one of these islands it is another day than in UTC.
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        body = {"time_zone": zone}
        assert (
            spent.account.call("PATCH", "/api/budgets/account:day", body).json["spent_usd"] == COST
        )


RULES: list[dict[str, Any]] = [
    {"path_prefix": "/v1/search", "methods": ["POST"], "per_call_usd": "0.005"},
    {"model": "m*", "failures_cost": True,
     "units": [
         {"source": "unit", "name": "input_tokens", "amount_usd": 1.1, "per": 1_000_000},
         {"source": "header", "name": "X-Credits", "amount_usd": "0.000000001"},
         {"source": "json", "name": "usage.credits", "amount_usd": 2},
     ]},
]  # fmt: skip


def test_own_prices(account: Account, place: Place) -> None:
    account.key(place)
    before = account.call("GET", "/api/prices/test").json
    assert (before["is_priced"], before["is_own"], before["provider"]) == (False, False, None)
    assert (before["rules"], before["unbounded"], before["default_bound_usd"]) == (
        [],
        "count",
        None,
    )
    datetime.date.fromisoformat(before["snapshot_date"])
    body = {"rules": RULES, "unbounded": "refuse", "default_bound_usd": "0.5",
            "include_usage": True}  # fmt: skip
    stored = account.call("PUT", "/api/prices/test", body).json
    assert account.call("GET", "/api/prices/test").json == stored
    assert (stored["is_priced"], stored["is_own"]) == (True, True)
    assert (stored["unbounded"], stored["default_bound_usd"]) == ("refuse", 0.5)
    assert stored["include_usage"] is True
    first, second = stored["rules"]
    assert (first["per_call_usd"], first["model"], first["units"]) == (0.005, None, [])
    assert [unit["amount_usd"] for unit in second["units"]] == [1.1, 1e-9, 2]
    assert [unit["per"] for unit in second["units"]] == [1_000_000, 1, 1]
    assert second["failures_cost"] is True
    overview = account.call("GET", "/api/prices").json
    assert overview["apis"] == [
        {"api_name": "test", "provider": None, "is_priced": True, "is_own": True}
    ]
    prices = account.call("GET", "/api/prices/test/models").json
    assert [price["unit"] for price in prices["prices"]] == [
        "calls", "input_tokens", "X-Credits", "usage.credits",
    ]  # fmt: skip
    assert account.call("DELETE", "/api/prices/test").status == 204
    assert account.call("GET", "/api/prices/test").json == before
    problem(account.call("DELETE", "/api/prices/test"), 404, "prices_not_found")


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"path_prefix": "/v1"}, "rules[0]"),
        ({"per_call_usd": -1}, "rules[0].per_call_usd"),
        ({"per_call_usd": 10_001}, "rules[0]"),
        ({"per_call_usd": "x"}, "rules[0].per_call_usd"),
        ({"path_prefix": "v1"}, "rules[0]"),
        ({"model": "a*b"}, "rules[0]"),
        ({"methods": ["CONNECT"]}, "rules[0].methods[0]"),
        ({"units": [{"source": "unit", "name": "wishes", "amount_usd": 1}]}, "rules[0]"),
        ({"units": [{"source": "cookie", "name": "x", "amount_usd": 1}]},
         "rules[0].units[0].source"),
        ({"units": [{"source": "unit", "name": "input_tokens", "amount_usd": 1, "per": 0}]},
         "rules[0].units[0].per"),
        ({"units": [{"source": "json", "name": "a", "amount_usd": "1e30"}]},
         "rules[0].units[0].amount_usd"),
        ({"units": [{"source": "json", "name": "a", "amount_usd": 1}] * 2}, "rules[0]"),
        ({"currency": "EUR"}, "rules[0].currency"),
    ],
)  # fmt: skip
def test_invalid_prices_are_refused_and_change_nothing(
    account: Account, place: Place, rule: dict[str, Any], field: str
) -> None:
    account.key(place)
    stored = account.call("PUT", "/api/prices/test", {"rules": RULES}).json
    answer = account.call("PUT", "/api/prices/test", {"rules": [rule]})
    assert problem(answer, 422, "invalid_field")["field"] == field
    assert account.call("GET", "/api/prices/test").json == stored


def test_prices_of_an_unknown_api(account: Account) -> None:
    for method, target, body in (
        ("GET", "/api/prices/none", None),
        ("PUT", "/api/prices/none", {"rules": []}),
        ("DELETE", "/api/prices/none", None),
        ("GET", "/api/prices/none/models", None),
    ):
        problem(account.call(method, target, body), 404, "unknown_api")


def test_the_users_prices_come_before_the_built_in_ones(account: Account) -> None:
    key = {"provider": "openai", "secret": "sk-0123456789abcdef"}
    assert account.call("POST", "/api/keys", key).status == 201
    target = "/api/prices/openai/models?search=GPT-4o-mini"
    found = account.call("GET", target).json["prices"]
    built_in = {(price["model"], price["unit"]): price for price in found}
    price = built_in["gpt-4o-mini", "input_tokens"]
    assert (price["amount_usd"], price["per"], price["is_own"]) == (0.15, 1_000_000, False)
    unit = {"source": "unit", "name": "input_tokens", "amount_usd": 7, "per": 1000}
    rules = {"rules": [{"model": "gpt-4o-mini*", "units": [unit]}]}
    assert account.call("PUT", "/api/prices/openai", rules).status == 200
    prices = account.call("GET", target).json
    assert [
        price["amount_usd"] for price in prices["prices"] if price["model"] != "ft:gpt-4o-mini"
    ] == [7]
    assert prices["is_complete"] is True
