"""The quota board: every limit of every key, in one form, with its pace and its end."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from api.quota.consumption_rate import ConsumptionRates
from api.quota.headers import Window
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
    """The only limit of that name."""
    (found,) = [one for one in document["limits"] if one["name"] == name]
    return dict(found)


def spoken(requests: int, tokens: int, reset: int = 3600) -> Answer:
    """As OpenAI says it."""
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


class World:
    """The product with a clock that the test moves."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.clock = Clock(float(NOW))
        self.account = Account(lambda_client(another_app(environment, self.clock)))
        self.place = place

    def call(self, answer: Answer, after: float = 0) -> None:
        """One call, so much later, that the upstream answers so."""
        self.clock.now += after
        self.place.answer(answer)
        self.account.sign_in()
        assert self.account.call("GET", "/proxy/test/x").status == answer.status


@pytest.fixture
def world(environment: dict[str, str], place: Place) -> World:
    return World(environment, place)


def test_every_window_has_its_unit_and_says_when_and_where_it_was_seen(world: World) -> None:
    key = world.account.key(world.place, provider="openai")
    world.call(spoken(990, 150_000))
    seen = view(world.account)
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


def test_several_windows_of_one_unit_are_told_apart_by_their_length(world: World) -> None:
    world.account.key(world.place)
    fields = [("RateLimit-Policy", '"burst";q=10;w=1, "daily";q=5000;w=86400;qu="content-bytes"'),
              ("RateLimit", '"burst";r=9;t=1, "daily";r=4000;t=600')]  # fmt: skip
    world.call(Answer(headers=fields))
    seen = view(world.account)
    assert [(one["name"], one["window"], one["unit"]) for one in seen["limits"]] == [
        ("burst", 1, "requests"), ("daily", 86_400, "content-bytes")
    ]  # fmt: skip


def test_the_pace_of_each_unit_tells_when_it_is_gone(world: World) -> None:
    world.account.key(world.place, provider="openai")
    world.call(spoken(1000, 200_000, 3600))
    world.call(spoken(990, 150_000, 3550), after=50)

    seen = view(world.account)

    assert (limit(seen, "tokens")["pace"], limit(seen, "requests")["pace"]) == (1000, 0.2)
    assert limit(seen, "tokens")["exhausts_at"] == NOW + 50 + 150
    assert limit(seen, "requests")["exhausts_at"] is None, "990 at 0.2 a second last an hour"


def test_a_pace_is_forgotten_after_ten_minutes_without_a_call(world: World) -> None:
    world.account.key(world.place, provider="openai")
    world.call(spoken(1000, 200_000, 7200))
    world.call(spoken(500, 100_000, 7150), after=50)
    world.clock.now += 599
    world.account.sign_in()
    assert limit(view(world.account), "requests")["pace"] == 10
    world.clock.now += 2
    seen = limit(view(world.account), "requests")
    assert (seen["pace"], seen["exhausts_at"], seen["remaining"]) == (None, None, 500)


def test_after_its_reset_nothing_is_said_of_what_is_left(world: World) -> None:
    world.account.key(world.place, provider="openai")
    world.call(spoken(1000, 200_000, 60))
    world.call(spoken(500, 100_000, 50), after=10)
    world.clock.now += 51
    for one in view(world.account)["limits"]:
        assert (one["remaining"], one["reset_at"], one["exhausts_at"]) == (None, None, None)
        assert one["limit"] is not None


def test_a_policy_has_its_pace_by_the_count_where_the_api_says_nothing(world: World) -> None:
    world.account.key(world.place)
    body = {"limit": 20, "window": 3600}
    assert world.account.call("PUT", "/api/rate-limits/test", body).status == 200
    for _ in range(9):
        world.call(Answer())
    world.call(Answer(), after=100)
    assert limit(view(world.account), "policy")["pace"] is None  # a good beginning tells nothing
    world.clock.now += 100
    seen = view(world.account)
    assert limit(seen, "policy") == {
        "name": "policy", "unit": "requests", "source": "policy", "key_id": None,
        "limit": 20, "remaining": 10, "reset_at": NOW + 3600, "window": 3600, "seen_at": None,
        "exhausted_until": None, "pace": 0.05, "exhausts_at": NOW + 400,
    }  # fmt: skip
    assert (seen["observed"], seen["unreserved_remaining"]) == (None, 10)
    assert (seen["limit"], seen["remaining"], seen["source"]) == (20, 10, "policy")


def test_the_policy_stands_before_what_was_observed(world: World) -> None:
    world.account.key(world.place, provider="openai")
    body = {"limit": 20, "window": 3600}
    assert world.account.call("PUT", "/api/rate-limits/test", body).status == 200
    world.call(spoken(990, 150_000))
    names = [one["name"] for one in view(world.account)["limits"]]
    assert names == ["policy", "requests", "tokens"]


def test_each_key_of_a_pool_has_its_own_limits(world: World) -> None:
    keys = [world.account.key(world.place, f"sk-{n}-0123456789", provider="openai")
            for n in range(3)]  # fmt: skip
    left = {f"Bearer sk-{n}-0123456789": 1000 - n for n in range(3)}

    def answer(received: Received, _connection: socket.socket) -> Answer:
        return spoken(left[received.get("Authorization") or ""], 1)

    world.place.behaviour = answer
    for _ in range(60):
        assert world.account.call("GET", "/proxy/test/x").status == 200
        if len({one.get("Authorization") for one in world.place.received}) == 3:
            break
    seen = {one["key_id"]: one["remaining"] for one in view(world.account)["limits"]
            if one["name"] == "requests"}  # fmt: skip
    assert seen == {key["key_id"]: 1000 - n for n, key in enumerate(keys)}

    assert world.account.call("DELETE", f"/api/keys/{keys[0]['key_id']}").status == 204
    left_over = {one["key_id"] for one in view(world.account)["limits"]}
    assert left_over == {keys[1]["key_id"], keys[2]["key_id"]}


