"""Credentials that break HTTP framing are refused before they are stored (S10)."""

from __future__ import annotations

import pytest

from api.credentials import (
    AuthScheme,
    InvalidAuth,
    check_auth,
    check_secret,
    scheme_below,
    user_and_password,
)

BEARER = AuthScheme("bearer")
HEADER = AuthScheme("header", name="X-Key")
QUERY = AuthScheme("query", name="key")
BASIC = AuthScheme("basic", username="api")
USER = AuthScheme("basic", password="X")
PATH = AuthScheme("path", name="token")
EVERY = [BEARER, HEADER, QUERY, BASIC, USER, PATH]
IN_A_FIELD = [BEARER, HEADER, BASIC, USER]
CONTROLS = ["\r", "\n", "\0", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"]


@pytest.mark.parametrize("auth", EVERY, ids=lambda auth: auth.scheme)
def test_a_valid_scheme_is_not_changed(auth: AuthScheme) -> None:
    assert check_auth(auth) == auth


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (AuthScheme("bearer", name="a", prefix="b", username="c"), BEARER),
        (AuthScheme("header", name="X-Key", prefix="", username="c"), HEADER),
        (AuthScheme("query", name="key", prefix="b", username="c"), QUERY),
        (AuthScheme("basic", name="a", prefix="b", username="api"), BASIC),
        (AuthScheme("basic", name="a", username="", password="X"), USER),
        (AuthScheme("basic", password=""), AuthScheme("basic", password="")),
        (AuthScheme("bearer", password="X"), BEARER),
        (AuthScheme("path", name="token", prefix="b", username="c"), PATH),
        (AuthScheme("path", name=""), AuthScheme("path")),
    ],
)
def test_members_that_a_scheme_does_not_use_are_removed(
    given: AuthScheme, kept: AuthScheme
) -> None:
    assert check_auth(given) == kept


@pytest.mark.parametrize(
    ("auth", "field"),
    [
        (AuthScheme("header"), "name"),
        (AuthScheme("header", name=""), "name"),
        (AuthScheme("query"), "name"),
        (AuthScheme("query", name=""), "name"),
        (AuthScheme("basic"), "username"),
        (AuthScheme("basic", username=""), "username"),
        (AuthScheme("basic", username="api", password="X"), "password"),
        (AuthScheme("basic", password="a\r\nb"), "password"),
        (AuthScheme("basic", password="é"), "password"),
        (AuthScheme("basic", password="x" * 257), "password"),
    ],
)
def test_s10_a_scheme_with_a_missing_member_is_refused(auth: AuthScheme, field: str) -> None:
    with pytest.raises(InvalidAuth) as caught:
        check_auth(auth)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "api_key", "PRIVATE-TOKEN", "!#$"])
def test_s10_a_header_name_may_be_any_token(name: str) -> None:
    assert check_auth(AuthScheme("header", name=name)).name == name


@pytest.mark.parametrize(
    "name",
    ["X Key", "X-Key:", " X-Key", "X-Key\r\nHost: a", "X-Kéy", "(x)", '"x"', "x/y", "x" * 129],
)
def test_s10_a_header_name_that_is_not_a_token_is_refused(name: str) -> None:
    with pytest.raises(InvalidAuth) as caught:
        check_auth(AuthScheme("header", name=name))
    assert caught.value.field == "name"


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Content-Length",
        "content-type",
        "TRANSFER-ENCODING",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Cookie",
        "Set-Cookie",
        "Via",
        "Forwarded",
        "X-Forwarded-For",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Sec-WebSocket-Key",
        "Origin",
        "Referer",
    ],
)
def test_s10_a_header_for_framing_routing_or_browsers_is_refused(name: str) -> None:
    with pytest.raises(InvalidAuth) as caught:
        check_auth(AuthScheme("header", name=name))
    assert caught.value.field == "name"


@pytest.mark.parametrize("name", ["key", "apiKey", "access_token", "api-key", "filter[key]", "$k"])
def test_s10_a_parameter_name_is_not_changed(name: str) -> None:
    assert check_auth(AuthScheme("query", name=name)).name == name


@pytest.mark.parametrize(
    "name", ["a&b", "a=b", "a#b", "a;b", "a b", "a%62", "a+b", "k" * 129, *CONTROLS]
)
def test_s10_a_parameter_name_with_query_syntax_is_refused(name: str) -> None:
    with pytest.raises(InvalidAuth) as caught:
        check_auth(AuthScheme("query", name=name))
    assert caught.value.field == "name"


@pytest.mark.parametrize("name", ["a/b", "..", "{a}", "a b", "1a", "é"])
def test_s10_a_placeholder_is_a_plain_name(name: str) -> None:
    with pytest.raises(InvalidAuth) as caught:
        check_auth(AuthScheme("path", name=name))
    assert caught.value.field == "name"


