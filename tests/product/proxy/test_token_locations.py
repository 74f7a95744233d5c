"""Where the proxy accepts a token, and that the token never reaches the upstream (S8, S19)."""

from __future__ import annotations

import pytest

from tests.product.proxy.credentials import SECRET, appearances, basic, store
from tests.support.accounts import Account, problem
from tests.support.upstream import Place

SLOTS = [
    ("bearer", "Authorization", "Bearer {}"),
    ("bearer", "authorization", "bearer {}"),
    ("bearer", "Authorization", "token {}"),
    ("bearer", "Authorization", "{}"),
    ("bearer", "X-Api-Key", "{}"),
    ("bearer", "api-key", "{}"),
    ("header", "X-Own-Key", "{}"),
    ("header", "x-own-key", "{}"),
    ("header", "Authorization", "Bearer {}"),
    ("prefixed", "Authorization", "Token token={}"),
    ("query", "Authorization", "Bearer {}"),
    ("basic", "Authorization", "Bearer {}"),
    ("path", "Authorization", "Bearer {}"),
]


@pytest.mark.parametrize(("scheme", "field", "form"), SLOTS)
def test_s8_the_token_is_accepted_in_a_field_and_removed(
    account: Account, place: Place, scheme: str, field: str, form: str
) -> None:
    token = store(account, place, scheme)

    answer = account.client.request("GET", "/proxy/test/x", [(field, form.format(token))])

    assert answer.status == 200
    assert appearances(place, SECRET) == 1
    assert appearances(place, "apd_") == 0


@pytest.mark.parametrize(
    ("username", "password"), [("{}", ""), ("x", "{}"), ("{}", "x"), ("", "{}")]
)
@pytest.mark.parametrize("scheme", ["bearer", "basic"])
def test_s8_the_token_is_accepted_as_basic_user_or_password_and_removed(
    account: Account, place: Place, scheme: str, username: str, password: str
) -> None:
    token = store(account, place, scheme)
    pair = basic(username.format(token), password.format(token))

    answer = account.client.request("GET", "/proxy/test/x", [("Authorization", pair)])

    assert answer.status == 200
    assert appearances(place, SECRET) == 1
    assert appearances(place, "apd_") == 0


@pytest.mark.parametrize(
    ("query", "left"),
    [("api_key={}", ""), ("a=1&api_key={}&b=2", "a=1&b=2&"), ("%61pi_key={}&a", "a&"),
     ("a=1;api_key={}", "a=1&")],
)  # fmt: skip
def test_s8_the_token_is_accepted_in_the_query_and_removed(
    account: Account, place: Place, query: str, left: str
) -> None:
    token = store(account, place, "query")

    answer = account.client.request("GET", f"/proxy/test/x?{query.format(token)}")

    assert answer.status == 200
    assert place.path() == f"/x?{left}api_key={SECRET}"


@pytest.mark.parametrize("target", ["/bot{}/getMe", "/bot{}", "/bot{}/"])
def test_s8_the_token_is_accepted_in_the_path_and_removed(
    account: Account, place: Place, target: str
) -> None:
    token = store(account, place, "path")

    answer = account.client.request("GET", "/proxy/test" + target.format(token))

    assert answer.status == 200
    assert place.path() == target.format(SECRET)
    assert appearances(place, "apd_") == 0
    logged = account.call("GET", "/api/requests").body
    assert token.encode() not in logged


def test_the_dashboards_access_token_is_accepted_and_removed(
    account: Account, place: Place
) -> None:
    store(account, place, "bearer")

    assert account.proxied(account.access, headers=[("X-Also", account.access)]).status == 200

    assert appearances(place, account.access) == 0
    assert place.last.get("Authorization") == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("scheme", "headers", "target"),
    [("bearer", [("X-Own-Key", "{}")], "/x"), ("bearer", [("Cookie", "t={}")], "/x"),
     ("bearer", [("X-Any", "{}")], "/x"), ("bearer", [], "/x?api_key={}"),
     ("bearer", [], "/bot{}/x"), ("query", [], "/x?other={}"), ("path", [], "/x/{}"),
     ("bearer", [], "/x")],
)  # fmt: skip
def test_s19_a_token_anywhere_else_is_refused(
    account: Account, place: Place, scheme: str, headers: list[tuple[str, str]], target: str
) -> None:
    token = store(account, place, scheme)
    fields = [(name, value.format(token)) for name, value in headers]

    answer = account.client.request("GET", "/proxy/test" + target.format(token), fields)

    problem(answer, 401, "authentication_required")
    assert answer.get("WWW-Authenticate")
    assert place.received == []


def test_s8_a_token_in_several_places_is_removed_from_all(account: Account, place: Place) -> None:
    token = store(account, place, "bearer")
    other = account.token(["test"])

    account.proxied(
        token,
        f"/proxy/test/x?a=1&t={token}&u=%61pd{token[3:]}&{other}=2&w=%2561pd{token[3:]}",
        headers=[("X-Api-Key", token), ("X-A", f"a {other} b"), ("Cookie", f"t={token}"),
                 ("Proxy-Authorization", basic("a", token))],
    )  # fmt: skip

    assert place.path() == "/x?a=1"
    assert appearances(place, "apd_") == 0
    assert appearances(place, token[4:]) == 0
