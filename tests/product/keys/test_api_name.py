"""Changing a key's `api_name`: calls, tokens, limits and statistics before and after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.accounts import Account, problem
from tests.support.upstream import Place


def change(account: Account, key_id: str, **members: object) -> int:
    return account.call("PATCH", f"/api/keys/{key_id}", members).status


def test_calls_of_the_new_name_use_the_key_and_calls_of_the_old_do_not(
    account: Account, place: Place
) -> None:
    key = account.key(place, api_name="old")
    limited, anything = account.token(["old"]), account.token()
    policy = {"limit": 9, "window": 60}
    assert account.call("PUT", "/api/rate-limits/old", policy).status == 200
    assert account.proxied(limited, "/proxy/old/v1/x").status == 200

    answer = account.call("PATCH", f"/api/keys/{key['key_id']}", {"api_name": "new"})
    assert answer.status == 200
    assert answer.json["api_name"] == "new"
    assert answer.json["key_id"] == key["key_id"]
    assert answer.json["provider"] == key["provider"]

    assert account.proxied(anything, "/proxy/new/v1/x").status == 200
    assert place.last.get("Authorization") == "Bearer sk-secret-0123456789"
    problem(account.proxied(anything, "/proxy/old/v1/x"), 404, "unknown_api")
    problem(account.proxied(limited, "/proxy/new/v1/x"), 403, "token_scope")
    kept = account.call("GET", "/api/rate-limits/old")
    assert (kept.status, kept.json["limit"]) == (200, 9)
    logged = account.call("GET", "/api/requests?api_name=old").json["items"]
    assert {entry["api_name"] for entry in logged} == {"old"}


def test_other_fields_change_in_the_same_request(account: Account, place: Place) -> None:
    key = account.key(place, api_name="old")
    path = f"/api/keys/{key['key_id']}"
    body = {"api_name": "new", "secret": "sk-another-9876543210", "description": "moved"}
    assert account.call("PATCH", path, body).status == 200
    assert account.proxied(account.token(), "/proxy/new/v1/x").status == 200
    assert place.last.get("Authorization") == "Bearer sk-another-9876543210"
    assert account.call("GET", path).json["description"] == "moved"
    assert change(account, key["key_id"], api_name="new") == 200
    assert account.call("DELETE", path).status == 204
    problem(account.proxied(account.token(), "/proxy/new/v1/x"), 404, "unknown_api")


@pytest.mark.parametrize("name", ["", "Old", "a b", "a.b", "-a", "x" * 49, "a/b", None, 1, ["a"]])
def test_an_invalid_name_is_refused(account: Account, place: Place, name: object) -> None:
    key = account.key(place, api_name="old")
    answer = account.call("PATCH", f"/api/keys/{key['key_id']}", {"api_name": name})
    problem(answer, 422, "invalid_field", "api_name")
    assert account.call("GET", f"/api/keys/{key['key_id']}").json["api_name"] == "old"


def test_simultaneous_changes_leave_the_key_in_one_pool(account: Account, place: Place) -> None:
    key = account.key(place, api_name="old")
    with ThreadPoolExecutor(4) as threads:
        statuses = list(
            threads.map(lambda n: change(account, key["key_id"], api_name=f"n{n}"), range(4))
        )
    assert set(statuses) <= {200, 409} and 200 in statuses
    token = account.token()
    found = [n for n in range(4) if account.proxied(token, f"/proxy/n{n}/v1/x").status == 200]
    stored = account.call("GET", f"/api/keys/{key['key_id']}").json["api_name"]
    assert [f"n{n}" for n in found] == [stored]
