"""States of keys, pools of different keys, and unreadable secrets."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from cryptography.fernet import Fernet

from api.aws_lambda.handler import handle
from api.secret import Secret
from api.settings import read_settings
from api.wiring import build_app
from tests.product.proxy.pools import FIRST, SECOND, Keys, good, limited
from tests.support.accounts import Account, call_until, problem
from tests.support.clients import LambdaClient
from tests.support.upstream import Answer, Place


@pytest.fixture
def token(account: Account, place: Place) -> str:
    """A token for the API `test`, whose pool has two keys."""
    account.key(place, FIRST)
    account.key(place, SECOND)
    return account.token(["test"])


def test_a_403_that_asks_to_wait_skips_the_key(account: Account, place: Place, token: str) -> None:
    slow = Answer(403, [("Retry-After", "60")], b"secondary limit")
    keys = Keys(place, first=slow, second=good())
    answer = call_until(lambda _: "first" in keys.used, account, token)
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
    """A secondary limit, which sends `Retry-After`, applies to all resources."""
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


def test_a_skipped_key_shows_until_when_and_why(account: Account, place: Place, token: str) -> None:
    reset = int(time.time()) + 600
    nothing_left = good(x_ratelimit_remaining="0", x_ratelimit_reset=str(reset))
    keys = Keys(place, first=limited(600), second=Answer(401, [], b"no"))
    call_until(lambda _: set(keys.used) == {"first", "second"}, account, token)
    third = account.key(place, "sk-third-0123456789")
    keys.answers["Bearer sk-third-0123456789"] = nothing_left
    account.proxied(token)

    shown = {key["key_id"]: key for key in account.call("GET", "/api/keys").json["items"]}
    exhausted = shown.pop(third["key_id"])
    by_state = {key["state"]: key for key in shown.values()}
    assert (
        by_state["exhausted"]["state_reason"]
        == "The upstream responded with 429 and asked to wait."
    )
    assert "401" in by_state["refused"]["state_reason"]
    assert (exhausted["state"], exhausted["state_until"]) == ("exhausted", reset)
    assert (
        exhausted["state_reason"]
        == "Its quota is exhausted, according to the upstream's last response."
    )
    now = time.time()
    for key in (exhausted, *by_state.values()):
        assert now - 60 <= key["state_since"] <= now < key["state_until"]
        assert account.call("GET", f"/api/keys/{key['key_id']}").json == key
    created = account.key(place, "sk-fourth-0123456789")
    assert (created["state"], created["state_until"]) == ("ready", None)
    assert (created["state_since"], created["state_reason"]) == (None, None)


def test_a_new_description_keeps_the_state_of_a_key(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(600), second=good())
    call_until(lambda _: "first" in keys.used, account, token)
    exhausted = next(
        key for key in account.call("GET", "/api/keys").json["items"] if key["state"] != "ready"
    )
    body = {"description": "the old account"}
    changed = account.call("PATCH", f"/api/keys/{exhausted['key_id']}", body).json
    assert (changed["state"], changed["state_until"]) == ("exhausted", exhausted["state_until"])


def test_keys_of_one_pool_may_have_different_base_urls(
    account: Account, place: Place, tls_place: Place
) -> None:
    account.key(place, FIRST)
    account.key(tls_place, SECOND)
    token = account.token(["test"])
    place.answer(limited())

    call_until(lambda _: bool(place.received), account, token)

    assert tls_place.last.get("Authorization") == f"Bearer {SECOND}"
    assert [received.get("Authorization") for received in place.received] == [f"Bearer {FIRST}"]


def test_a_key_whose_credential_goes_elsewhere_than_the_callers_token_is_skipped(
    account: Account, place: Place
) -> None:
    account.key(place, FIRST, auth={"scheme": "header", "name": "X-Own-Key"})
    account.key(place, SECOND)
    token = account.token(["test"])

    for _ in range(8):
        answer = account.client.request("GET", "/proxy/test/x", [("X-Own-Key", token)])
        assert answer.status == 200

    assert {received.get("X-Own-Key") for received in place.received} == {FIRST}


def test_when_the_second_key_is_unreachable_the_first_keys_429_is_returned(
    account: Account, place: Place, closed_port: int
) -> None:
    first = account.key(place, FIRST)
    account.key(place, SECOND, base_url=f"http://127.0.0.1:{closed_port}/")
    token = account.token(["test"])
    Keys(place, first=limited())

    # The second key may be chosen first.
    answer = call_until(lambda _: bool(place.received), account, token)

    assert (answer.status, answer.body, answer.get("Retry-After")) == (429, b"slow down", "60")
    (entry, *_) = account.call("GET", "/api/requests").json["items"]
    assert (entry["status"], entry["key_id"]) == (429, first["key_id"])


def test_when_the_second_key_may_have_been_served_the_429_is_not_returned(
    account: Account, place: Place, token: str
) -> None:
    keys = Keys(place, first=limited(), second=Answer(raw=b""))

    answer = call_until(lambda _: "first" in keys.used, account, token, method="POST", body=b"x")

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
    """Store a key with the product that has another encryption key."""
    own, account.client = account.client, client
    account.key(place, secret)
    account.client = own


def test_s28_an_unreadable_secret_is_skipped(
    account: Account, other_keys: LambdaClient, place: Place
) -> None:
    elsewhere(account, other_keys, place, FIRST)
    account.key(place, SECOND)
    token = account.token(["test"])
    keys = Keys(place, second=good())

    for _ in range(8):
        assert account.proxied(token).status == 200

    assert keys.used == ["second"] * 8


def test_s28_without_a_readable_secret_the_upstream_is_not_called(
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


def test_a_429_is_returned_when_the_other_secret_is_unreadable(
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
