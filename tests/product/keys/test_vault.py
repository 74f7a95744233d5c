"""Keys are stored, listed, changed and deleted, and their secrets never shown."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.product.keys.helpers import change_key
from tests.support.accounts import Account, list_all, problem
from tests.support.upstream import Place, Upstream

MEMBERS = {
    "key_id", "api_name", "provider", "base_url", "auth", "hint", "description", "created_at",
    "updated_at", "state", "state_until", "check",
    "state_since", "state_reason", "check_every", "next_check_at", "extra_headers",
    "notices",
}  # fmt: skip


def test_a_key_is_stored_read_changed_and_removed(account: Account, place: Place) -> None:
    key = account.key(place, secret="sk-first-0123456789", description="mine")
    assert set(key) == MEMBERS
    assert key["key_id"].startswith("test.")
    assert (key["api_name"], key["provider"], key["base_url"]) == ("test", None, place.url)
    assert key["auth"]["scheme"] == "bearer"
    assert (key["hint"], key["description"], key["state"]) == ("…6789", "mine", "ready")
    assert key["created_at"] == key["updated_at"]
    assert account.call("GET", f"/api/keys/{key['key_id']}").json == key
    assert account.call("GET", "/api/keys").json == {"items": [key], "next_cursor": None}

    changed = change_key(account, key, secret="sk-second-abcdefghij", description="yours").json
    assert changed["key_id"] == key["key_id"]
    assert (changed["hint"], changed["description"]) == ("…ghij", "yours")
    assert changed["created_at"] == key["created_at"]
    assert account.proxied(account.token()).status == 200
    assert place.last.get("Authorization") == "Bearer sk-second-abcdefghij"

    assert account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
    for method in ("GET", "DELETE"):
        problem(account.call(method, f"/api/keys/{key['key_id']}"), 404, "key_not_found")
    problem(change_key(account, key, description="x"), 404, "key_not_found")
    problem(account.call("POST", f"/api/keys/{key['key_id']}/check"), 404, "key_not_found")
    problem(account.proxied(account.token()), 404, "unknown_api")
    assert len(place.received) == 1


def test_a_provider_supplies_all_fields_except_the_secret(owner: Account) -> None:
    body = {"provider": "openai", "secret": "sk-0123456789abcdef"}
    answer = owner.call("POST", "/api/keys", body)
    assert answer.status == 201, answer.body
    key = answer.json
    assert (key["api_name"], key["provider"]) == ("openai", "openai")
    assert key["base_url"] == "https://api.openai.com"
    assert key["auth"]["scheme"] == "bearer"


def test_a_key_of_every_provider_with_a_base_url_can_be_stored(owner: Account) -> None:
    providers = list_all(owner, "/api/providers", 7)
    assert len(providers) >= 40
    assert len({provider["slug"] for provider in providers}) == len(providers)
    for provider in providers[::6]:
        body: dict[str, Any] = {"provider": provider["slug"], "secret": "secret-0123456789"}
        if provider["base_url"] is None:
            problem(owner.call("POST", "/api/keys", body), 422, "invalid_field")
            continue
        if provider["auth"]["scheme"] == "basic" and not provider["auth"].get("username"):
            body["auth"] = {"scheme": "basic", "username": "me"}
        answer = owner.call("POST", "/api/keys", body)
        assert answer.status == 201, (provider["slug"], answer.body)
        assert answer.json["api_name"] == provider["slug"]


def test_given_fields_take_precedence_over_the_providers(owner: Account, place: Place) -> None:
    body = {
        "provider": "openai", "secret": "sk-0123456789abcdef", "base_url": place.url,
        "api_name": "my-openai", "auth": {"scheme": "header", "name": "X-Key"},
    }  # fmt: skip
    key = owner.call("POST", "/api/keys", body).json
    assert (key["api_name"], key["base_url"]) == ("my-openai", place.url)
    assert (key["auth"]["scheme"], key["auth"]["name"]) == ("header", "X-Key")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"provider": "no-such"}, "provider"),
        ({}, "auth"),
        ({"auth": {"scheme": "bearer"}}, "base_url"),
        ({"base_url": "https://api.openai.com"}, "auth"),
    ],
)
def test_a_key_needs_a_provider_or_a_base_url_and_a_scheme(
    owner: Account, members: dict[str, Any], field: str
) -> None:
    answer = owner.call("POST", "/api/keys", {"secret": "secret-0123456789", **members})
    problem(answer, 422, "invalid_field", field)


@pytest.mark.parametrize(
    ("auth", "secret"),
    [
        ({"scheme": "bearer"}, "sk-0123456789"),
        ({"scheme": "header", "name": "X-Api-Key"}, "0123456789"),
        ({"scheme": "header", "name": "Authorization", "prefix": "Token "}, "0123456789"),
        ({"scheme": "query", "name": "api_key"}, "0123456789&=+%/ \u00e9"),
        ({"scheme": "basic", "username": "me@example.com"}, "p:ass word"),
    ],
)
def test_every_scheme_is_stored_and_used(
    owner: Account, place: Place, api_name: str, auth: dict[str, str], secret: str
) -> None:
    key = owner.key(place, secret=secret, auth=auth, api_name=api_name)
    shown = {name: value for name, value in key["auth"].items() if value is not None}
    assert shown == auth
    assert owner.call("GET", f"/proxy/{api_name}/x").status == 200


def test_the_path_scheme_replaces_a_placeholder(
    owner: Account, place: Place, api_name: str
) -> None:
    key = owner.key(
        place, secret="12345:abc-DEF", auth={"scheme": "path", "name": "token"},
        api_name=api_name, base_url=place.url + "/bot{token}",
    )  # fmt: skip
    assert key["base_url"].endswith("/bot{token}")
    assert owner.call("GET", f"/proxy/{api_name}/getMe").status == 200
    assert place.path() == "/bot12345:abc-DEF/getMe"


def test_a_new_host_needs_the_secret_again(
    owner: Account, place: Place, api_name: str, tls_upstream_server: Upstream
) -> None:
    other = tls_upstream_server.place(secrets.token_hex(6), "localhost")
    key = owner.key(place, api_name=api_name)
    for url in (other.url, other.url.replace("localhost", "127.0.0.1")):
        problem(change_key(owner, key, base_url=url), 422, "secret_required", "secret")
        answer = change_key(owner, key, base_url=url, auth={"scheme": "header", "name": "X-Key"})
        problem(answer, 422, "secret_required", "secret")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key
    assert owner.call("GET", f"/proxy/{api_name}/x").status == 200
    assert other.received == []

    deeper = change_key(owner, key, base_url=place.url + "/deeper")
    assert deeper.status == 200
    moved = change_key(owner, key, base_url=other.url, secret="sk-other-0123456789")
    assert moved.status == 200
    assert owner.call("GET", f"/proxy/{api_name}/x").status == 200
    assert other.last.get("Authorization") == "Bearer sk-other-0123456789"
