"""Which key of a pool a call uses, and the retry after a 429."""

from __future__ import annotations

import time

import pytest

from tests.product.proxy.pools import FIRST, SECOND, Keys, good, limited
from tests.support.accounts import Account, call_until, problem
from tests.support.clients import LambdaClient, Response
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Answer, Place


@pytest.fixture
def token(account: Account, place: Place) -> str:
    """A token for the API `test`, whose pool has two keys."""
    account.key(place, FIRST)
    account.key(place, SECOND)
    return account.token(["test"])


def test_both_keys_are_used_while_nothing_is_known(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=good(), second=good())

    for _ in range(40):
        assert account.proxied(token).body == b"good"

    assert set(keys.used) == {"first", "second"}


def test_the_key_with_most_of_its_quota_left_is_chosen(
    function: LambdaClient, place: Place
) -> None:
    account = Account(function)
    account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(
        place,
        first=good(x_ratelimit_limit="100", x_ratelimit_remaining="5", x_ratelimit_reset="600"),
        second=good(x_ratelimit_limit="100", x_ratelimit_remaining="90", x_ratelimit_reset="600"),
    )
    call_until(lambda _: set(keys.used) == {"first", "second"}, account, token)
    place.received.clear()

    for _ in range(10):
        account.proxied(token)

    assert keys.used == ["second"] * 10