def test_a_key_whose_place_in_the_pool_changed_is_shown_once(world: World) -> None:
    keys = sorted(world.account.key(world.place, f"sk-{n}-0123456789", provider="openai")["key_id"]
                  for n in range(2))  # fmt: skip
    for left in range(900, 800, -1):
        world.call(spoken(left, 5))
        if len({one["key_id"] for one in view(world.account)["limits"]}) == 2:
            break
    assert world.account.call("DELETE", f"/api/keys/{keys[0]}").status == 204

    world.call(spoken(77, 5), after=10)

    (seen,) = [one for one in view(world.account)["limits"] if one["name"] == "requests"]
    assert (seen["key_id"], seen["remaining"]) == (keys[1], 77)


def test_an_exhausted_key_is_shown_though_it_said_no_numbers(world: World) -> None:
    """Slack says no more than `Retry-After`."""
    key = world.account.key(world.place, provider="slack")
    world.call(Answer(429, [("Retry-After", "120")]))
    seen = view(world.account)
    assert limit(seen, "retry-after") == {
        "name": "retry-after", "unit": "requests", "source": "observed", "key_id": key["key_id"],
        "limit": None, "remaining": None, "reset_at": None, "window": None, "seen_at": NOW,
        "exhausted_until": NOW + 120, "pace": None, "exhausts_at": None,
    }  # fmt: skip
    assert seen["exhausted_until"] == NOW + 120
    assert (seen["limit"], seen["observed"]) == (None, None)
    world.clock.now += 121
    world.account.sign_in()
    problem(world.account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")
    assert world.account.call("GET", "/api/rate-limits").json["items"] == []


def test_a_refused_key_is_on_the_board_until_it_is_tried_again(world: World) -> None:
    """An API that says nothing of its limits is there for that alone."""
    first = world.account.key(world.place, "sk-one-0123456789")
    world.call(Answer(401))
    assert view(world.account)["refused_keys"] == [
        {"key_id": first["key_id"], "since": NOW, "until": NOW + 300}
    ]
    assert (view(world.account)["limits"], view(world.account)["exhausted_until"]) == ([], None)

    world.call(Answer())

    problem(world.account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")


def test_while_one_key_is_left_the_api_is_not_exhausted(world: World) -> None:
    world.account.key(world.place, "sk-one-0123456789", provider="openai")
    world.call(Answer(429, [("Retry-After", "120"), *spoken(0, 5).headers]))
    assert view(world.account)["exhausted_until"] == NOW + 120
    world.account.key(world.place, "sk-two-0123456789", provider="openai")
    seen = view(world.account)
    assert seen["exhausted_until"] is None
    assert {one["exhausted_until"] for one in seen["limits"]} == {NOW + 120}


def test_what_was_seen_is_forgotten_with_the_limit(world: World) -> None:
    world.account.key(world.place, provider="openai")
    world.call(spoken(990, 150_000))
    assert world.account.call("DELETE", "/api/rate-limits/test").status == 204
    problem(world.account.call("GET", "/api/rate-limits/test"), 404, "rate_limit_not_found")


# -- the pace itself -----------------------------------------------------------------------------


def paces(*seen: tuple[float, int | None, int | None]) -> list[float | None]:
    """The paces of one window, at times with what was left and the reset then."""
    known = ConsumptionRates()
    return [
        known.observe("k", (Window("requests", 1000, left, reset),), NOW + at)[0]
        for at, left, reset in seen
    ]


def test_a_pace_needs_five_seconds() -> None:
    assert paces((0, 100, None), (4.9, 90, None), (5, 90, None), (10, 80, None)) == [
        None, None, 2.0, 2.0
    ]  # fmt: skip


def test_a_pace_is_of_the_last_minutes_not_of_the_whole_day() -> None:
    slow = [(float(at), 1000 - at // 100, None) for at in range(0, 1000, 50)]
    fast = [(1000.0 + at, 990 - at, None) for at in range(0, 400, 50)]
    measured = paces(*slow, *fast)
    assert measured[len(slow) - 1] == pytest.approx(0.01, abs=0.005)
    assert measured[-1] == pytest.approx(1, abs=0.1)


def test_a_window_that_begins_anew_has_no_pace_yet() -> None:
    assert paces((0, 100, NOW + 60), (50, 10, NOW + 60), (61, 99, NOW + 120),
                 (71, 79, NOW + 120)) == [None, 1.8, None, 2.0]  # fmt: skip
    assert paces((0, 100, None), (50, 10, None), (60, 101, None)) == [None, 1.8, None]


def test_answers_out_of_order_do_not_end_a_pace() -> None:
    assert paces((0, 100, None), (10, 80, None), (10, 82, None), (20, 60, None))[-1] == 2.0


def test_what_is_not_used_has_a_pace_of_nothing() -> None:
    assert paces((0, 100, None), (60, 100, None)) == [None, 0.0]
    assert paces((0, None, None), (60, None, None)) == [None, None]


def test_windows_and_keys_are_measured_apart() -> None:
    known = ConsumptionRates()
    one, two = Window("requests", 10, 9), Window("tokens", 1000, 900)
    known.observe("k", (one, two), NOW)
    known.observe("other", (one,), NOW)
    later = (Window("requests", 10, 4), Window("tokens", 1000, 400))
    assert known.observe("k", later, NOW + 10) == (0.5, 50.0)
    assert known.observe("other", (one,), NOW + 10) == (0.0,)
