"""Callers cannot replace, duplicate, remove or redirect the credential (S5, S9, S19, S30)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.product.proxy.credentials import SCHEMES, SECRET, appearances, basic, store
from tests.support.accounts import Account, problem
from tests.support.upstream import Answer, Place

HEADER_TRICKS: list[tuple[str, list[tuple[str, str]]]] = [
    ("bearer", [("Authorization", "Bearer mine")]),
    ("bearer", [("AUTHORIZATION", "Basic bWluZTptaW5l")]),
    ("bearer", [("Connection", "Authorization")]),
    ("bearer", [("Connection", "close, authorization, host")]),
    ("bearer", [("Proxy-Authorization", "Bearer mine")]),
    ("bearer", [("Host", "evil.example.com"), ("X-Forwarded-Host", "evil.example.com")]),
    ("header", [("X-Own-Key", "mine")]),
    ("header", [("x-own-KEY", "mine"), ("X-Own-Key", "mine")]),
    ("header", [("X_Own_Key", "mine")]),
    ("header", [("Connection", "X-Own-Key")]),
    ("prefixed", [("Authorization", "Bearer mine")]),
    ("basic", [("Authorization", "Basic bWluZTptaW5l"), ("Connection", "Authorization")]),
    ("query", [("X-Original-URL", "/?api_key=mine"), ("X-Rewrite-Url", "/?api_key=mine")]),
]


@pytest.mark.parametrize(("scheme", "headers"), HEADER_TRICKS)
def test_s9_no_field_of_the_caller_touches_the_credential(
    account: Account, place: Place, scheme: str, headers: list[tuple[str, str]]
) -> None:
    token = store(account, place, scheme)
    fields = [("X-Api-Key", token), *headers]
    if account.client.__class__.__name__ == "HttpClient":
        fields = [field for field in fields if field[0] != "Host"]

    assert account.client.request("GET", "/proxy/test/x", fields).status == 200

    assert appearances(place, SECRET) == 1
    assert appearances(place, "mine") == 0
    assert appearances(place, "bWluZTptaW5l") == 0
    assert appearances(place, "evil.example.com") == 0
    assert place.last.get("Host") == place.url.split("/")[2]


def test_s9_a_credential_field_with_an_underscore_has_no_twin(
    account: Account, place: Place
) -> None:
    account.key(place, SECRET, auth={"scheme": "header", "name": "x_own_key"})

    account.proxied(account.token(["test"]), headers=[("X-Own-Key", "mine")])

    assert place.last.get("x_own_key") == SECRET
    assert appearances(place, "mine") == 0


QUERY_TRICKS = [
    "api_key=mine", "api_key=mine&api_key=mine", "API_KEY=mine", "%61pi_key=mine", "api%5Fkey=mine",
    "api%255Fkey=mine", "api_key[]=mine", "api_key%5B0%5D=mine", "+api_key=mine", "api_key%20=mine",
    "a=1;api_key=mine", "a=1;api_key=mine;b=2", "api_key%00=mine", "api_key%00x=mine",
    "api.key=mine",     "api+key=mine", "%EF%BC%A1pi_key&api_key=mine",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERY_TRICKS)
def test_s9_no_parameter_of_the_caller_touches_the_credential(
    account: Account, place: Place, query: str
) -> None:
    token = store(account, place, "query")

    answer = account.proxied(token, f"/proxy/test/x?keep=1&{query}")

    assert answer.status == 200
    assert appearances(place, "mine") == 0
    assert appearances(place, SECRET) == 1
    assert place.path().startswith("/x?keep=1")


def test_s9_a_parameter_that_only_resembles_the_credential_stays(
    account: Account, place: Place
) -> None:
    token = store(account, place, "query")

    account.proxied(token, "/proxy/test/x?my_api_key=1&api_key_id=2&q=api_key%3Dmine")

    assert place.path() == f"/x?my_api_key=1&api_key_id=2&q=api_key%3Dmine&api_key={SECRET}"


def test_s9_a_credential_parameter_with_brackets_has_no_twin(
    account: Account, place: Place
) -> None:
    account.key(place, SECRET, auth={"scheme": "query", "name": "auth[key]"})

    account.proxied(account.token(["test"]), "/proxy/test/x?auth%5Bkey%5D=mine&auth[user]=1")

    assert place.path() == f"/x?auth[user]=1&auth%5Bkey%5D={SECRET}"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD", "OPTIONS"])
def test_s9_neither_method_nor_body_touch_the_credential(
    account: Account, place: Place, scheme: str, method: str
) -> None:
    token = store(account, place, scheme)
    body = b"api_key=mine&token=mine" if method in ("POST", "DELETE") else None
    fields = [("Content-Type", "application/x-www-form-urlencoded")] if body else []

    assert account.proxied(token, "/proxy/test/x", method, fields, body).status == 200

    assert appearances(place, SECRET) == 1
    assert place.last.body == (body or b"")


def test_s9_a_placeholder_in_the_callers_path_is_not_filled(account: Account, place: Place) -> None:
    token = store(account, place, "path")

    answer = account.proxied(token, "/proxy/test/{token}/%7Btoken%7D")

    assert answer.status == 200
    assert place.path() == f"/bot{SECRET}/%7Btoken%7D/%7Btoken%7D"


def test_s5_a_credential_does_not_follow_a_redirect(account: Account, place: Place) -> None:
    token = store(account, place, "query")
    place.answer(Answer(302, [("Location", f"{place.url}/x?api_key={SECRET}&a=1")], b""))

    answer = account.proxied(token, "/proxy/test/x")

    assert answer.get(
        "Location",
    ).endswith("/proxy/test/x?a=1")  # type: ignore[union-attr]
    assert len(place.received) == 1


ECHOES = [
    ("bearer", SECRET, "seen: {clear}"),
    ("header", SECRET, "{clear}{clear}"),
    ("query", "a+b/c=d&e0123", "?api_key={quoted}"),
    ("query", "a+b/c=d&e0123", "https://elsewhere.example.com/?api_key={quoted}"),
    ("query", "a b c d e f g", "api_key={plus}"),
    ("basic", SECRET, "seen: Basic {basic}"),
    ("user", SECRET, "seen: Basic {user}"),
    ("path", SECRET, "/file/bot{clear}/x"),
]


@pytest.mark.parametrize("field", ["X-Echo", "Location", "Link", "WWW-Authenticate"])
@pytest.mark.parametrize(("scheme", "secret", "form"), ECHOES)
def test_s30_a_secret_echoed_in_a_field_is_masked(
    account: Account, place: Place, field: str, scheme: str, secret: str, form: str
) -> None:
    token = store(account, place, scheme, secret)
    pair, user = basic("me", secret)[6:], basic(secret, "X")[6:]
    echo = form.format(
        clear=secret,
        quoted=quote(secret, safe=""),
        plus=secret.replace(" ", "+"),
        basic=pair,
        user=user,
    )
    place.answer(Answer(200, [(field, f"<{echo}>" if field == "Link" else echo)]))

    answer = account.proxied(token, "/proxy/test/x")

    everything = "\n".join(value for _, value in answer.headers)
    if (scheme, field) != ("basic", "WWW-Authenticate"):  # a Basic challenge is removed (S11)
        assert answer.get(field) is not None
    for leaked in (secret, quote(secret, safe=""), secret.replace(" ", "+"), pair, user):
        assert leaked not in everything


def test_s27_neither_secret_nor_token_appear_in_problems_or_the_log(
    account: Account, place: Place, closed_port: int
) -> None:
    account.key(
        place, SECRET, api_name="down", base_url=f"http://127.0.0.1:{closed_port}/{{token}}",
        auth=SCHEMES["path"],
    )  # fmt: skip
    token = account.token(["*"])

    answer = account.client.request("GET", f"/proxy/down/{token}/x?a=1")

    problem(answer, 502, "connect_failed")
    log = account.call("GET", "/api/requests").body
    for text in (SECRET.encode(), token.encode()):
        assert text not in answer.body + log


OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Method"]


@pytest.mark.parametrize("name", OVERRIDES)
def test_s19_a_token_bound_to_methods_cannot_ask_for_another_one(
    account: Account, place: Place, name: str
) -> None:
    account.key(place)
    bound, free = account.token(["test"], methods=["GET"]), account.token(["test"])

    account.proxied(bound, headers=[(name, "DELETE")])
    assert place.last.get(name) is None
    account.proxied(free, headers=[(name, "DELETE")])
    assert place.last.get(name) == "DELETE"


@pytest.mark.parametrize(
    ("method", "query", "body"),
    [("GET", "?_method=DELETE", None), ("GET", "?a=1&%5Fmethod=put", None),
     ("POST", "", b"a=1&_method=DELETE"), ("POST", "?X-HTTP-Method-Override=DELETE", b"")],
)  # fmt: skip
def test_s19_a_token_bound_to_methods_cannot_ask_for_another_one_in_a_parameter(
    account: Account, place: Place, method: str, query: str, body: bytes | None
) -> None:
    account.key(place)
    bound, free = account.token(["test"], methods=["GET", "POST"]), account.token(["test"])
    fields = [("Content-Type", "application/x-www-form-urlencoded")]

    answer = account.proxied(bound, f"/proxy/test/x{query}", method, fields, body)

    problem(answer, 403, "token_scope")
    assert place.received == []
    assert account.proxied(free, f"/proxy/test/x{query}", method, fields, body).status == 200


@pytest.mark.parametrize(
    "auth",
    [{"scheme": "header", "name": "X-A\r\nB"}, {"scheme": "header", "name": "Host"},
     {"scheme": "header", "name": "Transfer-Encoding"}, {"scheme": "header", "name": "a b"},
     {"scheme": "header", "name": "X-Key", "prefix": "a\r\nX: "},
     {"scheme": "query", "name": "a&b"}, {"scheme": "query", "name": "a\n"},
     {"scheme": "basic", "username": "a:b"},
     {"scheme": "basic", "username": "a\r\nb"}],
)  # fmt: skip
def test_s10_names_that_would_break_framing_are_not_stored(
    account: Account, place: Place, auth: dict[str, str]
) -> None:
    body = {"base_url": place.url, "auth": auth, "secret": SECRET, "api_name": "test"}

    assert account.call("POST", "/api/keys", body).status == 422
    assert account.call("GET", "/api/keys").json["items"] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("secret", ["a\r\nX: b", "a\nb", "a\0b", "a\x7fb"])
def test_s10_secrets_that_would_break_framing_are_not_stored(
    account: Account, place: Place, scheme: str, secret: str
) -> None:
    url = place.url + "/bot{token}" if scheme == "path" else place.url
    body = {"base_url": url, "auth": SCHEMES[scheme], "secret": secret, "api_name": "test"}

    problem(account.call("POST", "/api/keys", body), 422, "invalid_field", "secret")
