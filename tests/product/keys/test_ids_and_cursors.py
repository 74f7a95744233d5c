"""Ids and cursors are valid for their user and list only (S23, S25)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.accounts import Account, list_all, problem
from tests.support.upstream import Place, Upstream


def test_s23_ids_of_other_users_are_not_found(
    account: Account, owner: Account, place: Place
) -> None:
    other_user = Account(account.client)
    key, token = account.key(place), account.token_details()
    assert account.call("PUT", "/api/rate-limits/test", {"limit": 5, "window": 60}).status == 200
    path = f"/api/keys/{key['key_id']}"
    for method, body in (("GET", None), ("PATCH", {"description": "x"}), ("DELETE", None)):
        problem(other_user.call(method, path, body), 404, "key_not_found")
    problem(other_user.call("POST", f"{path}/check"), 404, "key_not_found")
    answer = other_user.call("DELETE", f"/api/tokens/{token['token_id']}")
    problem(answer, 404, "token_not_found")
    for method in ("GET", "DELETE"):
        answer = other_user.call(method, "/api/rate-limits/test")
        problem(answer, 404, "rate_limit_not_found")
    problem(other_user.call("GET", "/proxy/test/x"), 404, "unknown_api")
    assert account.call("GET", path).json == key
    assert account.proxied(token["token"]).status == 200
    del owner


@pytest.mark.parametrize(
    "odd",
    ["x", "..", "%2e%2e", "PROFILE", "test.", "%00", "%0a", "a%23b", "%F0%9F%98%80", "%ff",
     "x" * 3000, "*", "'", "USER%23other", "%2f", "a%2fb", "%E2%80%AE"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/api/keys/", "/api/tokens/", "/api/sessions/", "/api/rate-limits/"]
)
def test_s23_malformed_ids_are_not_found(owner: Account, path: str, odd: str) -> None:
    answer = owner.call("DELETE", path + odd)
    assert answer.status in (404, 405, 422), (answer.status, answer.body)
    if path in ("/api/keys/", "/api/rate-limits/"):
        assert owner.call("GET", path + odd).status in (404, 405, 422)
    if path == "/api/keys/":
        assert owner.call("PATCH", path + odd, {"description": "x"}).status in (404, 405, 422)
    if path == "/api/rate-limits/":
        put = owner.call("PUT", path + odd, {"limit": 1, "window": 60})
        assert put.status in (200, 404, 405, 422), put.body
        assert put.status != 200 or odd == "x"


def test_s25_a_list_is_paged_and_complete(account: Account, place: Place) -> None:
    made = [account.key(place, api_name=f"a{number % 3}")["key_id"] for number in range(11)]
    for limit in (1, 3, 10, 11, 200):
        listed = [item["key_id"] for item in list_all(account, "/api/keys", limit)]
        assert sorted(listed) == sorted(made)
    tokens = [account.token_details()["token_id"] for _ in range(5)]
    listed = [item["token_id"] for item in list_all(account, "/api/tokens", 2)]
    assert sorted(listed) == sorted(tokens)
    for number in range(5):
        body = {"limit": 5, "window": 60}
        assert account.call("PUT", f"/api/rate-limits/r{number}", body).status == 200
    listed = [item["api_name"] for item in list_all(account, "/api/rate-limits", 2)]
    assert listed == [f"r{number}" for number in range(5)]
    for _ in range(3):
        account.sign_in()
    sessions = list_all(account, "/api/sessions", 2)
    assert len({item["session_id"] for item in sessions}) == 4


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1.5", "", "null", "true", "1&limit=2"])
@pytest.mark.parametrize("path", ["/api/keys", "/api/tokens", "/api/requests", "/api/sessions"])
def test_s25_the_page_size_is_validated(owner: Account, path: str, limit: str) -> None:
    problem(owner.call("GET", f"{path}?limit={limit}"), 422, "invalid_field", "limit")


def test_s25_unknown_parameters_are_refused(owner: Account) -> None:
    for path in ("/api/keys", "/api/tokens", "/api/requests", "/api/stats", "/api/providers"):
        problem(owner.call("GET", f"{path}?page=2"), 422, "invalid_field", "page")


@pytest.fixture(scope="module")
def listed(owner: Account, upstream_server: Upstream) -> Iterator[tuple[Account, str]]:
    """A user with more than one page of keys, and the cursor of the second page."""
    user = Account(owner.client)
    place = upstream_server.place(secrets.token_hex(6))
    for _ in range(3):
        user.key(place)
        user.token()
    cursor = user.call("GET", "/api/keys?limit=1").json["next_cursor"]
    yield user, cursor


def test_s25_a_cursor_is_bound_to_its_user_and_list(
    owner: Account, listed: tuple[Account, str], place: Place
) -> None:
    user, cursor = listed
    assert user.call("GET", f"/api/keys?cursor={cursor}").status == 200
    for path in ("/api/tokens", "/api/requests", "/api/rate-limits", "/api/sessions",
                 "/api/providers"):  # fmt: skip
        answer = user.call("GET", f"{path}?cursor={cursor}")
        problem(answer, 400, "invalid_cursor", "cursor")
    problem(owner.call("GET", f"/api/keys?cursor={cursor}"), 400, "invalid_cursor", "cursor")
    del place


@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: "",
        lambda text: "x",
        lambda text: text[:-1],
        lambda text: text[1:],
        lambda text: text + "A",
        lambda text: text + "=",
        lambda text: text + "====",
        lambda text: ("A" if text[0] != "A" else "B") + text[1:],
        lambda text: text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1],
        lambda text: text.swapcase(),
        lambda text: "%C3%A9",
        lambda text: "QVBJS0VZI3Rlc3Qu" * 4,
        lambda text: "A" * 5000,
        lambda text: "%00",
    ],
)
def test_s25_a_changed_cursor_is_refused(listed: tuple[Account, str], tamper: Any) -> None:
    user, cursor = listed
    answer = user.call("GET", f"/api/keys?cursor={tamper(cursor)}")
    assert answer.status in (400, 422), answer.body
    assert answer.json["field"] == "cursor"
