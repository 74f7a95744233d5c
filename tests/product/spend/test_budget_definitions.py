"""Budgets: who may have which, and what their list shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.upstream import Place

ACCOUNT: dict[str, Any] = {"type": "account"}
TEST: dict[str, Any] = {"type": "api", "api_name": "test"}


def create(
    account: Account, scope: dict[str, Any], amount: object = 5, period: str = "day", **members: Any
) -> dict[str, Any]:
    body = {"scope": scope, "period": period, "amount_usd": amount, **members}
    answer = account.call("POST", "/api/budgets", body)
    assert answer.status == 201, answer.body
    created: dict[str, Any] = answer.json
    return created


def listed(account: Account) -> list[str]:
    items = account.call("GET", "/api/budgets").json["items"]
    return [item["budget_id"] for item in items]


def test_budgets_of_an_account_an_api_and_a_token(account: Account, place: Place) -> None:
    assert listed(account) == []
    account.key(place)
    token = account.token_details(name="night job")
    budgets = [
        create(account, ACCOUNT, 100, "month", time_zone="Europe/Berlin"),
        create(account, TEST, "0.000000001", "total"),
        create(account, {"type": "token", "token_id": token["token_id"]}, 0.1),
    ]
    ids = ["account:month", "api:test:total", f"token:{token['token_id']}:day"]
    assert [budget["budget_id"] for budget in budgets] == ids
    assert account.call("GET", "/api/budgets").json["items"] == budgets
    month, total, day = budgets
    assert month["time_zone"] == "Europe/Berlin"
    assert month["starts_at"] < month["reset_at"]
    assert total["reset_at"] is None
    assert day["scope"] == {
        "type": "token", "api_name": None, "token_id": token["token_id"], "name": "night job",
    }  # fmt: skip
    for budget, amount in zip(budgets, (100, 1e-9, 0.1), strict=True):
        assert budget["amount_usd"] == budget["remaining_usd"] == amount
        assert (budget["spent_usd"], budget["reserved_usd"], budget["percent"]) == (0, 0, 0)
        assert (budget["warned"], budget["last_month"]) == (0, None)


def test_a_budget_names_the_apis_that_it_cannot_count(account: Account, place: Place) -> None:
    for api_name in ("test", "search"):
        account.key(place, api_name=api_name)
    token = account.token_details(["search"])
    wide = account.token_details(["*"])
    scopes = (
        ACCOUNT,
        TEST,
        {"type": "token", "token_id": token["token_id"]},
        {"type": "token", "token_id": wide["token_id"]},
    )
    both = ["search", "test"]
    for scope, names in zip(scopes, (both, ["test"], ["search"], both), strict=True):
        assert create(account, scope)["unpriced_apis"] == names
    for api_name in both:
        prices = {"rules": [{"per_call_usd": "0.01"}]}
        assert account.call("PUT", f"/api/prices/{api_name}", prices).status == 200
    for budget in account.call("GET", "/api/budgets").json["items"]:
        assert budget["unpriced_apis"] == []


def test_amounts_are_written_as_digits(account: Account, place: Place) -> None:
    account.key(place)
    create(account, TEST, "0.000000001")
    create(account, ACCOUNT, 1_000_000)
    body = account.call("GET", "/api/budgets").body
    assert b'"amount_usd":0.000000001,' in body
    assert b'"amount_usd":1000000,' in body


@pytest.mark.parametrize(
    ("members", "status", "code", "field"),
    [
        ({"amount_usd": 0}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": -1}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "-0.01"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": 1e12}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": 1e300}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "0.0000000001"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "1_000"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "five"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "NaN"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "Infinity"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "9" * 5000}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": "1e1000000000"}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": None}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": [5]}, 422, "invalid_field", "amount_usd"),
        ({"amount_usd": True}, 422, "invalid_field", "amount_usd"),
        ({"period": "year"}, 422, "invalid_field", "period"),
        ({"time_zone": "Mars/Olympus"}, 422, "invalid_field", "time_zone"),
        ({"time_zone": "../etc/passwd"}, 422, "invalid_field", "time_zone"),
        ({"time_zone": "Europe"}, 422, "invalid_field", "time_zone"),
        ({"time_zone": ""}, 422, "invalid_field", "time_zone"),
        ({"currency": "EUR"}, 422, "invalid_field", "currency"),
        ({"scope": {"type": "api"}}, 422, "invalid_field", "scope.api_name"),
        ({"scope": {"type": "token"}}, 422, "invalid_field", "scope.token_id"),
        ({"scope": {"type": "key"}}, 422, "invalid_field", "scope.type"),
        ({"scope": {**ACCOUNT, "api_name": "test"}}, 422, "invalid_field", "scope.api_name"),
        ({"scope": {**TEST, "token_id": "x"}}, 422, "invalid_field", "scope.token_id"),
        ({"scope": {**TEST, "api_name": "T"}}, 422, "invalid_field", "scope.api_name"),
        ({"scope": {**TEST, "api_name": "other"}}, 404, "unknown_api", None),
        ({"scope": {"type": "token", "token_id": "0" * 13}}, 404, "token_not_found", None),
    ],
)  # fmt: skip
def test_an_invalid_budget_is_refused(
    account: Account, place: Place, members: dict[str, Any], status: int, code: str,
    field: str | None,
) -> None:  # fmt: skip
    account.key(place)
    body = {"scope": TEST, "period": "day", "amount_usd": 5, **members}
    answer = account.call("POST", "/api/budgets", body)
    document = problem(answer, status, code)
    assert document.get("field") == field
    assert listed(account) == []


def test_a_scope_has_one_budget_for_each_period(account: Account, place: Place) -> None:
    account.key(place)
    create(account, TEST)
    create(account, TEST, period="week")
    answer = account.call("POST", "/api/budgets", {"scope": TEST, "period": "day", "amount_usd": 7})
    assert problem(answer, 409, "budget_exists")["budget_id"] == "api:test:day"
    assert listed(account) == ["api:test:day", "api:test:week"]


def test_a_changed_budget_keeps_what_was_not_changed(account: Account) -> None:
    create(account, ACCOUNT, time_zone="Asia/Kolkata")
    changed = account.call("PATCH", "/api/budgets/account:day", {"amount_usd": "7.5"}).json
    assert (changed["amount_usd"], changed["time_zone"]) == (7.5, "Asia/Kolkata")
    changed = account.call("PATCH", "/api/budgets/account:day", {"time_zone": "UTC"}).json
    assert (changed["amount_usd"], changed["time_zone"]) == (7.5, "UTC")
    assert account.call("PATCH", "/api/budgets/account:day", {}).json == changed
    assert account.call("GET", "/api/budgets/account:day").json == changed
    answer = account.call("PATCH", "/api/budgets/account:day", {"amount_usd": 0})
    assert problem(answer, 422, "invalid_field")["field"] == "amount_usd"


def test_a_deleted_budget_is_gone(account: Account) -> None:
    create(account, ACCOUNT)
    assert account.call("DELETE", "/api/budgets/account:day").status == 204
    assert listed(account) == []
    for method, body in (("GET", None), ("PATCH", {"amount_usd": 1}), ("DELETE", None)):
        answer = account.call(method, "/api/budgets/account:day", body)
        problem(answer, 404, "budget_not_found")


def test_a_token_takes_its_budgets_with_it(account: Account) -> None:
    token = account.token_details()
    kept = create(account, ACCOUNT)
    create(account, {"type": "token", "token_id": token["token_id"]})
    create(account, {"type": "token", "token_id": token["token_id"]}, period="month")
    assert account.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204
    assert listed(account) == [kept["budget_id"]]


def test_an_api_keeps_its_budgets_until_its_last_key_is_deleted(
    account: Account, place: Place
) -> None:
    first = account.key(place)
    create(account, TEST)
    kept = create(account, ACCOUNT)
    account.call("PATCH", f"/api/keys/{first['key_id']}", {"secret": "sk-another-0123456789"})
    second = account.key(place, secret="sk-replacement-0123456789")
    assert account.call("DELETE", f"/api/keys/{first['key_id']}").status == 204
    assert listed(account) == [kept["budget_id"], "api:test:day"]
    assert account.call("DELETE", f"/api/keys/{second['key_id']}").status == 204
    assert listed(account) == [kept["budget_id"]]


def test_other_users_see_none_of_it(account: Account) -> None:
    create(account, ACCOUNT)
    other = Account(account.client)
    assert listed(other) == []
    problem(other.call("GET", "/api/budgets/account:day"), 404, "budget_not_found")


def test_changes_at_the_same_time_lose_nothing(account: Account, place: Place) -> None:
    names = [f"api{number}" for number in range(4)]
    for name in names:
        account.key(place, api_name=name)
    scopes: list[dict[str, Any]] = [ACCOUNT, *({"type": "api", "api_name": name} for name in names)]
    wanted = [(scope, period) for scope in scopes for period in ("day", "week", "month", "total")]
    with ThreadPoolExecutor(len(wanted)) as threads:
        created = list(threads.map(lambda each: create(account, each[0], 5, each[1]), wanted))
        ids = [budget["budget_id"] for budget in created]
        assert sorted(listed(account)) == sorted(ids)
        statuses = list(
            threads.map(lambda each: account.call("DELETE", f"/api/budgets/{each}").status, ids)
        )
    assert statuses == [204] * len(ids)
    assert listed(account) == []
