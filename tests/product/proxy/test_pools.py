"""Several keys of one API: which is used, what a 429 or 401 of one does, and when all are spent."""

from __future__ import annotations

import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from cryptography.fernet import Fernet

from api.aws_lambda.handler import handle
from api.secret import Secret
from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient
from tests.support.products import Clock, another_app, door
from tests.support.upstream import Answer, Place, Received

FIRST, SECOND = "sk-first-0123456789", "sk-second-0123456789"


class Keys:
    """An upstream that answers each key in its own way, and counts."""

    def __init__(self, place: Place, **answers: Answer) -> None:
        self.place = place
        self.answers = {f"Bearer sk-{name}-0123456789": answer for name, answer in answers.items()}
        place.behaviour = self._answer

    def _answer(self, received: Received, _connection: socket.socket) -> Answer:
        return self.answers[received.get("Authorization") or ""]

    @property
    def used(self) -> list[str]:
        """The names of the keys that were used, in order."""
        return [
            (received.get("Authorization") or "").split("-")[1] for received in self.place.received
        ]


def limited(seconds: int = 60) -> Answer:
    """A 429 that says when to come back."""
    return Answer(429, [("Retry-After", str(seconds))], b"slow down")


def good(**fields: str) -> Answer:
    """A 200 with header fields, `_` for `-` in their names."""
    return Answer(200, [(name.replace("_", "-"), value) for name, value in fields.items()], b"good")


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
    while set(keys.used) != {"first", "second"}:
        account.proxied(token)
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
def test_where_an_api_counts_models_or_routes_apart_the_end_of_one_ends_no_key(
    function: LambdaClient, place: Place, provider: str, fields: dict[str, str]
) -> None:
    """Such a key comes last, and alone it is asked."""
    reset = str(int(time.time()) + 600)
    told = {"x_ratelimit_reset": reset, "x_rate_limit_reset": reset}
    account = Account(function)
    key = account.key(place, FIRST, provider=provider, api_name="test")
    token = account.token(["test"])
    keys = Keys(place, first=good(**fields, **told), second=good(ratelimit='"default";r=9;t=60'))

    assert [account.proxied(token).status for _ in range(3)] == [200] * 3
    assert account.call("GET", f"/api/keys/{key['key_id']}").json["state"] == "ready"

    account.key(place, SECOND, provider=provider, api_name="test")
    place.received.clear()
    for _ in range(10):
        account.proxied(token)
    assert keys.used == ["second"] * 10


def test_what_every_key_that_was_tried_said_is_on_the_board(
    account: Account, place: Place, token: str
) -> None:
    numbers = {"first": "100", "second": "300"}
    spent = {
        name: Answer(429, [("Retry-After", "60"), ("X-RateLimit-Limit", limit),
                           ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "60")])
        for name, limit in numbers.items()
    }  # fmt: skip
    Keys(place, **spent)

    assert account.proxied(token).status == 429

    limits = account.call("GET", "/api/rate-limits/test").json["limits"]
    assert sorted(limit["limit"] for limit in limits) == [100, 300]
    assert len({limit["key_id"] for limit in limits}) == 2


def test_a_429_is_tried_once_on_the_next_key_and_the_first_is_passed_over_from_then_on(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(), second=good())
    while "first" not in keys.used:
        answer = account.proxied(token)
        assert (answer.status, answer.body) == (200, b"good"), "the caller sees nothing of it"
        assert answer.get("Retry-After") is None
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


def test_when_all_are_spent_the_upstream_is_left_alone_until_the_first_returns(
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


def test_a_key_with_nothing_left_is_passed_over_before_it_is_refused(
    account: Account, place: Place, token: str
) -> None:
    reset = str(int(time.time()) + 600)
    keys = Keys(
        place,
        first=good(x_ratelimit_limit="10", x_ratelimit_remaining="0", x_ratelimit_reset=reset),
        second=good(),
    )
    while "first" not in keys.used:
        account.proxied(token)
    place.received.clear()

    for _ in range(8):
        account.proxied(token)

    assert keys.used == ["second"] * 8


def test_a_spent_key_is_used_again_after_its_reset(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(1), second=limited(600))
    account.proxied(token)
    keys.answers[f"Bearer {FIRST}"] = good()

    answer = account.proxied(token)
    while answer.status == 429:
        answer = account.proxied(token)

    assert answer.body == b"good"
    assert keys.used[-1] == "first"


def test_a_429_that_says_no_time_does_not_lock_the_key(account: Account, place: Place) -> None:
    account.key(place, FIRST)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(429, [], b"no"))
    assert account.proxied(token).status == 429
    keys.answers[f"Bearer {FIRST}"] = good()

    assert account.proxied(token).status == 200


