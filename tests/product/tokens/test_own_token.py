"""`GET /api/token`: what a token may do, and what is left of its limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.accounts import Account
from tests.support.products import Clock, another_app, lambda_client
from tests.support.reservations import passed, reserve, set_policy
from tests.support.upstream import Place


def state(account: Account, token: str, query: str = "") -> dict[str, Any]:
    """Ask what a token may do."""
    answer = account.client.call("GET", f"/api/token{query}", token=token)
    assert answer.status == 200, answer.body
    assert answer.get("cache-control") == "no-store"
    described: dict[str, Any] = answer.json
    return described


def allowed(account: Account, token: str, api_name: str = "test") -> dict[str, Any]:
    """Return what a token may do with one API."""
    apis: list[dict[str, Any]] = state(account, token)["allowed_apis"]
    (found,) = [api for api in apis if api["api_name"] == api_name]
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock(float(int(Clock().now)))


@pytest.fixture
def timed(environment: dict[str, str], clock: Clock, place: Place) -> Account:
    """A user of a product whose time a test sets, with a key."""
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    return account


def test_a_token_describes_itself_as_the_list_of_tokens_does(account: Account) -> None:
    made = account.token_details(
        ["test"], name="ci", methods=["GET"], path_prefixes=["/v1"], expires_in=600,
        limit=5, window=60, rehearsal={"share": 0.25},
    )  # fmt: skip
    text = made.pop("token")
    assert made.pop("networks") == []
    described = state(account, text)
    assert {name: described[name] for name in made} == made
    assert described["rehearsal"] == {"share": 0.25}
    assert described["remaining"] == 5
    assert 0 < described["reset_in"] <= 60
    assert described["reset_at"] - described["time"] - described["reset_in"] in (0, 1)
    nothing = ("limit", "window", "usable", "remaining", "reset_at", "reset_in", "reservation")
    assert described["allowed_apis"] == [
        {"api_name": "test", "has_key": False, **dict.fromkeys(nothing)}
    ]
    assert described["next_cursor"] is None
    assert "networks" not in described, "who holds a token does not see where else it is used"
    listed = account.call("GET", f"/api/tokens/{made['token_id']}").json
    assert listed == made | {"networks": []}


def test_a_token_without_limits_has_none_left(account: Account) -> None:
    described = state(account, account.token(["test"]))
    names = ("limit", "window", "remaining", "reset_at", "reset_in", "expires_at", "rehearsal")
    assert [described[name] for name in names] == [None] * len(names)


def test_a_token_that_may_call_nothing_is_described_too(account: Account) -> None:
    made = account.call("POST", "/api/tokens", {"name": "t", "methods": ["POST"]}).json
    described = state(account, made["token"])
    assert (described["apis"], described["methods"]) == ([], ["POST"])
    assert (described["allowed_apis"], described["clients"]) == ([], [])


def test_what_remains_is_exact_after_parallel_calls(account: Account, place: Place) -> None:
    account.key(place)
    assert set_policy(account, 100).status == 200
    limited, other = account.token(["test"], limit=30, window=3600), account.token(["test"])
    assert sum(passed(account, [limited] * 20 + [other] * 15).values()) == 35
    with ThreadPoolExecutor(20) as threads:  # the calls of GET /api/token count nowhere
        described = list(threads.map(lambda _: state(account, limited), range(20)))
    assert {one["remaining"] for one in described} == {10}
    assert {one["allowed_apis"][0]["remaining"] for one in described} == {65}
    assert passed(account, [limited] * 25)[limited] == 10
    assert state(account, limited)["remaining"] == 0
    assert allowed(account, other)["remaining"] == 55


def test_reservations_are_those_of_the_token(account: Account, place: Place) -> None:
    account.key(place)
    assert set_policy(account, 20).status == 200
    mine, theirs = account.token_details(["test"]), account.token_details(["test"])
    assert reserve(account, mine, amount=8).status == 200
    assert reserve(account, theirs, share=0.25).status == 200
    assert sum(passed(account, [mine["token"]] * 3).values()) == 3
    found = allowed(account, mine["token"])
    assert (found["limit"], found["window"]) == (20, 3600)
    assert (found["usable"], found["remaining"]) == (15, 12)
    reserved = {"api_name": "test", "token_id": mine["token_id"], "amount": 8, "share": None,
                "expires_at": None}  # fmt: skip
    assert found["reservation"] == {**reserved, "used": 3, "remaining": 5}
    assert state(account, mine["token"])["reservations"] == [reserved]
    free = allowed(account, account.token(["test"]))
    assert (free["usable"], free["remaining"], free["reservation"]) == (7, 7, None)
    # What `RateLimit` says after one more call.
    answer = account.proxied(mine["token"])
    assert '"policy";r=11' in (answer.get("ratelimit") or "")
    assert allowed(account, mine["token"])["remaining"] == 11


def test_a_window_that_has_just_reset_is_full(timed: Account, clock: Clock) -> None:
    assert set_policy(timed, 9, 100).status == 200
    token = timed.token(["test"], limit=3, window=60)
    assert passed(timed, [token] * 5)[token] == 3
    clock.now += 59.5
    described = state(timed, token)
    assert (described["remaining"], described["reset_in"]) == (0, 1)
    clock.now += 0.5
    described = state(timed, token)
    assert (described["remaining"], described["reset_in"]) == (3, 60)
    assert described["reset_at"] == clock.now + 60
    assert allowed(timed, token)["remaining"] == 6
    clock.now += 40
    found = allowed(timed, token)
    assert (found["remaining"], found["reset_in"]) == (9, 100)


def test_changed_limits_show_at_once(timed: Account, clock: Clock) -> None:
    made = timed.token_details(["test"], limit=3, window=60)
    token = made["token"]
    assert passed(timed, [token] * 2)[token] == 2
    clock.now += 1
    path = f"/api/tokens/{made['token_id']}"
    assert timed.call("PATCH", path, {"limit": 10, "window": 600}).status == 200
    described = state(timed, token)
    assert [described[name] for name in ("limit", "remaining", "reset_in")] == [10, 10, 600]
    assert passed(timed, [token] * 4)[token] == 4
    assert state(timed, token)["remaining"] == 6
    assert timed.call("PATCH", path, {"limit": None, "window": None}).status == 200
    assert state(timed, token)["remaining"] is None
    assert set_policy(timed, 5).status == 200
    assert allowed(timed, token)["remaining"] == 5
    assert passed(timed, [token] * 2)[token] == 2
    assert set_policy(timed, 50, 60).status == 200
    assert allowed(timed, token)["remaining"] == 50
    assert timed.call("DELETE", "/api/rate-limits/test").status == 204
    assert allowed(timed, token)["limit"] is None
    changes = {"apis": ["other"], "methods": ["GET"], "rehearsal": {"share": 0.5}}
    assert timed.call("PATCH", path, changes).status == 200
    described = state(timed, token)
    assert {name: described[name] for name in changes} == changes
    assert [api["api_name"] for api in described["allowed_apis"]] == ["other"]


def test_simulated_limits_are_shown_and_count(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token(["test"], limit=10, window=3600, rehearsal={"share": 1})
    assert account.proxied(token).status == 429
    described = state(account, token)
    assert (described["rehearsal"], described["remaining"]) == ({"share": 1}, 9)


def test_a_token_for_all_apis_sees_those_with_a_key_or_a_policy(
    account: Account, place: Place
) -> None:
    for number in range(7):
        key = account.key(place, api_name=f"api-{number}")
    assert set_policy(account, 5, api_name="planned").status == 200
    assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    token = account.token()
    described = state(account, token)
    names = [f"api-{number}" for number in range(6)] + ["planned"]
    assert [api["api_name"] for api in described["allowed_apis"]] == names
    assert [api["has_key"] for api in described["allowed_apis"]] == [True] * 6 + [False]
    found, cursor = [], ""
    for _ in range(9):
        page = state(account, token, f"?limit=3{cursor}")
        found += [api["api_name"] for api in page["allowed_apis"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == names


def test_a_large_scope_has_pages(account: Account, place: Place) -> None:
    names = [f"api-{number:02}" for number in range(100)]
    account.key(place, api_name="api-77")
    token = account.token(names[::-1])
    first = state(account, token, "?limit=1000")
    rest = state(account, token, f"?cursor={first['next_cursor']}")
    assert len(first["allowed_apis"]) == 50 and rest["next_cursor"] is None
    apis = first["allowed_apis"] + rest["allowed_apis"]
    assert [api["api_name"] for api in apis] == names
    assert [api["api_name"] for api in apis if api["has_key"]] == ["api-77"]


def test_the_last_use_is_that_of_all_apis(timed: Account, clock: Clock) -> None:
    token = timed.token()
    assert state(timed, token)["last_used_at"] is None
    assert timed.proxied(token).status == 200
    used = int(clock.now)
    clock.now += 30
    assert state(timed, token)["last_used_at"] == used
