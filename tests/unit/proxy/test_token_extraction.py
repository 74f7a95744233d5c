"""Where a token is found, and how it is taken out of a path (S14, S19)."""

from __future__ import annotations

import pytest

from api.credentials import AuthScheme
from api.proxy.token_extraction import FoundToken, find_tokens, is_allowed_location, strip_token
from tests.unit.proxy.credentials import TOKEN, USER_TOKEN, base64_of, request

UNDERSCORED = AuthScheme("header", name="access_token")


def header(name: str) -> FoundToken:
    return FoundToken(TOKEN, "header", name)


def test_a_token_is_found_in_a_field_with_an_underscore() -> None:
    raw = request(underscored=[("Access_Token", f"Bearer {TOKEN}"), ("X_Other", "a")])

    assert find_tokens(raw, "/x") == [header("access_token")]


def test_every_place_is_searched_and_personal_access_tokens_come_first() -> None:
    raw = request(
        [("Authorization", f"Bearer {USER_TOKEN}"), ("apikey", TOKEN),
         ("authorization", "Basic " + base64_of(f"{TOKEN}:"))],
        query=f"a=1&key={TOKEN}",
    )  # fmt: skip

    found = find_tokens(raw, f"/bot{TOKEN}/getMe")

    assert [(token.location, token.name) for token in found] == [
        ("header", "apikey"), ("header", "authorization"), ("query", "key"), ("path", ""),
        ("header", "authorization"),
    ]  # fmt: skip
    assert found[-1].text == USER_TOKEN


@pytest.mark.parametrize(
    ("name", "auth", "locations", "extra_headers", "allowed"),
    [
        ("access_token", UNDERSCORED, (), (), True),
        ("access-token", UNDERSCORED, (), (), True),
        ("accesstoken", UNDERSCORED, (), (), False),
        ("x_api_key", UNDERSCORED, (), (), False),
        ("access_token", AuthScheme("bearer"), (), (), False),
        ("access_token", AuthScheme("bearer"), ("header:access_token",), (), True),
        ("dd-application-key", AuthScheme("bearer"), (), ("DD-APPLICATION-KEY",), True),
        ("dd-application-key", AuthScheme("bearer"), (), (), False),
        ("", AuthScheme("header"), (), (), False),
        ("authorization", UNDERSCORED, (), (), True),
        ("x-api-key", UNDERSCORED, (), (), True),
    ],
)
def test_s19_a_field_is_allowed_if_the_api_takes_its_credential_there(
    name: str,
    auth: AuthScheme,
    locations: tuple[str, ...],
    extra_headers: tuple[str, ...],
    allowed: bool,
) -> None:
    assert is_allowed_location(header(name), auth, locations, extra_headers) is allowed


PATHS = [
    ("/bot{}/getMe", "/bot{t}", "/getMe"),
    ("/bot{}", "/bot{t}", ""),
    ("/bot{}/", "/bot{t}", "/"),
    ("/bot1:{}/getMe", "/bot{t}", "/getMe"),
    ("/bot1234567890:{}/getMe", "/bot{t}", "/getMe"),
    ("/bot1%3A{}/getMe", "/bot{t}", "/getMe"),
    ("/bot1%3a{}/test/getMe", "/bot{t}", "/test/getMe"),
    ("/file/bot1:{}/a.jpg", "/file/bot{t}", "/a.jpg"),
    ("/bot1:{}/a.jpg", "/file/bot{t}", "/a.jpg"),
    ("/v1/{}/x", "/v1/{t}", "/x"),
    ("/{}/x", "/v1/{t}", "/x"),
    ("/a.b/{}-c/x", "/a.b/{t}-c", "/x"),
    ("/bot:{}/getMe", "/bot{t}", None),
    ("/botx:{}/getMe", "/bot{t}", None),
    ("/bot1{}/getMe", "/bot{t}", None),
    ("/bot1:2:{}/getMe", "/bot{t}", None),
    ("/bot" + "1" * 21 + ":{}/getMe", "/bot{t}", None),
    ("/bot{}x/getMe", "/bot{t}", None),
    ("/bot{}:x/getMe", "/bot{t}", None),
    ("/axb/{}-c/x", "/a.b/{t}-c", None),
    ("/x/bot{}/getMe", "/bot{t}", None),
    ("/getMe", "/bot{t}", None),
    ("/bot{}\n/getMe", "/bot{t}", None),
]


@pytest.mark.parametrize(("path", "prefix", "rest"), PATHS)
def test_a_token_is_taken_out_of_the_path(path: str, prefix: str, rest: str | None) -> None:
    assert strip_token(path.replace("{}", TOKEN), prefix, TOKEN) == rest