def test_a_refused_key_is_told_to_the_caller_and_comes_last(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=Answer(401, [], b"bad key"), second=good())
    while "first" not in keys.used:
        answer = account.proxied(token)
    assert (answer.status, answer.body) == (401, b"bad key")
    assert answer.get("Proxy-Status") is None
    place.received.clear()

    for _ in range(8):
        assert account.proxied(token).status == 200

    assert keys.used == ["second"] * 8


def test_a_429_is_not_exchanged_for_the_401_of_a_refused_key(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=Answer(401, [], b"bad key"), second=Answer(429, [], b"slow down"))
    while "first" not in keys.used:
        account.proxied(token)
    place.received.clear()

    for _ in range(8):
        assert account.proxied(token).status == 429

    assert keys.used == ["second"] * 8


def test_where_all_keys_are_refused_the_upstream_says_so_itself(
    account: Account, place: Place, token: str
) -> None:
    refused = Answer(401, [("WWW-Authenticate", "Bearer")], b"bad key")
    Keys(place, first=refused, second=refused)

    for _ in range(4):
        answer = account.proxied(token)
        assert (answer.status, answer.body) == (401, b"bad key")

    assert len(place.received) == 4


@pytest.mark.parametrize("name", ["first", "second"])
def test_of_keys_that_are_all_refused_one_that_is_good_again_is_found(
    account: Account, place: Place, token: str, name: str
) -> None:
    refused = Answer(401, [], b"bad key")
    keys = Keys(place, first=refused, second=refused)
    for _ in range(4):
        assert account.proxied(token).status == 401
    keys.answers[f"Bearer sk-{name}-0123456789"] = good()

    assert 200 in [account.proxied(token).status for _ in range(60)]


def test_where_one_key_is_refused_and_the_other_spent_the_answer_is_when_that_comes_back(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=Answer(401, [], b"bad key"), second=limited(600))
    while set(keys.used) != {"first", "second"}:
        account.proxied(token)
    place.received.clear()

    answer = account.proxied(token)

    problem(answer, 429, "keys_exhausted")
    assert 590 <= int(answer.get("Retry-After") or 0) <= 600
    assert keys.used == []
    (limits,) = account.call("GET", "/api/rate-limits").json["items"]
    assert limits["exhausted_until"] == answer.json["reset_at"]


def test_a_replaced_secret_makes_a_refused_key_usable_at_once(
    account: Account, place: Place
) -> None:
    key = account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(401, [], b"bad"), second=limited(600), new=good())
    while "first" not in keys.used:
        account.proxied(token)

    change = {"secret": "sk-new-0123456789"}
    assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200

    assert account.proxied(token).body == b"good"
    assert keys.used[-1] == "new"


def test_what_the_old_secret_brought_on_itself_is_not_held_against_the_new_one(
    account: Account, place: Place
) -> None:
    """The answer to a call with the old secret comes after it was replaced."""
    key = account.key(place, FIRST)
    change = {"secret": SECOND}

    def answer(received: Received, _connection: socket.socket) -> Answer:
        if received.get("Authorization") == f"Bearer {FIRST}":
            assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200
            return Answer(401, [], b"revoked")
        return good()

    place.behaviour = answer

    assert account.proxied(account.token(["test"])).status == 401

    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    assert (shown["hint"], shown["state"]) == ("…6789", "ready")


def test_a_pool_larger_than_what_is_read_at_once_is_used_to_its_end(
    account: Account, place: Place
) -> None:
    names = [f"n{number}" for number in range(9)]
    for name in names:
        account.key(place, f"sk-{name}-0123456789")
    token = account.token(["test"])
    keys = Keys(place, **{name: limited(600) for name in names[:-1]}, n8=good())

    answers = [account.proxied(token) for _ in range(40)]

    assert b"good" in [answer.body for answer in answers]
    assert "n8" in keys.used


NINE = [f"n{number}" for number in range(9)]


@pytest.fixture
def large(account: Account, place: Place) -> str:
    """A token for the API `test`, whose pool has nine keys, more than its item holds."""
    for name in NINE:
        account.key(place, f"sk-{name}-0123456789")
    return account.token(["test"])


def states(account: Account) -> Counter[str]:
    """How many keys are in each state."""
    listed = account.call("GET", "/api/keys?limit=100").json["items"]
    return Counter(key["state"] for key in listed)


