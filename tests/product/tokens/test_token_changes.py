"""Changes to a token's scope, limit and expiry apply from the next call on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.wsgi import App
from tests.support.accounts import Account, problem
from tests.support.clients import Client, Response
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Place

HOUR = 3600


def change(account: Account, token: dict[str, Any], **members: Any) -> Response:
    return account.call("PATCH", f"/api/tokens/{token['token_id']}", members)


def statuses(account: Account, token: dict[str, Any], calls: int) -> list[int]:
    return [account.proxied(token["token"]).status for _ in range(calls)]


@pytest.fixture
def token(account: Account, place: Place) -> dict[str, Any]:
    """A token for the API `test`, which has a key."""
    account.key(place)
    return account.token_details(["test"])


def test_a_change_returns_the_changed_token(account: Account, token: dict[str, Any]) -> None:
    wanted = {"name": "nightly", "apis": ["test", "other"], "methods": ["GET"],
              "path_prefixes": ["/v1"], "limit": 5, "window": 60,
              "rehearsal": {"share": 0.5}}  # fmt: skip
    answer = change(account, token, **wanted, expires_in=600)
    assert answer.status == 200, answer.body
    assert "token" not in answer.json
    assert {name: answer.json[name] for name in wanted} == wanted
    assert answer.json["expires_at"] == pytest.approx(token["created_at"] + 600, abs=60)
    same = ("token_id", "hint", "created_at", "reservations")
    assert all(answer.json[name] == token[name] for name in same)
    assert account.call("GET", "/api/tokens").json["items"] == [answer.json]


def test_omitted_fields_do_not_change(account: Account, token: dict[str, Any]) -> None:
    before = change(account, token, limit=5, window=60, methods=["GET"], expires_in=900).json
    after = change(account, token, name="other name").json
    assert after == {**before, "name": "other name"}
    assert change(account, token).json == after


def test_s19_a_narrower_scope_applies_from_the_next_call_on(
    account: Account, token: dict[str, Any]
) -> None:
    assert account.proxied(token["token"], method="POST").status == 200
    assert change(account, token, methods=["GET"], path_prefixes=["/v1/x"]).status == 200
    problem(account.proxied(token["token"], method="POST"), 403, "token_scope")
    problem(account.proxied(token["token"], "/proxy/test/v2"), 403, "token_scope")
    assert account.proxied(token["token"]).status == 200
    assert change(account, token, apis=[]).status == 200
    problem(account.proxied(token["token"]), 403, "token_scope")


def test_a_limit_can_be_added_changed_and_removed(
    account: Account, token: dict[str, Any], place: Place
) -> None:
    assert statuses(account, token, 2) == [200] * 2
    assert change(account, token, limit=2, window=HOUR).status == 200
    assert statuses(account, token, 4) == [200] * 2 + [429] * 2
    assert change(account, token, limit=3, window=HOUR).status == 200
    assert statuses(account, token, 4) == [200] * 3 + [429]
    assert change(account, token, limit=None, window=None).status == 200
    assert statuses(account, token, 6) == [200] * 6


def test_the_original_limit_of_a_token_can_be_changed(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token_details(["test"], limit=1, window=HOUR)
    assert statuses(account, token, 2) == [200, 429]
    assert change(account, token, limit=2, window=HOUR).status == 200
    answers = [account.proxied(token["token"]) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[0].get("RateLimit-Policy") == f'"token";q=2;w={HOUR}'
    assert change(account, token, limit=None, window=None).status == 200
    answer = account.proxied(token["token"])
    assert (answer.status, answer.get("RateLimit-Policy")) == (200, None)


def test_an_unchanged_limit_continues_to_count(account: Account, place: Place) -> None:
    account.key(place)
    token = account.token_details(["test"], limit=3, window=HOUR)
    assert statuses(account, token, 2) == [200] * 2
    assert change(account, token, name="n", limit=3, window=HOUR).status == 200
    assert statuses(account, token, 2) == [200, 429]


def test_a_changed_limit_is_exact_in_every_process(
    app: App, environment: dict[str, str], place: Place
) -> None:
    here, there = Account(lambda_client(app)), lambda_client(another_app(environment))
    here.key(place)
    token = here.token_details(["test"], limit=1, window=HOUR)
    bearer = [("Authorization", f"Bearer {token['token']}")]
    assert [there.request("GET", "/proxy/test/x", bearer).status for _ in range(2)] == [200, 429]
    assert change(here, token, limit=30, window=HOUR).status == 200
    clients = [there, here.client] * 40
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda c: c.request("GET", "/proxy/test/x", bearer), clients))
    assert sorted(answer.status for answer in answers) == [200] * 30 + [429] * 50


def test_the_expiry_of_a_token_can_be_changed(environment: dict[str, str], place: Place) -> None:
    clock = Clock()
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    token = account.token_details(["test"], expires_in=HOUR)
    assert change(account, token, expires_in=10).status == 200
    clock.now += 11
    problem(account.proxied(token["token"]), 401, "authentication_required")
    assert account.call("GET", "/api/tokens").json["items"][0]["expired"] is True
    assert change(account, token, expires_in=None).json["expired"] is False
    clock.now += 2 * HOUR
    assert account.proxied(token["token"]).status == 200


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"limit": 5}, "window"),
        ({"window": 5}, "limit"),
        ({"limit": 5, "window": None}, "window"),
        ({"limit": 0, "window": 5}, "limit"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"apis": ["*", "test"]}, "apis"),
        ({"apis": None}, "apis"),
        ({"methods": ["BREW"]}, "methods[0]"),
        ({"path_prefixes": ["v1"]}, "path_prefixes[0]"),
        ({"path_prefixes": ["/v1", "/v1/../v2"]}, "path_prefixes[1]"),
        ({"expires_in": 0}, "expires_in"),
        ({"hint": "x"}, "hint"),
        ({"token_id": "x"}, "token_id"),
        ({"token_hash": "x"}, "token_hash"),
        ({"created_at": 0}, "created_at"),
        ({"reservations": []}, "reservations"),
        ({"limit_since": 0}, "limit_since"),
        ({"revision": 9}, "revision"),
    ],
)
def test_s24_s26_only_documented_fields_are_writable(
    account: Account, token: dict[str, Any], members: dict[str, Any], field: str
) -> None:
    problem(change(account, token, **members), 422, "invalid_field", field)
    assert account.proxied(token["token"]).status == 200


def test_s23_a_token_of_another_user_is_not_found(
    client: Client, account: Account, token: dict[str, Any]
) -> None:
    problem(change(Account(client), token, apis=["*"]), 404, "token_not_found")
    problem(change(account, {"token_id": "0" * 13}, name="n"), 404, "token_not_found")


def test_a_change_does_not_restore_a_revoked_token(account: Account, token: dict[str, Any]) -> None:
    assert account.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204
    problem(change(account, token, name="n"), 404, "token_not_found")
    problem(account.proxied(token["token"]), 401, "authentication_required")


def test_one_of_several_concurrent_changes_is_applied(
    account: Account, token: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: change(account, token, name=f"n{n}"), range(6)))
    assert {answer.status for answer in answers} <= {200, 409}
    names = {a.json["name"] for a in answers if a.status == 200}
    assert account.call("GET", "/api/tokens").json["items"][0]["name"] in names


def test_a_change_keeps_the_time_of_the_last_use(account: Account, token: dict[str, Any]) -> None:
    assert account.proxied(token["token"]).status == 200
    used = account.call("GET", "/api/tokens").json["items"][0]["last_used_at"]
    assert used is not None
    assert change(account, token, name="n").json["last_used_at"] == used