@pytest.mark.parametrize("scheme", ["bearer", "header", "query", "basic", "path"])
@pytest.mark.parametrize("text", [*(f"a{control}b" for control in CONTROLS), "é", "a\r\nHost: b"])
def test_s10_a_prefix_or_user_name_that_breaks_framing_is_refused_for_every_scheme(
    scheme: str, text: str
) -> None:
    good = {auth.scheme: auth for auth in EVERY}[scheme]  # type: ignore[index]
    with pytest.raises(InvalidAuth) as prefix:
        check_auth(AuthScheme(good.scheme, good.name, text, good.username))
    with pytest.raises(InvalidAuth) as username:
        check_auth(AuthScheme(good.scheme, good.name, good.prefix, text))
    assert (prefix.value.field, username.value.field) == ("prefix", "username")


def test_s10_a_prefix_may_contain_spaces_but_not_begin_with_one() -> None:
    assert check_auth(AuthScheme("header", name="X-Key", prefix="Token ")).prefix == "Token "
    for prefix in (" Token", " ", "t" * 129):
        with pytest.raises(InvalidAuth):
            check_auth(AuthScheme("header", name="X-Key", prefix=prefix))


def test_s10_a_user_name_has_no_colon() -> None:
    assert check_auth(AuthScheme("basic", username="me@example.org/token")).username
    for username in ("a:b", ":", "u" * 257):
        with pytest.raises(InvalidAuth) as caught:
            check_auth(AuthScheme("basic", username=username))
        assert caught.value.field == "username"


@pytest.mark.parametrize("auth", EVERY, ids=lambda auth: auth.scheme)
@pytest.mark.parametrize("length", [1, 8192])
def test_s10_a_secret_of_the_allowed_length_is_accepted(auth: AuthScheme, length: int) -> None:
    check_secret("s" * length, auth)


@pytest.mark.parametrize("auth", EVERY, ids=lambda auth: auth.scheme)
@pytest.mark.parametrize("secret", ["", "s" * 8193, *(f"a{control}b" for control in CONTROLS)])
def test_s10_a_secret_that_is_empty_too_long_or_has_control_characters_is_refused(
    auth: AuthScheme, secret: str
) -> None:
    with pytest.raises(InvalidAuth) as caught:
        check_secret(secret, auth)
    assert caught.value.field == "secret"


@pytest.mark.parametrize("auth", IN_A_FIELD, ids=lambda auth: auth.scheme)
def test_s10_a_secret_in_a_header_is_ascii_with_inner_spaces_only(auth: AuthScheme) -> None:
    check_secret("FlyV1 fm2_abc,def=", auth)
    for secret in ("é", " a", "a ", " ", "a\u00a0b", "a\n"):
        with pytest.raises(InvalidAuth):
            check_secret(secret, auth)


def test_s10_a_secret_in_the_query_may_contain_all_printable_characters() -> None:
    check_secret(" é&=#%? ", QUERY)


def test_s10_a_secret_in_the_path_is_one_segment() -> None:
    for secret in ("123456:ABC-def_1", "...", "a.b~c!$&'()*+,;=:@"):
        check_secret(secret, PATH)
    for secret in (
        ".",
        "..",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%2Fb",
        "a b",
        "é",
        "{a}",
        "[a]",
        "a\n",
    ):
        with pytest.raises(InvalidAuth):
            check_secret(secret, PATH)


def test_s10_an_error_does_not_contain_the_secret() -> None:
    for auth in EVERY:
        with pytest.raises(InvalidAuth) as caught:
            check_secret("hunter2\r\n", auth)
        assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.reason}"


def test_a_secret_that_is_a_user_name_has_no_colon() -> None:
    check_secret("a:b", BASIC)
    with pytest.raises(InvalidAuth, match="colon"):
        check_secret("a:b", USER)


@pytest.mark.parametrize(
    ("auth", "pair"),
    [(BASIC, "api:secret"), (USER, "secret:X"), (AuthScheme("basic", password=""), "secret:")],
)
def test_the_basic_scheme_sends_the_secret_as_password_or_as_user(
    auth: AuthScheme, pair: str
) -> None:
    assert user_and_password(auth, "secret") == pair


@pytest.mark.parametrize(
    ("prefix", "path", "scheme"),
    [
        ("", "/v1beta/models", "header"),
        ("", "/v1beta/openai", "bearer"),
        ("", "/v1beta/openai/chat/completions", "bearer"),
        ("", "/v1beta/openai2/models", "header"),
        ("", "/x/v1beta/openai/models", "header"),
        ("/gateway", "/v1beta/openai/models", "bearer"),
        ("/v1beta", "/openai/models", "bearer"),
        ("/v1beta/openai", "/models", "bearer"),
        ("/v1beta", "/models", "header"),
    ],
)
def test_a_key_is_a_bearer_token_below_the_path_where_its_api_expects_one(
    prefix: str, path: str, scheme: str
) -> None:
    locations = ("query:key", "bearer:/v1beta/openai")
    auth, others = scheme_below(HEADER, locations, prefix, path)
    assert auth.scheme == scheme
    # What a caller sends in the usual place is still dropped.
    assert tuple(others) == (locations if scheme == "header" else (*locations, "header:X-Key"))
    assert scheme_below(QUERY, locations, prefix, path)[0].scheme in (scheme, "query")
    assert scheme_below(HEADER, (), prefix, path) == (HEADER, ())