def test_of_a_large_pool_no_spent_key_is_asked_twice(
    account: Account, place: Place, large: str
) -> None:
    keys = Keys(place, **{name: limited(600) for name in NINE[:-1]}, n8=good())

    answers = [account.proxied(large) for _ in range(30)]

    assert answers[-1].body == b"good"
    used = Counter(keys.used)
    assert max(used[name] for name in NINE[:-1]) == 1
    assert keys.used[-8:] == ["n8"] * 8
    # Those that never came to be asked are ready as before.
    assert states(account) == {"exhausted": len(used) - 1, "ready": 9 - len(used) + 1}


def test_when_all_of_a_large_pool_are_spent_the_earliest_reset_is_told(
    account: Account, place: Place, large: str
) -> None:
    keys = Keys(place, **{name: limited(900) for name in NINE[:-1]}, n8=limited(300))
    answers = [account.proxied(large) for _ in range(12)]
    assert sorted(keys.used) == NINE, "each was asked once"

    for answer in answers[-3:]:
        problem(answer, 429, "keys_exhausted")
        assert 250 <= int(answer.get("Retry-After") or 0) <= 301
        assert answer.json["reset_at"] == pytest.approx(time.time() + 300, abs=30)

    assert states(account) == {"exhausted": 9}
    listed = account.call("GET", "/api/keys").json["items"]
    untils = sorted(key["state_until"] for key in listed)
    assert untils[0] == pytest.approx(time.time() + 300, abs=30)
    assert untils[1] == pytest.approx(time.time() + 900, abs=30)
    limit = account.call("GET", "/api/rate-limits/test").json
    assert limit["exhausted_until"] == untils[0]


@pytest.mark.parametrize("change", ["new key", "new secret"])
def test_a_large_pool_that_is_spent_takes_a_new_key_at_once(
    account: Account, place: Place, large: str, change: str
) -> None:
    keys = Keys(place, **{name: limited(900) for name in NINE}, fresh=good())
    while len(keys.used) < 9:
        account.proxied(large)
    problem(account.proxied(large), 429, "keys_exhausted")

    if change == "new key":
        account.key(place, "sk-fresh-0123456789")
    else:
        outside = account.call("GET", "/api/keys").json["items"][-1]
        body = {"secret": "sk-fresh-0123456789"}
        assert account.call("PATCH", f"/api/keys/{outside['key_id']}", body).status == 200

    assert account.proxied(large).body == b"good"


def test_keys_of_a_large_pool_come_back_after_their_reset(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock()
    account = Account(door(another_app(environment, clock)))
    for name in NINE:
        account.key(place, f"sk-{name}-0123456789")
    token = account.token(["test"])
    keys = Keys(place, **{name: limited(60) for name in NINE})
    for _ in range(12):
        account.proxied(token)
    assert sorted(keys.used) == NINE
    for name in NINE:
        keys.answers[f"Bearer sk-{name}-0123456789"] = good()

    clock.now += 61

    assert [account.proxied(token).status for _ in range(20)] == [200] * 20
    assert states(account) == {"ready": 9}


def test_a_large_pool_used_by_many_at_once(account: Account, place: Place, large: str) -> None:
    keys = Keys(place, **{name: limited(600) for name in NINE[:-1]}, n8=good())
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: account.proxied(large), range(120)))
    # A caller may find two spent keys and gets the second one's own answer.
    assert {answer.status for answer in answers} <= {200, 429}
    assert all(answer.get("Proxy-Status") is None for answer in answers)
    assert [account.proxied(large).body for _ in range(10)] == [b"good"] * 10
    assert keys.used[-10:] == ["n8"] * 10


def test_a_caller_whose_keys_are_all_outside_the_pool_item_finds_them(
    account: Account, place: Place
) -> None:
    """Nine keys whose credential goes elsewhere, and one for this caller: nothing is swapped."""
    elsewhere = {"scheme": "header", "name": "X-Own-Key"}
    for name in NINE:
        account.key(place, f"sk-{name}-0123456789", auth=elsewhere)
    for _ in range(4):
        account.key(place, FIRST, auth={"scheme": "query", "name": "key"})
    token = account.token(["test"])
    place.answer(good())
    for _ in range(4):
        assert account.client.request("GET", f"/proxy/test/x?key={token}", []).status == 200
        assert f"key={FIRST}" in place.last.target
        assert account.client.request("GET", "/proxy/test/x", [("X-Own-Key", token)]).status == 200
        assert "sk-n" in (place.last.get("X-Own-Key") or "")


