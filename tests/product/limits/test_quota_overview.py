"""The quota overview: every limit of every key, its consumption rate and when it is exhausted."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.support.accounts import Account, problem
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Answer, Place, Received

NOW = 1_900_000_000


def view(account: Account, api_name: str = "test") -> dict[str, Any]:
    answer = account.call("GET", f"/api/rate-limits/{api_name}")
    assert answer.status == 200, answer.body
    document: dict[str, Any] = answer.json
    assert document in account.call("GET", "/api/rate-limits").json["items"]
    return document


def limit(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the only limit of that name."""
    (found,) = [one for one in document["limits"] if one["name"] == name]
    return dict(found)


def spoken(requests: int, tokens: int, reset: int = 3600) -> Answer:
    """A response with the header fields of OpenAI."""
    return Answer(
        headers=[
            ("x-ratelimit-limit-requests", "1000"),
            ("x-ratelimit-remaining-requests", str(requests)),
            ("x-ratelimit-reset-requests", f"{reset}s"),
            ("x-ratelimit-limit-tokens", "200000"),
            ("x-ratelimit-remaining-tokens", str(tokens)),
            ("x-ratelimit-reset-tokens", f"{reset}s"),
        ]
    )


class QuotaScenario:
    """The product, with a clock that the test moves."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.clock = Clock(float(NOW))
        self.account = Account(lambda_client(another_app(environment, self.clock)))
        self.place = place

    def call(self, answer: Answer, after: float = 0) -> None:
        """Make a call that gets this response, so many seconds later."""
        self.clock.now += after
        self.place.answer(answer)
        self.account.sign_in()
        assert self.account.call("GET", "/proxy/test/x").status == answer.status


@pytest.fixture
def scenario(environment: dict[str, str], place: Place) -> QuotaScenario:
    return QuotaScenario(environment, place)


def test_a_window_has_its_unit_its_key_and_the_time_of_the_response(
    scenario: QuotaScenario,
) -> None:
    key = scenario.account.key(scenario.place, provider="openai")
    scenario.call(spoken(990, 150_000))
    seen = view(scenario.account)
    assert [one["name"] for one in seen["limits"]] == ["requests", "tokens"]
    assert limit(seen, "tokens") == {
        "name": "tokens", "unit": "tokens", "source": "observed", "key_id": key["key_id"],
        "limit": 200_000, "remaining": 150_000, "reset_at": NOW + 3600, "window": None,
        "seen_at": NOW, "exhausted_until": None, "pace": None, "exhausts_at": None,
    }  # fmt: skip
    assert limit(seen, "requests")["unit"] == "requests"
    assert (seen["limit"], seen["remaining"], seen["source"]) == (1000, 990, "observed")
    assert (seen["exhausted_until"], seen["reserved"], seen["unreserved_remaining"]) == (
        None, 0, None
    )  # fmt: skip


def test_windows_of_one_unit_differ_in_length(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place)
    fields = [("RateLimit-Policy", '"burst";q=10;w=1, "daily";q=5000;w=86400;qu="content-bytes"'),
              ("RateLimit", '"burst";r=9;t=1, "daily";r=4000;t=600')]  # fmt: skip
    scenario.call(Answer(headers=fields))
    seen = view(scenario.account)
    assert [(one["name"], one["window"], one["unit"]) for one in seen["limits"]] == [
        ("burst", 1, "requests"), ("daily", 86_400, "content-bytes")
    ]  # fmt: skip


def test_the_rate_of_each_unit_forecasts_when_it_is_exhausted(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place, provider="openai")
    scenario.call(spoken(1000, 200_000, 3600))
    scenario.call(spoken(990, 150_000, 3550), after=50)

    seen = view(scenario.account)

    assert (limit(seen, "tokens")["pace"], limit(seen, "requests")["pace"]) == (1000, 0.2)
    assert limit(seen, "tokens")["exhausts_at"] == NOW + 50 + 150
    assert limit(seen, "requests")["exhausts_at"] is None, "990 at 0.2 a second last an hour"


def test_a_rate_is_outdated_after_ten_minutes_without_a_call(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place, provider="openai")
    scenario.call(spoken(1000, 200_000, 7200))
    scenario.call(spoken(500, 100_000, 7150), after=50)
    scenario.clock.now += 599
    scenario.account.sign_in()
    assert limit(view(scenario.account), "requests")["pace"] == 10
    scenario.clock.now += 2
    seen = limit(view(scenario.account), "requests")
    assert (seen["pace"], seen["exhausts_at"], seen["remaining"]) == (None, None, 500)


def test_after_a_reset_the_remaining_quota_is_unknown(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place, provider="openai")
    scenario.call(spoken(1000, 200_000, 60))
    scenario.call(spoken(500, 100_000, 50), after=10)
    scenario.clock.now += 51
    for one in view(scenario.account)["limits"]:
        assert (one["remaining"], one["reset_at"], one["exhausts_at"]) == (None, None, None)
        assert one["limit"] is not None


def test_the_rate_of_a_policy_comes_from_its_counter(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place)
    body = {"limit": 20, "window": 3600}
    assert scenario.account.call("PUT", "/api/rate-limits/test", body).status == 200
    for _ in range(9):
        scenario.call(Answer())
    scenario.call(Answer(), after=100)
    assert limit(view(scenario.account), "policy")["pace"] is None  # too early in the window
    scenario.clock.now += 100
    seen = view(scenario.account)
    assert limit(seen, "policy") == {
        "name": "policy", "unit": "requests", "source": "policy", "key_id": None,
        "limit": 20, "remaining": 10, "reset_at": NOW + 3600, "window": 3600, "seen_at": None,
        "exhausted_until": None, "pace": 0.05, "exhausts_at": NOW + 400,
    }  # fmt: skip
    assert (seen["observed"], seen["unreserved_remaining"]) == (None, 10)
    assert (seen["limit"], seen["remaining"], seen["source"]) == (20, 10, "policy")


def test_the_policy_comes_before_observed_limits(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place, provider="openai")
    body = {"limit": 20, "window": 3600}
    assert scenario.account.call("PUT", "/api/rate-limits/test", body).status == 200
    scenario.call(spoken(990, 150_000))
    names = [one["name"] for one in view(scenario.account)["limits"]]
    assert names == ["policy", "requests", "tokens"]


def test_each_key_of_a_pool_has_its_own_limits(scenario: QuotaScenario) -> None:
    keys = [scenario.account.key(scenario.place, f"sk-{n}-0123456789", provider="openai")
            for n in range(3)]  # fmt: skip
    left = {f"Bearer sk-{n}-0123456789": 1000 - n for n in range(3)}

    def answer(received: Received, _connection: socket.socket) -> Answer:
        return spoken(left[received.get("Authorization") or ""], 1)

    scenario.place.behaviour = answer
    for _ in range(60):
        assert scenario.account.call("GET", "/proxy/test/x").status == 200
        if len({one.get("Authorization") for one in scenario.place.received}) == 3:
            break
    seen = {one["key_id"]: one["remaining"] for one in view(scenario.account)["limits"]
            if one["name"] == "requests"}  # fmt: skip
    assert seen == {key["key_id"]: 1000 - n for n, key in enumerate(keys)}

    assert scenario.account.call("DELETE", f"/api/keys/{keys[0]['key_id']}").status == 204
    left_over = {one["key_id"] for one in view(scenario.account)["limits"]}
    assert left_over == {keys[1]["key_id"], keys[2]["key_id"]}


def test_a_key_whose_slot_changed_is_shown_once(scenario: QuotaScenario) -> None:
    keys = sorted(
        scenario.account.key(scenario.place, f"sk-{n}-0123456789", provider="openai")["key_id"]
        for n in range(2)
    )
    for left in range(900, 800, -1):
        scenario.call(spoken(left, 5))
        if len({one["key_id"] for one in view(scenario.account)["limits"]}) == 2:
            break
    assert scenario.account.call("DELETE", f"/api/keys/{keys[0]}").status == 204

    scenario.call(spoken(77, 5), after=10)

    (seen,) = [one for one in view(scenario.account)["limits"] if one["name"] == "requests"]
    assert (seen["key_id"], seen["remaining"]) == (keys[1], 77)


def test_an_exhausted_key_without_numbers_is_shown(scenario: QuotaScenario) -> None:
    """Slack sends nothing but `Retry-After`."""
    key = scenario.account.key(scenario.place, provider="slack")
    scenario.call(Answer(429, [("Retry-After", "120")]))
    seen = view(scenario.account)
    assert limit(seen, "retry-after") == {
        "name": "retry-after", "unit": "requests", "source": "observed", "key_id": key["key_id"],
        "limit": None, "remaining": None, "reset_at": None, "window": None, "seen_at": NOW,
        "exhausted_until": NOW + 120, "pace": None, "exhausts_at": None,
    }  # fmt: skip
    assert seen["exhausted_until"] == NOW + 120
    assert (seen["limit"], seen["observed"]) == (None, None)
    scenario.clock.now += 121
    scenario.account.sign_in()
    problem(scenario.account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")
    assert scenario.account.call("GET", "/api/rate-limits").json["items"] == []


def test_a_refused_key_is_shown_until_it_works_again(scenario: QuotaScenario) -> None:
    """An API without known limits is listed because of its refused key."""
    first = scenario.account.key(scenario.place, "sk-one-0123456789")
    scenario.call(Answer(401))
    assert view(scenario.account)["refused_keys"] == [
        {"key_id": first["key_id"], "since": NOW, "until": NOW + 300}
    ]
    assert (view(scenario.account)["limits"], view(scenario.account)["exhausted_until"]) == (
        [],
        None,
    )

    scenario.call(Answer())

    problem(scenario.account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")


def test_an_api_with_a_usable_key_is_not_exhausted(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place, "sk-one-0123456789", provider="openai")
    scenario.call(Answer(429, [("Retry-After", "120"), *spoken(0, 5).headers]))
    assert view(scenario.account)["exhausted_until"] == NOW + 120
    scenario.account.key(scenario.place, "sk-two-0123456789", provider="openai")
    seen = view(scenario.account)
    assert seen["exhausted_until"] is None
    assert {one["exhausted_until"] for one in seen["limits"]} == {NOW + 120}


def test_deleting_the_limit_deletes_the_observed_quota(scenario: QuotaScenario) -> None:
    scenario.account.key(scenario.place, provider="openai")
    scenario.call(spoken(990, 150_000))
    assert scenario.account.call("DELETE", "/api/rate-limits/test").status == 204
    problem(scenario.account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")
