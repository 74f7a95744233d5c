"""Invalid fields are refused in new and in changed keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.product.keys.helpers import change_key
from tests.support.accounts import Account, list_all, problem
from tests.support.upstream import Place


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"secret": "a\r\nX-Injected: 1"}, "secret"),
        ({"secret": "a\nb"}, "secret"),
        ({"secret": "a\x00b"}, "secret"),
        ({"secret": "a\x7fb"}, "secret"),
        ({"secret": " lead"}, "secret"),
        ({"secret": "trail "}, "secret"),
        ({"secret": "caf\u00e9"}, "secret"),
        ({"secret": ""}, "secret"),
        ({"secret": "x" * 8193}, "secret"),
        ({"auth": {"scheme": "header", "name": "X-Key: a\r\nB"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "X Key"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": ""}}, "auth.name"),
        ({"auth": {"scheme": "header"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "Host"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "Content-Length"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "Transfer-Encoding"}}, "auth.name"),
        ({"auth": {"scheme": "header", "name": "X-Key", "prefix": "a\r\nb"}}, "auth.prefix"),
        ({"auth": {"scheme": "query"}}, "auth.name"),
        ({"auth": {"scheme": "query", "name": "a&b"}}, "auth.name"),
        ({"auth": {"scheme": "query", "name": "a\nb"}}, "auth.name"),
        ({"auth": {"scheme": "basic"}}, "auth.username"),
        ({"auth": {"scheme": "basic", "username": "a:b"}}, "auth.username"),
        ({"auth": {"scheme": "basic", "username": "a\r\nb"}}, "auth.username"),
        ({"auth": {"scheme": "bearer", "name": "a\r\nb"}}, "auth.name"),
        ({"auth": {"scheme": "digest"}}, "auth.scheme"),
        ({"auth": {"scheme": "bearer", "extra": "x"}}, "auth.extra"),
        ({"auth": "bearer"}, "auth"),
        ({"auth": {"scheme": "path", "name": "token"}}, "base_url"),
    ],
)
def test_s10_values_that_break_http_framing_are_refused_in_new_and_changed_keys(
    owner: Account, place: Place, api_name: str, members: dict[str, Any], field: str
) -> None:
    body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc",
            "api_name": api_name, **members}  # fmt: skip
    problem(owner.call("POST", "/api/keys", body), 422, "invalid_field", field)
    listed = [item["api_name"] for item in list_all(owner, "/api/keys", 200)]
    assert api_name not in listed

    key = owner.key(place, api_name=api_name)
    problem(change_key(owner, key, **members), 422, "invalid_field", field)
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


def test_s10_a_scheme_that_cannot_send_the_stored_secret_is_refused(
    owner: Account, place: Place, api_name: str
) -> None:
    key = owner.key(
        place, secret="caf\u00e9 0123456789", auth={"scheme": "query", "name": "k"},
        api_name=api_name,
    )  # fmt: skip
    problem(change_key(owner, key, auth={"scheme": "bearer"}), 422, "invalid_field", "secret")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


@pytest.mark.parametrize(
    "name", ["", "Open AI", "OPENAI", "-a", "_a", "a/b", "a.b", "a#b", "a\n", "\u00e9", "a" * 49]
)
def test_an_api_name_is_a_slug(owner: Account, place: Place, name: str) -> None:
    body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc"}
    problem(
        owner.call("POST", "/api/keys", {**body, "api_name": name}),
        422,
        "invalid_field",
        "api_name",
    )


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "https://10.0.0.1/", "https://169.254.169.254/latest", "ftp://a.example",
     "https://localhost/", "https://[::1]/", "https://user:pw@api.openai.com/", "https://0x7f.1/",
     "https://api.openai.com/a?b=c", "https://api.openai.com/#x", "javascript:alert(1)"],
)  # fmt: skip
def test_s1_s4_base_urls_that_may_not_be_called_are_refused_in_new_and_changed_keys(
    owner: Account, place: Place, api_name: str, url: str
) -> None:
    body = {"base_url": url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc",
            "api_name": api_name}  # fmt: skip
    problem(owner.call("POST", "/api/keys", body), 422, "upstream_not_allowed", "base_url")
    key = owner.key(place, api_name=api_name)
    answer = change_key(owner, key, base_url=url, secret="sk-new-0123456789")
    problem(answer, 422, "upstream_not_allowed", "base_url")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


@pytest.mark.parametrize(
    "member",
    [
        "key_id",
        "encrypted_key",
        "hint",
        "created_at",
        "revision",
        "PK",
        "username",
        "state",
        "check",
    ],
)
def test_s24_only_documented_fields_are_writable(
    owner: Account, place: Place, api_name: str, member: str
) -> None:
    body = {"base_url": place.url, "auth": {"scheme": "bearer"}, "secret": "sk-0123456789abc",
            "api_name": api_name, member: "x"}  # fmt: skip
    problem(owner.call("POST", "/api/keys", body), 422, "invalid_field", member)
    key = owner.key(place, api_name=api_name)
    problem(change_key(owner, key, **{member: "x"}), 422, "invalid_field", member)
    problem(change_key(owner, key, provider="openai"), 422, "invalid_field", "provider")
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == key


@pytest.mark.parametrize("member", ["base_url", "auth", "secret", "description"])
def test_null_is_refused_in_changes(
    owner: Account, place: Place, api_name: str, member: str
) -> None:
    key = owner.key(place, api_name=api_name)
    problem(change_key(owner, key, **{member: None}), 422, "invalid_field", member)