def test_a_403_that_asks_to_wait_passes_the_key_over(
    account: Account, place: Place, token: str
) -> None:
    slow = Answer(403, [("Retry-After", "60")], b"secondary limit")
    keys = Keys(place, first=slow, second=good())
    while "first" not in keys.used:
        answer = account.proxied(token)
    assert (answer.status, answer.body) == (403, b"secondary limit"), "a 403 is not tried again"
    place.received.clear()

    for _ in range(8):
        assert account.proxied(token).status == 200

    assert keys.used == ["second"] * 8


@pytest.mark.parametrize(
    ("resource", "more", "state"),
    [
        ("core", [], "exhausted"),
        ("graphql", [], "ready"),
        ("graphql", [("Retry-After", "60")], "exhausted"),
    ],
    ids=["core", "graphql", "graphql-and-retry-after"],
)
@pytest.mark.parametrize("status", [403, 429])
def test_of_githubs_resources_only_the_main_one_makes_a_key_unusable(
    account: Account,
    place: Place,
    status: int,
    resource: str,
    more: list[tuple[str, str]],
    state: str,
) -> None:
    """A secondary limit, which says `Retry-After`, is for all of them."""
    account.key(place, provider="github")
    fields = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", str(int(time.time()) + 1800)),
        ("x-ratelimit-resource", resource),
    ]
    place.answer(Answer(status, [*fields, *more]))

    assert account.proxied(account.token(["test"])).status == status

    (key,) = account.call("GET", "/api/keys").json["items"]
    assert key["state"] == state


def test_a_key_that_is_passed_over_says_until_when_and_why(
    account: Account, place: Place, token: str
) -> None:
    reset = int(time.time()) + 600
    nothing_left = good(x_ratelimit_remaining="0", x_ratelimit_reset=str(reset))
    keys = Keys(place, first=limited(600), second=Answer(401, [], b"no"))
    while set(keys.used) != {"first", "second"}:
        account.proxied(token)
    third = account.key(place, "sk-third-0123456789")
    keys.answers["Bearer sk-third-0123456789"] = nothing_left
    account.proxied(token)

    shown = {key["key_id"]: key for key in account.call("GET", "/api/keys").json["items"]}
    spent = shown.pop(third["key_id"])
    by_state = {key["state"]: key for key in shown.values()}
    assert (
        by_state["exhausted"]["state_reason"]
        == "The upstream responded with 429 and asked to wait."
    )
    assert "401" in by_state["refused"]["state_reason"]
    assert (spent["state"], spent["state_until"]) == ("exhausted", reset)
    assert (
        spent["state_reason"]
        == "Its quota is exhausted, according to the upstream's last response."
    )
    now = time.time()
    for key in (spent, *by_state.values()):
        assert now - 60 <= key["state_since"] <= now < key["state_until"]
        assert account.call("GET", f"/api/keys/{key['key_id']}").json == key
    created = account.key(place, "sk-fourth-0123456789")
    assert (created["state"], created["state_until"]) == ("ready", None)
    assert (created["state_since"], created["state_reason"]) == (None, None)


def test_a_refused_key_is_left_alone_longer_each_time_until_it_works(
    environment: dict[str, str], place: Place
) -> None:
    clock = Clock(1_900_000_000.0)
    account = Account(door(another_app(environment, clock)))
    key = account.key(place, FIRST)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(401, [], b"no"))
    rests = []
    for _ in range(6):
        assert account.proxied(token).status == 401
        shown = account.call("GET", f"/api/keys/{key['key_id']}").json
        rests.append(shown["state_until"] - shown["state_since"])
        clock.now = shown["state_until"] + 1
        account.sign_in()
    assert rests == [300, 1200, 4800, 19_200, 76_800, 86_400]

    keys.answers[f"Bearer {FIRST}"] = good()
    assert account.proxied(token).status == 200
    keys.answers[f"Bearer {FIRST}"] = Answer(401, [], b"no")
    assert account.proxied(token).status == 401
    shown = account.call("GET", f"/api/keys/{key['key_id']}").json
    assert shown["state_until"] - shown["state_since"] == 300


def test_a_new_description_leaves_what_is_known_of_a_key(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(600), second=good())
    while "first" not in keys.used:
        account.proxied(token)
    spent = next(
        key for key in account.call("GET", "/api/keys").json["items"] if key["state"] != "ready"
    )
    body = {"description": "the old account"}
    changed = account.call("PATCH", f"/api/keys/{spent['key_id']}", body).json
    assert (changed["state"], changed["state_until"]) == ("exhausted", spent["state_until"])


