"""Tokens that may be used from some addresses only (S14, S19)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.product.tokens.sources import HOME, Sources
from tests.support.accounts import Account, problem
from tests.support.upstream import Place

CODE = "address_not_allowed"


def test_s19_a_token_works_from_its_networks_only(sources: Sources, place: Place) -> None:
    made = sources.account.token_details(allowed_ips=["198.51.100.0/24", "2001:db8:1::/48"])
    assert made["allowed_ips"] == ["198.51.100.0/24", "2001:db8:1::/48"]
    for source in ("198.51.100.9", "::ffff:198.51.100.9", "2001:db8:1:2::9"):
        assert sources.call(made["token"], source).status == 200
    for source in (HOME, "198.51.101.9", "2001:db8:2::9", "::198.51.100.9", "unknown", ""):
        document = problem(sources.call(made["token"], source), 403, CODE)
        assert "allowed_ips" in document["detail"]
    assert len(place.received) == 3


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (["0.0.0.0/0", "::/0"], ["0.0.0.0/0", "::/0"]),
        (["10.0.0.1/32", "2001:DB8::1/128"], ["10.0.0.1", "2001:db8::1"]),
        (["2001:db8:0:0::/64", "2001:db8::/64"], ["2001:db8::/64"]),
        (["::ffff:192.0.2.1", "::ffff:192.0.2.0/120"], ["192.0.2.1", "192.0.2.0/24"]),
        ([f"10.0.0.{number}" for number in range(20)], [f"10.0.0.{n}" for n in range(20)]),
    ],
)
def test_networks_are_stored_in_normal_form(
    owner: Account, given: list[str], stored: list[str]
) -> None:
    made = owner.token_details(allowed_ips=given)
    assert made["allowed_ips"] == stored
    path = f"/api/tokens/{made['token_id']}"
    assert owner.call("GET", path).json["allowed_ips"] == stored
    assert owner.call("PATCH", path, {"name": "x"}).json["allowed_ips"] == stored
    assert owner.call("PATCH", path, {"allowed_ips": []}).json["allowed_ips"] == []
    assert owner.call("PATCH", path, {"allowed_ips": given}).json["allowed_ips"] == stored


@pytest.mark.parametrize(
    ("given", "field", "detail"),
    [
        (["10.0.0.0/8", "10.0.0.1/8"], "allowed_ips[1]", "10.0.0.0/8 for the network"),
        (["2001:db8::1/64"], "allowed_ips[0]", "2001:db8::/64 for the network"),
        (["example.com"], "allowed_ips[0]", "neither an IP address"),
        (["10.0.0.0/33"], "allowed_ips[0]", "neither an IP address"),
        (["10.0.0.0/255.0.0.0"], "allowed_ips[0]", "neither an IP address"),
        (["010.0.0.1"], "allowed_ips[0]", "neither an IP address"),
        (["10.0.0.1 "], "allowed_ips[0]", "neither an IP address"),
        (["fe80::1%eth0"], "allowed_ips[0]", "neither an IP address"),
        (["10.0.0.1/"], "allowed_ips[0]", "neither an IP address"),
        ([""], "allowed_ips[0]", ""),
        ([1], "allowed_ips[0]", ""),
        (["10.0.0.1"] * 21, "allowed_ips", ""),
        ("10.0.0.1", "allowed_ips", ""),
        (None, "allowed_ips", ""),
    ],
)
def test_s26_malformed_networks_are_refused(
    owner: Account, given: Any, field: str, detail: str
) -> None:
    made = owner.token_details()
    for method, path in (("POST", "/api/tokens"), ("PATCH", f"/api/tokens/{made['token_id']}")):
        answer = owner.call(method, path, {"name": "t", "allowed_ips": given})
        assert detail in problem(answer, 422, "invalid_field", field)["detail"]


def test_a_refused_call_changes_no_limit(sources: Sources, place: Place) -> None:
    limit: dict[str, Any] = {"limit": 2, "window": 3600}
    made = sources.account.token_details(allowed_ips=["198.51.100.9"], **limit)
    assert sources.account.call("PUT", "/api/rate-limits/test", limit).status == 200
    for _ in range(5):
        problem(sources.call(made["token"]), 403, CODE)
    assert [sources.call(made["token"], "198.51.100.9").status for _ in range(3)] == [200, 200, 429]
    problem(sources.call(made["token"]), 403, CODE)
    assert len(place.received) == 2


def test_a_refused_call_reserves_nothing_in_a_budget(sources: Sources, place: Place) -> None:
    account = sources.account
    price = {"rules": [{"per_call_usd": "0.01"}]}
    assert account.call("PUT", "/api/prices/test", price).status == 200
    made = account.token_details(allowed_ips=["198.51.100.9"])
    budget = {"scope": {"type": "token", "token_id": made["token_id"]}, "period": "month",
              "amount_usd": "0.02", "time_zone": "UTC"}  # fmt: skip
    assert account.call("POST", "/api/budgets", budget).status == 201
    for _ in range(3):
        problem(sources.call(made["token"]), 403, CODE)
    (shown,) = account.call("GET", "/api/budgets").json["items"]
    assert (shown["spent_usd"], shown["reserved_usd"]) == (0, 0)
    rotated = sources.rotate(made["token_id"])
    texts = (made["token"], rotated["token"], made["token"], rotated["token"])
    statuses = [sources.call(text, "198.51.100.9").status for text in texts]
    assert statuses == [200, 200, 402, 402], "the budget counts the calls with either text"
    assert len(place.received) == 2


def test_a_change_of_the_networks_applies_to_the_next_call(sources: Sources, place: Place) -> None:
    made = sources.account.token_details(limit=3, window=3600)
    path = f"/api/tokens/{made['token_id']}"
    assert sources.call(made["token"]).status == 200
    sources.account.call("PATCH", path, {"allowed_ips": ["198.51.100.9"]})
    for _ in range(2):
        problem(sources.call(made["token"]), 403, CODE)
    sources.account.call("PATCH", path, {"allowed_ips": [HOME]})
    assert [sources.call(made["token"]).status for _ in range(3)] == [200, 200, 429]
    problem(sources.call(made["token"], "198.51.100.9"), 403, CODE)
    assert len(place.received) == 3


def test_a_refused_call_is_logged_like_other_rejections(sources: Sources) -> None:
    made = sources.account.token_details(allowed_ips=["198.51.100.9"])
    problem(sources.call(made["token"]), 403, CODE)
    sources.clock.now += 1
    problem(sources.call(made["token"], path="/proxy/unknown/x"), 403, CODE)
    entries = sources.account.call("GET", "/api/requests").json["items"]
    assert [(one["api_name"], one["status"], one["problem"]) for one in entries] == [
        ("unknown", 403, CODE), ("test", 403, CODE),
    ]  # fmt: skip
    assert {one["token_id"] for one in entries} == {made["token_id"]}


def test_the_description_of_a_token_is_refused_too(sources: Sources) -> None:
    made = sources.account.token_details(allowed_ips=["198.51.100.0/24"])
    answer = sources.client("198.51.100.1").call("GET", "/api/token", token=made["token"])
    assert (answer.status, answer.json["allowed_ips"]) == (200, ["198.51.100.0/24"])
    answer = sources.client(HOME).call("GET", "/api/token", token=made["token"])
    problem(answer, 403, CODE)


def test_the_problem_has_the_error_shape_of_the_called_api(sources: Sources, place: Place) -> None:
    body = {"secret": "sk-ant-0123456789", "provider": "anthropic"}
    sources.account.key(place, api_name="anthropic", **body)
    made = sources.account.token_details(allowed_ips=["198.51.100.9"])
    answer = sources.call(made["token"], path="/proxy/anthropic/v1/messages")
    assert (answer.status, answer.json["error"]["type"]) == (403, "permission_error")
    assert answer.json["code"] == CODE


def test_s14_on_one_machine_a_forwarded_address_is_not_believed(server: Any, place: Place) -> None:
    account = Account(server)
    account.key(place)
    made = account.token_details(allowed_ips=["198.51.100.9"])
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP"):
        answer = account.proxied(made["token"], headers=[(name, "198.51.100.9")])
        assert "127.0.0.1" in problem(answer, 403, CODE)["detail"]
    assert account.proxied(account.token(allowed_ips=["127.0.0.0/8"])).status == 200
