"""Rate limits: policies, exact under load, and what upstreams report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.wsgi import App
from tests.support.accounts import Account, problem
from tests.support.clients import Client, Response
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Answer, Place

REQUESTS = 500
LIMIT = 100
HOUR = 3600


def put(account: Account, limit: int, window: int = HOUR, api_name: str = "test") -> Response:
    body = {"limit": limit, "window": window}
    return account.call("PUT", f"/api/rate-limits/{api_name}", body)


def call_concurrently(account: Account, token: str, requests: int = REQUESTS) -> list[Response]:
    """Make concurrent calls, at the server from as many threads as it has."""
    with ThreadPoolExecutor(80) as pool:
        return list(pool.map(lambda _: account.proxied(token), range(requests)))


def assert_rejected(answer: Response, code: str, limit: int) -> None:
    """Assert the problem and the headers of a call that a limit rejected."""
    problem(answer, 429, code)
    assert 1 <= int(answer.get("retry-after") or 0) <= HOUR
    assert "r=0" in (answer.get("ratelimit") or "")
    assert f"q={limit}" in (answer.get("ratelimit-policy") or "")


def test_of_500_concurrent_requests_exactly_the_policys_limit_succeed(
    account: Account, place: Place
) -> None:
    account.key(place)
    token = account.token()
    assert put(account, LIMIT).status == 200
    answers = call_concurrently(account, token)
    assert Counter(answer.status for answer in answers) == {200: LIMIT, 429: REQUESTS - LIMIT}
    assert len(place.received) == LIMIT
    for answer in answers:
        if answer.status == 429:
            assert_rejected(answer, "rate_limited", LIMIT)
    assert account.call("GET", "/api/rate-limits/test").json["remaining"] == 0
    totals = account.call("GET", "/api/stats").json["totals"]
    assert (totals["requests"], totals["refused"]) == (REQUESTS, REQUESTS - LIMIT)
    assert (totals["status_2xx"], totals["status_4xx"]) == (LIMIT, REQUESTS - LIMIT)


def test_of_500_concurrent_requests_exactly_the_tokens_limit_succeed(
    account: Account, place: Place
) -> None:
    account.key(place)
    token = account.token(limit=LIMIT, window=HOUR)
    answers = call_concurrently(account, token)
    assert Counter(answer.status for answer in answers) == {200: LIMIT, 429: REQUESTS - LIMIT}
    assert len(place.received) == LIMIT
    for answer in answers:
        if answer.status == 429:
            assert_rejected(answer, "token_rate_limited", LIMIT)


@pytest.mark.parametrize(("of_user", "of_token"), [(20, 50), (50, 20), (30, 30)])
def test_with_both_limits_at_most_the_lower_one_succeed(
    account: Account, place: Place, of_user: int, of_token: int
) -> None:
    account.key(place)
    token = account.token(limit=of_token, window=HOUR)
    assert put(account, of_user).status == 200
    answers = call_concurrently(account, token, 120)
    lower = min(of_user, of_token)
    passed = sum(answer.status == 200 for answer in answers)
    assert {answer.status for answer in answers} == {200, 429}
    assert len(place.received) == passed <= lower
    # A rejected call gave back what it had counted in the other limit.
    rest = [account.proxied(token).status for _ in range(lower - passed + 2)]
    assert rest == [200] * (lower - passed) + [429] * 2


def test_a_call_that_one_limit_rejects_does_not_count_in_the_other(
    account: Account, place: Place
) -> None:
    account.key(place)
    limited, other = account.token(limit=2, window=HOUR), account.token(limit=9, window=HOUR)
    assert put(account, 5).status == 200
    for _ in range(2):
        assert account.proxied(limited).status == 200
    for _ in range(5):
        assert_rejected(account.proxied(limited), "token_rate_limited", 2)
    assert account.call("GET", "/api/rate-limits/test").json["remaining"] == 3
    assert [account.proxied(other).status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert len(place.received) == 5


def test_a_revoked_token_does_not_count_in_the_policy(account: Account, place: Place) -> None:
    account.key(place)
    revoked, good = account.token_details(), account.token()
    assert put(account, 4).status == 200
    assert account.proxied(revoked["token"]).status == 200
    assert account.call("DELETE", f"/api/tokens/{revoked['token_id']}").status == 204
    for _ in range(10):
        problem(account.proxied(revoked["token"]), 401, "authentication_required")
    assert [account.proxied(good).status for _ in range(4)] == [200, 200, 200, 429]


def test_a_call_outside_a_tokens_scope_does_not_count_in_the_policy(
    account: Account, place: Place
) -> None:
    account.key(place)
    narrow, good = account.token(methods=["GET"]), account.token()
    assert put(account, 3).status == 200
    assert account.proxied(narrow).status == 200
    for _ in range(10):
        problem(account.proxied(narrow, method="POST"), 403, "token_scope")
    assert [account.proxied(good).status for _ in range(3)] == [200, 200, 429]


def test_calls_of_a_dashboard_session_count_in_the_policy(account: Account, place: Place) -> None:
    account.key(place)
    assert put(account, 2).status == 200
    statuses = [account.call("GET", "/proxy/test/x").status for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_policies_of_users_are_separate(client: Client, place: Place) -> None:
    first, second = Account(client), Account(client)
    for account in (first, second):
        account.key(place)
    assert put(first, 1).status == 200
    assert first.call("GET", "/proxy/test/x").status == 200
    assert first.call("GET", "/proxy/test/x").status == 429
    assert [second.call("GET", "/proxy/test/x").status for _ in range(3)] == [200] * 3


def test_a_policy_is_set_read_listed_and_removed(account: Account, place: Place) -> None:
    account.key(place)
    problem(account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")
    view = put(account, 5, 60).json
    assert set(view) == {
        "api_name", "limit", "window", "remaining", "reset_at", "observed", "source",
        "limits", "exhausted_until", "refused_keys", "reserved", "unreserved_remaining",
        "reservations",
    }  # fmt: skip
    assert (view["api_name"], view["limit"], view["window"]) == ("test", 5, 60)
    assert (view["remaining"], view["observed"], view["source"]) == (5, None, "policy")
    token = account.token()
    answer = account.proxied(token)
    assert answer.status == 200
    assert "q=5" in (answer.get("ratelimit-policy") or "")
    assert "r=4" in (answer.get("ratelimit") or "")
    assert account.call("GET", "/api/rate-limits/test").json["remaining"] == 4
    assert [item["api_name"] for item in account.call("GET", "/api/rate-limits").json["items"]] == [
        "test"
    ]
    assert account.call("DELETE", "/api/rate-limits/test").status == 204
    problem(account.call("DELETE", "/api/rate-limits/test"), 404, "rate_limit_not_found")
    assert account.call("GET", "/api/rate-limits").json["items"] == []
    assert [account.proxied(token).status for _ in range(7)] == [200] * 7


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limit": 5}, "window"), ({"window": 5}, "limit"), ({"limit": 0, "window": 60}, "limit"),
        ({"limit": -5, "window": 60}, "limit"), ({"limit": "5", "window": 60}, "limit"),
        ({"limit": 1.5, "window": 60}, "limit"), ({"limit": True, "window": 60}, "limit"),
        ({"limit": None, "window": 60}, "limit"), ({"limit": 5, "window": 0}, "window"),
        ({"limit": 10**30, "window": 60}, "limit"), ({"limit": 5, "window": 10**10}, "window"),
        ({"limit": 5, "window": 60, "remaining": 9}, "remaining"),
        ({"limit": 5, "window": 60, "anchor": 0}, "anchor"),
    ],
)  # fmt: skip
def test_s24_s26_invalid_policies_are_rejected(
    owner: Account, body: dict[str, Any], field: str
) -> None:
    answer = owner.call("PUT", "/api/rate-limits/test", body)
    problem(answer, 422, "invalid_field", field)


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Iterator[Account]:
    """A user without limits."""
    account = Account(request.getfixturevalue(request.param))
    yield account
    assert account.call("GET", "/api/rate-limits").json["items"] == []


def test_a_changed_policy_applies_to_the_next_request(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token()
    assert put(account, 2).status == 200
    assert [account.proxied(token).status for _ in range(3)] == [200, 200, 429]
    assert put(account, 3).status == 200
    assert [account.proxied(token).status for _ in range(4)] == [200, 200, 200, 429]
    assert put(account, 1).status == 200
    statuses = [answer.status for answer in call_concurrently(account, token, 20)]
    assert statuses.count(200) == 1


def test_a_policy_set_in_one_process_applies_in_another(
    app: App, environment: dict[str, str], place: Place
) -> None:
    here = Account(lambda_client(app))
    here.key(place)
    token = here.token()
    there = lambda_client(another_app(environment))
    call = [("Authorization", f"Bearer {token}")]
    for set_before in (None, 2, 3):
        if set_before is not None:
            assert put(here, set_before).status == 200
        seen = [there.request("GET", "/proxy/test/x", call).status for _ in range(4)]
        assert seen == [200] * (set_before or 4) + [429] * (4 - (set_before or 4))
    assert here.call("DELETE", "/api/rate-limits/test").status == 204
    assert there.request("GET", "/proxy/test/x", call).status == 200


def test_a_window_starts_when_the_policy_is_set_and_ends_by_the_clock(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    token = account.token()
    view = put(account, 2, 10).json
    end = round(clock.now, 3) + 10
    assert view["reset_at"] == math.ceil(end)
    clock.now = end - 0.5
    assert [account.proxied(token).status for _ in range(3)] == [200, 200, 429]
    answer = account.proxied(token)
    assert answer.get("retry-after") == "1"
    clock.now = end + 0.001
    assert account.call("GET", "/api/rate-limits/test").json["remaining"] == 2
    assert [account.proxied(token).status for _ in range(3)] == [200, 200, 429]
    later = account.call("GET", "/api/rate-limits/test").json
    assert (later["remaining"], later["reset_at"]) == (0, view["reset_at"] + 10)
    assert len(place.received) == 4


def test_a_policy_can_be_set_before_the_api_has_a_key(account: Account, place: Place) -> None:
    assert put(account, 1).status == 200
    problem(account.call("GET", "/proxy/test/x"), 404, "unknown_api")
    account.key(place)
    assert account.call("GET", "/proxy/test/x").status == 200
    assert account.call("GET", "/proxy/test/x").status == 429


def test_deleting_a_key_keeps_the_policy(account: Account, place: Place) -> None:
    key = account.key(place)
    assert put(account, 1).status == 200
    assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    assert account.call("GET", "/api/rate-limits/test").json["limit"] == 1
    account.key(place)
    assert [account.call("GET", "/proxy/test/x").status for _ in range(2)] == [200, 429]


def observed(remaining: int = 41, status: int = 200) -> Answer:
    return Answer(
        status,
        headers=[
            ("X-RateLimit-Limit", "60"),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", "30"),
        ],
    )


def test_the_observed_limit_is_shown_with_the_policy(account: Account, place: Place) -> None:
    account.key(place)
    place.answer(observed())
    assert account.call("GET", "/proxy/test/x").status == 200
    seen = account.call("GET", "/api/rate-limits/test").json
    assert (seen["limit"], seen["remaining"], seen["source"]) == (60, 41, "observed")
    assert seen["observed"]["windows"] != []
    assert put(account, 5).status == 200
    both = account.call("GET", "/api/rate-limits/test").json
    assert (both["limit"], both["remaining"], both["source"]) == (5, 5, "policy")
    assert (both["observed"]["limit"], both["observed"]["remaining"]) == (60, 41)
    assert account.call("DELETE", "/api/rate-limits/test").status == 204
    problem(account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")
    assert account.call("GET", "/api/stats").json["totals"]["requests"] == 1
    assert account.call("GET", "/proxy/test/x").status == 200
    assert account.call("GET", "/api/rate-limits/test").json["source"] == "observed"


def test_an_observed_count_is_unknown_after_its_reset(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    place.answer(observed())
    assert account.call("GET", "/proxy/test/x").status == 200
    before = account.call("GET", "/api/rate-limits/test").json
    assert before["reset_at"] == pytest.approx(clock.now + 30, abs=1)
    clock.now += 40
    after = account.call("GET", "/api/rate-limits/test").json
    assert (after["limit"], after["remaining"], after["reset_at"]) == (60, None, None)


def test_rejected_calls_do_not_reach_the_upstream_or_change_what_it_reported(
    account: Account, place: Place
) -> None:
    account.key(place)
    place.answer(observed())
    assert put(account, 1).status == 200
    assert account.call("GET", "/proxy/test/x").status == 200
    for _ in range(3):
        assert_rejected(account.call("GET", "/proxy/test/x"), "rate_limited", 1)
    assert len(place.received) == 1
    assert account.call("GET", "/api/rate-limits/test").json["observed"]["remaining"] == 41
