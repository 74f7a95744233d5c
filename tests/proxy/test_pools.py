"""Several keys of one API: which is used, what a 429 or 401 of one does, and when all are spent."""

from __future__ import annotations

import socket
import time
from typing import Any

import msgspec
import pytest
from cryptography.fernet import Fernet

from api.lambda_handler import handle
from api.secret import Secret
from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import Account, problem
from tests.support.clients import LambdaClient
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


def test_where_all_keys_are_refused_the_upstream_says_so_itself(
    account: Account, place: Place, token: str
) -> None:
    refused = Answer(401, [("WWW-Authenticate", "Bearer")], b"bad key")
    Keys(place, first=refused, second=refused)

    for _ in range(4):
        answer = account.proxied(token)
        assert (answer.status, answer.body) == (401, b"bad key")

    assert len(place.received) == 4


def test_a_replaced_secret_makes_a_refused_key_usable_at_once(
    account: Account, place: Place
) -> None:
    key = account.key(place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(place, first=Answer(401, [], b"bad"), second=limited(600), new=good())
    while "first" not in keys.used or account.proxied(token).status != 401:
        account.proxied(token)

    change = {"secret": "sk-new-0123456789"}
    assert account.call("PATCH", f"/api/keys/{key['key_id']}", change).status == 200

    assert account.proxied(token).body == b"good"
    assert keys.used[-1] == "new"


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


def test_a_second_key_that_cannot_be_connected_to(
    account: Account, place: Place, closed_port: int
) -> None:
    account.key(place, FIRST)
    account.key(place, SECOND, base_url=f"http://127.0.0.1:{closed_port}/")
    token = account.token(["test"])
    Keys(place, first=limited())

    problem(account.proxied(token), 502, "connect_failed")


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
