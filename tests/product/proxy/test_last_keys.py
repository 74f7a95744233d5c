"""Keys that come last: an exhausted key is used if no other key is left."""

from __future__ import annotations

import pytest

from tests.product.proxy.pools import FIRST, SECOND, Keys, good, limited, states
from tests.support.accounts import Account, call_until, problem
from tests.support.clients import LambdaClient
from tests.support.upstream import Answer, Place

MONTH = [("X-RateLimit-Limit", "500"), ("X-RateLimit-Remaining", "0"),
         ("X-RateLimit-Reset", "2591000")]  # fmt: skip
WAIT = ("Retry-After", "60")


@pytest.fixture
def account(function: LambdaClient) -> Account:
    return Account(function)


@pytest.mark.parametrize(
    ("provider", "status", "fields"),
    [
        (None, 200, MONTH),
        (None, 404, MONTH),
        (None, 403, [WAIT]),
        (None, 402, [WAIT]),
        (None, 402, MONTH),
        (None, 429, []),
        (None, 429, [WAIT, ("X-RateLimit-Scope", "user")]),
        (None, 429, [WAIT, ("X-RateLimit-Name", "monitors_list")]),
        (None, 429, [WAIT, ("X-RateLimit-Resource", "search")]),
        (None, 429, [WAIT, ("X-RateLimit-Bucket", "abcd1234")]),
        (None, 429, [WAIT, ("X-Rate-Limit-Type", "method")]),
        (None, 429, [WAIT, ("x-ratelimit-remaining-tokens", "0")]),
        (None, 429, [WAIT, ("anthropic-ratelimit-input-tokens-remaining", "0")]),
        ("openai", 429, [WAIT]),
        ("groq", 429, [WAIT]),
        ("anthropic", 429, [WAIT]),
        ("mistral", 429, [WAIT]),
        ("cerebras", 429, [WAIT]),
        ("google-gemini", 429, [WAIT]),
        ("openrouter", 429, [WAIT]),
        ("discord", 429, [WAIT, ("X-RateLimit-Scope", "user")]),
        ("discord", 429, [WAIT, ("X-RateLimit-Scope", "shared")]),
        ("datadog", 429, [WAIT, ("X-RateLimit-Name", "monitors_list")]),
        ("zendesk", 429, [WAIT]),
        ("slack", 429, [WAIT]),
        ("x", 429, [*MONTH, WAIT]),
        ("github", 429, [WAIT, ("x-ratelimit-resource", "search")]),
        ("github", 403, [*MONTH, ("x-ratelimit-resource", "core")]),
    ],
)
def test_the_only_key_is_used_although_its_quota_is_reported_as_exhausted(
    account: Account, place: Place, provider: str | None, status: int, fields: list[tuple[str, str]]
) -> None:
    auth = {"scheme": "bearer"}
    account.key(place, FIRST, provider=provider, api_name="test", auth=auth)
    token = account.token(["test"])
    place.answer(Answer(status, fields, b"of the upstream"))

    for number in range(3):
        answer = account.proxied(token, f"/proxy/test/{number}")
        assert (answer.status, answer.body) == (status, b"of the upstream")

    place.answer(good())
    assert account.proxied(token, "/proxy/test/other").status == 200
    assert len(place.received) == 4


def test_an_exhausted_key_is_skipped_for_a_ready_one_otherwise_the_first_reset_comes_first(
    account: Account, place: Place
) -> None:
    account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])

    def nothing_left(seconds: int) -> Answer:
        return good(x_ratelimit_limit="9", x_ratelimit_remaining="0",
                    x_ratelimit_reset=str(seconds))  # fmt: skip

    keys = Keys(place, first=nothing_left(9000), second=nothing_left(600))
    for _ in range(8):
        assert account.proxied(token).status == 200
    assert sorted(keys.used[:2]) == ["first", "second"]
    assert keys.used[2:] == ["second"] * 6
    assert states(account) == {"exhausted": 2}
    overview = account.call("GET", "/api/rate-limits/test").json
    assert overview["exhausted_until"] is not None


def test_an_exhausted_key_comes_before_a_refused_one_and_gets_the_second_try(
    account: Account, place: Place
) -> None:
    for name in ("first", "second", "third"):
        account.key(place, f"sk-{name}-0123456789")
    token = account.token(["test"])
    nothing_left = Answer(200, MONTH, b"good")
    keys = Keys(place, first=Answer(401, [], b"no"), second=nothing_left, third=nothing_left)
    call_until(lambda _: set(keys.used) == {"first", "second", "third"}, account, token)
    place.received.clear()
    keys.answers["Bearer sk-second-0123456789"] = limited(600)
    keys.answers["Bearer sk-third-0123456789"] = limited(600)

    assert account.proxied(token).body == b"slow down"
    assert sorted(keys.used) == ["second", "third"]
    problem(account.proxied(token), 429, "keys_exhausted")
    assert len(keys.used) == 2


def test_an_exhausted_overflow_key_is_used_if_all_inline_keys_are_held(
    account: Account, place: Place
) -> None:
    names = [f"n{number}" for number in range(8)]
    for name in names:
        account.key(place, f"sk-{name}-0123456789")
    token = account.token(["test"])
    keys = Keys(place, **dict.fromkeys(names, Answer(200, MONTH, b"last")))
    call_until(lambda _: len(set(keys.used)) == 8, account, token)
    assert states(account) == {"exhausted": 8}
    overflow = [key["key_id"] for key in account.call("GET", "/api/keys").json["items"]]
    assert len(overflow) == 8

    for name in names[:7]:
        keys.answers[f"Bearer sk-{name}-0123456789"] = limited(600)
    answers = [account.proxied(token) for _ in range(12)]

    assert answers[-1].body == b"last", "the eighth key is asked wherever it is stored"
    assert max(keys.used.count(name) for name in names[:7]) <= 2