@pytest.mark.parametrize(
    ("provider", "fields"),
    [
        ("x", {"x_rate_limit_limit": "15", "x_rate_limit_remaining": "0"}),
        ("discord", {"x_ratelimit_limit": "5", "x_ratelimit_remaining": "0",
                     "x_ratelimit_reset_after": "600", "x_ratelimit_bucket": "b"}),
        ("github", {"x_ratelimit_limit": "5000", "x_ratelimit_remaining": "0",
                    "x_ratelimit_resource": "core"}),
        ("openai", {"x_ratelimit_limit_tokens": "9", "x_ratelimit_remaining_tokens": "0",
                    "x_ratelimit_reset_tokens": "6m0s"}),
        ("anthropic", {"anthropic_ratelimit_tokens_limit": "9",
                       "anthropic_ratelimit_tokens_remaining": "0",
                       "anthropic_ratelimit_tokens_reset": "2099-01-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_an_exhausted_model_or_route_does_not_exhaust_the_key(
    function: LambdaClient, place: Place, provider: str, fields: dict[str, str]
) -> None:
    """Such a key is used last, but a pool with only that key uses it."""
    reset = str(int(time.time()) + 600)
    resets = {"x_ratelimit_reset": reset, "x_rate_limit_reset": reset}
    account = Account(function)
    key = account.key(place, FIRST, provider=provider, api_name="test")
    token = account.token(["test"])
    keys = Keys(place, first=good(**fields, **resets), second=good(ratelimit='"default";r=9;t=60'))

    assert [account.proxied(token).status for _ in range(3)] == [200] * 3
    assert account.call("GET", f"/api/keys/{key['key_id']}").json["state"] == "ready"

    account.key(place, SECOND, provider=provider, api_name="test")
    place.received.clear()
    for _ in range(10):
        account.proxied(token)
    assert keys.used == ["second"] * 10


def test_the_quota_of_every_key_that_was_tried_is_shown(
    account: Account, place: Place, token: str
) -> None:
    numbers = {"first": "100", "second": "300"}
    exhausted = {
        name: Answer(429, [("Retry-After", "60"), ("X-RateLimit-Limit", limit),
                           ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "60")])
        for name, limit in numbers.items()
    }  # fmt: skip
    Keys(place, **exhausted)

    assert account.proxied(token).status == 429

    limits = account.call("GET", "/api/rate-limits/test").json["limits"]
    assert sorted(limit["limit"] for limit in limits) == [100, 300]
    assert len({limit["key_id"] for limit in limits}) == 2


def test_a_429_is_tried_once_on_the_next_key_and_the_first_is_skipped_from_then_on(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(), second=good())

    def first_was_used(answer: Response) -> bool:
        assert (answer.status, answer.body) == (200, b"good"), "the caller does not see the 429"
        assert answer.get("Retry-After") is None
        return "first" in keys.used

    call_until(first_was_used, account, token)
    assert keys.used[-2:] == ["first", "second"]
    place.received.clear()

    for _ in range(8):
        assert account.proxied(token).status == 200

    assert keys.used == ["second"] * 8


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [None, b"", bytes(range(256)) * 400])
def test_the_second_try_is_the_same_request(
    account: Account, place: Place, token: str, method: str, body: bytes | None
) -> None:
    keys = Keys(place, first=limited(), second=limited())

    account.proxied(token, "/proxy/test/x?a=%20", method, [("X-A", "1"), ("X-B", "2")], body)

    assert sorted(keys.used) == ["first", "second"]
    one, two = place.received
    assert (one.method, one.target, one.body) == (two.method, two.target, two.body)
    assert one.body == (body or b"")
    differing = [
        names for names in zip(one.headers, two.headers, strict=True) if names[0] != names[1]
    ]
    assert [names[0][0] for names in differing] == ["Authorization"]


def test_s13_a_body_that_was_streamed_is_not_sent_twice(
    account: Account, place: Place, token: str
) -> None:
    Keys(place, first=limited(), second=limited())

    answer = account.proxied(token, method="POST", body=b"x" * 1_500_000)

    assert (answer.status, answer.body) == (429, b"slow down")
    assert len(place.received) == 1


def test_only_one_further_key_is_tried(account: Account, place: Place, token: str) -> None:
    account.key(place, "sk-third-0123456789")
    keys = Keys(place, first=limited(), second=limited(), third=limited())

    answer = account.proxied(token)

    assert (answer.status, answer.body, answer.get("Retry-After")) == (429, b"slow down", "60")
    assert answer.get("Proxy-Status") is None
    assert len(keys.used) == 2
    totals = account.call("GET", "/api/stats").json["totals"]
    assert totals["requests"] == 1


def test_when_all_keys_are_exhausted_the_upstream_is_not_called_until_the_first_reset(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(600), second=limited(60))
    assert account.proxied(token).status == 429
    assert sorted(keys.used) == ["first", "second"]

    answer = account.proxied(token)

    problem(answer, 429, "keys_exhausted")
    assert 50 <= int(answer.get("Retry-After") or 0) <= 61
    assert answer.get("Proxy-Status")
    assert len(place.received) == 2
    entry = account.call("GET", "/api/requests").json["items"][0]
    assert (entry["status"], entry["problem"]) == (429, "keys_exhausted")
    assert account.call("GET", "/api/stats").json["totals"]["refused"] == 1


def test_a_key_with_nothing_left_is_skipped_before_it_is_refused(
    account: Account, place: Place, token: str
) -> None:
    reset = str(int(time.time()) + 600)
    keys = Keys(
        place,
        first=good(x_ratelimit_limit="10", x_ratelimit_remaining="0", x_ratelimit_reset=reset),
        second=good(),
    )
    call_until(lambda _: "first" in keys.used, account, token)
    place.received.clear()

    for _ in range(8):
        account.proxied(token)

    assert keys.used == ["second"] * 8


@pytest.mark.parametrize("field", ["Retry-After", "X-RateLimit-Reset"])
def test_an_exhausted_key_is_used_again_after_its_reset(
    environment: dict[str, str], place: Place, field: str
) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    exhausted = [(field, "60"), ("X-RateLimit-Limit", "10"), ("X-RateLimit-Remaining", "0")]
    keys = Keys(place, first=Answer(429, exhausted, b"slow down"), second=limited(600))
    assert account.proxied(token).status == 429
    assert sorted(keys.used) == ["first", "second"]
    keys.answers[f"Bearer {FIRST}"] = good()

    clock.now += 58
    problem(account.proxied(token), 429, "keys_exhausted")
    clock.now += 3

    assert account.proxied(token).body == b"good"
    assert keys.used[-1] == "first"


def test_a_429_without_a_retry_time_does_not_exhaust_the_key(
    account: Account, place: Place
) -> None:
    account.key(place, FIRST)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(429, [], b"no"))
    assert account.proxied(token).status == 429
    keys.answers[f"Bearer {FIRST}"] = good()

    assert account.proxied(token).status == 200