def test_keys_of_one_pool_may_lead_to_different_places(
    account: Account, place: Place, tls_place: Place
) -> None:
    account.key(place, FIRST)
    account.key(tls_place, SECOND)
    token = account.token(["test"])
    place.answer(limited())

    while not place.received:
        account.proxied(token)

    assert tls_place.last.get("Authorization") == f"Bearer {SECOND}"
    assert [received.get("Authorization") for received in place.received] == [f"Bearer {FIRST}"]


def test_a_key_whose_credential_goes_elsewhere_than_the_callers_token_is_passed_over(
    account: Account, place: Place
) -> None:
    account.key(place, FIRST, auth={"scheme": "header", "name": "X-Own-Key"})
    account.key(place, SECOND)
    token = account.token(["test"])

    for _ in range(8):
        answer = account.client.request("GET", "/proxy/test/x", [("X-Own-Key", token)])
        assert answer.status == 200

    assert {received.get("X-Own-Key") for received in place.received} == {FIRST}


def test_where_the_second_key_cannot_be_asked_the_first_ones_429_stands(
    account: Account, place: Place, closed_port: int
) -> None:
    first = account.key(place, FIRST)
    account.key(place, SECOND, base_url=f"http://127.0.0.1:{closed_port}/")
    token = account.token(["test"])
    Keys(place, first=limited())

    while not place.received:  # it may be the second one's turn at first
        answer = account.proxied(token)

    assert (answer.status, answer.body, answer.get("Retry-After")) == (429, b"slow down", "60")
    (entry, *_) = account.call("GET", "/api/requests").json["items"]
    assert (entry["status"], entry["key_id"]) == (429, first["key_id"])


def test_where_the_second_key_may_have_been_served_no_429_invites_to_ask_again(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(), second=Answer(raw=b""))

    while "first" not in keys.used:
        answer = account.proxied(token, method="POST", body=b"x")

    problem(answer, 502, "upstream_reset")


@pytest.fixture(scope="session")
def other_keys(environment: dict[str, str]) -> LambdaClient:
    """The product on the same table with another encryption key."""
    made = msgspec.structs.replace(
        read_settings(environment), fernet_keys=(Secret(Fernet.generate_key().decode()),)
    )
    app = build_app(made)

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        return handle(app, event, context)

    return LambdaClient(handler)


def elsewhere(account: Account, client: LambdaClient, place: Place, secret: str) -> None:
    """Store a key by the product that has another encryption key."""
    own, account.client = account.client, client
    account.key(place, secret)
    account.client = own


def test_s28_an_unreadable_secret_is_passed_over(
    account: Account, other_keys: LambdaClient, place: Place
) -> None:
    elsewhere(account, other_keys, place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(place, second=good())

    for _ in range(8):
        assert account.proxied(token).status == 200

    assert keys.used == ["second"] * 8


def test_s28_where_no_secret_can_be_read_the_upstream_is_not_called(
    account: Account, other_keys: LambdaClient, place: Place
) -> None:
    elsewhere(account, other_keys, place, FIRST)
    elsewhere(account, other_keys, place, SECOND)

    answer = account.proxied(account.token(["test"]))

    problem(answer, 502, "secret_unreadable")
    assert answer.get("Proxy-Status") == "api-dashboard; error=proxy_configuration_error"
    assert place.received == []
    entry = account.call("GET", "/api/requests").json["items"][0]
    assert entry["problem"] == "secret_unreadable"


def test_a_429_stays_a_429_where_the_other_secret_is_unreadable(
    account: Account, other_keys: LambdaClient, place: Place
) -> None:
    elsewhere(account, other_keys, place, FIRST)
    account.key(place, SECOND)
    Keys(place, second=limited())

    answer = account.proxied(account.token(["test"]))

    assert (answer.status, answer.body, answer.get("Retry-After")) == (429, b"slow down", "60")


@pytest.mark.parametrize("target", ["/proxy/nothing/x", "/proxy/nothing", "/proxy/Test/x"])
def test_an_api_without_a_key_is_unknown(account: Account, token: str, target: str) -> None:
    every = account.token(["*"])

    answer = account.proxied(every, target)

    problem(answer, 404, "unknown_api")
    assert answer.get("Proxy-Status") == "api-dashboard; error=destination_not_found"
