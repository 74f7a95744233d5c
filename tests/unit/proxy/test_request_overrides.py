"""A token that is limited to methods or paths cannot ask for others in parameters (S19)."""

from __future__ import annotations

import pytest

from api.errors import Problem
from api.proxy.request_overrides import check_overrides
from api.storage.tokens import Token
from tests.unit.proxy.credentials import TOKEN

FORM = [("Content-Type", "application/x-www-form-urlencoded")]
JSON = [("Content-Type", "application/json")]
MULTIPART = [("Content-Type", "multipart/form-data; boundary=b")]


def token(methods: tuple[str, ...] = ("GET",), path_prefixes: tuple[str, ...] = ()) -> Token:
    return Token(
        token_id="t", name="t", token_hash=TOKEN, hint="", apis=("*",), methods=methods,
        path_prefixes=path_prefixes, created_at=0,
    )  # fmt: skip


def check(
    holder: Token | None,
    query: str = "",
    headers: list[tuple[str, str]] | None = None,
    body: bytes = b"",
) -> None:
    check_overrides(holder, headers or [], query, body, True)


REFUSED = [
    "_method=DELETE", "_method=delete", "a=1&_method=DELETE", "a;_method=PUT", "_METHOD=DELETE",
    "%5Fmethod=DELETE", "%255Fmethod=DELETE", "_method=%44ELETE", "_method[]=DELETE",
    "_method=PURGE", "+_method=DELETE+", "_HttpMethod=PATCH", "_httpmethod=PATCH",
    "$httpMethod=DELETE", "%24httpMethod=DELETE", "httpMethod=DELETE", "http_method=DELETE",
    "X-HTTP-Method-Override=DELETE", "x-http-method-override=PUT", "X-HTTP-Method=DELETE",
    "X-Method-Override=DELETE", "_method_override=DELETE", "method_override=DELETE",
    "http-method-override=DELETE", "method=DELETE", "method=put", "verb=DELETE", "_verb=DELETE",
    "x_http_method_override=DELETE", "_method=GET&_method=DELETE", "_method=SOMETHING",
]  # fmt: skip


@pytest.mark.parametrize("query", REFUSED)
def test_s19_a_parameter_that_asks_for_another_method_is_refused(query: str) -> None:
    with pytest.raises(Problem) as caught:
        check(token(), query)

    assert caught.value.code == "token_scope"
    check(token(()), query)
    check(None, query)


ALLOWED = [
    "", "a=1", "_method=GET", "_method=get", "_method=", "_method", "method=flickr.photos.search",
    "method=track.getInfo", "payment_method=DELETE", "method_id=PUT", "q=_method%3DDELETE",
    "shipping_methods=DELETE", "methods=DELETE", "verb=run", "httpMethod=", "method=GET",
]  # fmt: skip


@pytest.mark.parametrize("query", ALLOWED)
def test_other_parameters_pass(query: str) -> None:
    check(token(), query)


BODIES = [
    (FORM, b"a=1&_method=DELETE"), (FORM, b"_METHOD=PUT"), (FORM, b"%5fmethod=DELETE"),
    (JSON, b'{"_method":"DELETE"}'), (JSON, b'{"a":1,"\\u005fmethod":"put"}'),
    (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b--'),
    (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=_method\r\n\r\nput\r\n--b--\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "body"), BODIES)
def test_s19_a_field_that_asks_for_another_method_is_refused(
    headers: list[tuple[str, str]], body: bytes
) -> None:
    with pytest.raises(Problem):
        check(token(("POST",)), headers=headers, body=body)
    check(token(("POST", "PUT", "DELETE")), headers=headers, body=body)
    check(token(()), headers=headers, body=body)


@pytest.mark.parametrize(
    ("headers", "body"),
    [(JSON, b'{"payment_method":"DELETE","a":{"_method":"DELETE"}}'), (JSON, b'["_method"]'),
     (FORM, b"method=chat.post&payment_method=PUT"), ([], b"_method=DELETE"),
     (JSON, b'{"jsonrpc":"2.0","method":"delete"}'), (FORM, b"method=search&verb=move"),
     (JSON, b'{"method":"x"}')],
)  # fmt: skip
def test_other_fields_pass(headers: list[tuple[str, str]], body: bytes) -> None:
    check(token(("POST",)), headers=headers, body=body)


def test_s19_a_parameter_that_replaces_the_path_is_refused_for_a_token_bound_to_paths() -> None:
    bound = token((), ("/wp-json/wp/v2/posts",))

    for query in ("rest_route=/wp/v2/users", "a=1&rest%5Froute=/", "rest.route=/"):
        with pytest.raises(Problem) as caught:
            check(bound, query)
        assert caught.value.code == "token_scope"
        check(token(), query)
    check(bound, "route=/x&rest=1&_method=DELETE")
