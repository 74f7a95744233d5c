"""Tokens in form and JSON bodies are found, and removed where the API takes its credential."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from urllib.parse import parse_qsl, quote

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.proxy.body_credentials import check_rest, clean_body, find_body_tokens
from api.proxy.token_extraction import FoundToken, is_allowed_location
from tests.unit.proxy.credentials import OTHER_TOKEN, SESSION_TOKEN, TOKEN, USER_TOKEN

BEARER = AuthScheme("bearer")
SLACK = ("form:token", "json:token", "query:token")
FORM = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
JSON = [("content-type", "application/json")]
MULTIPART = [("Content-Type", 'multipart/form-data; boundary="b;1"')]
IN_HEADER = FoundToken(TOKEN, "header", "authorization")


def multipart(*parts: tuple[str, str], end: str = "--b;1--\r\n") -> bytes:
    text = "".join(f"--b;1\r\nContent-Disposition: {a}\r\n\r\n{b}\r\n" for a, b in parts)
    return (text + end).encode("latin-1")


def part(name: str, value: str) -> tuple[str, str]:
    return f'form-data; name="{name}"', value


def clean(
    headers: list[tuple[str, str]],
    data: bytes,
    locations: tuple[str, ...] = SLACK,
    found: FoundToken = IN_HEADER,
    auth: AuthScheme = BEARER,
    is_complete: bool = True,
) -> bytes:
    return clean_body(headers, data, is_complete, auth, locations, found)


FOUND = [
    (FORM, f"channel=C1&token={TOKEN}&text=a", "form", "token"),
    (FORM, f"token={TOKEN}", "form", "token"),
    (FORM, f"%74oken={TOKEN}", "form", "token"),
    (FORM, f"TOKEN={quote('Bearer ')}{TOKEN}", "form", "token"),
    (FORM, f"token={TOKEN.replace('_', '%5F')}", "form", "token"),
    (FORM, f"token={SESSION_TOKEN}", "form", "token"),
    (JSON, json.dumps({"query": "a", "api_key": TOKEN}), "json", "api_key"),
    (JSON, f' {{ "a" : [1] , "api_key" : "{TOKEN}" }} ', "json", "api_key"),
    (JSON, f'{{"api\\u005fkey": "{TOKEN}"}}', "json", "api_key"),
    ([("Content-Type", "application/vnd.api+json")], f'{{"key":"{TOKEN}"}}', "json", "key"),
    (MULTIPART, multipart(part("channels", "C1"), part("token", TOKEN)).decode(), "form", "token"),
    (MULTIPART, multipart(("form-data; name=token", TOKEN)).decode(), "form", "token"),
    (MULTIPART, multipart(("form-data; name*=UTF-8''token", TOKEN)).decode(), "form", "token"),
    (MULTIPART, multipart(part("Token", TOKEN), end="").decode(), "form", "token"),
]


@pytest.mark.parametrize(("headers", "text", "location", "name"), FOUND)
def test_a_token_in_a_body_is_found(
    headers: list[tuple[str, str]], text: str, location: str, name: str
) -> None:
    (found,) = find_body_tokens(headers, text.encode(), True)

    assert (found.location, found.name) == (location, name)
    assert found.text in (TOKEN, SESSION_TOKEN)
    assert is_allowed_location(found, BEARER, (f"{location}:{name}",))
    assert is_allowed_location(found, AuthScheme("query", name=name), ())
    assert not is_allowed_location(found, BEARER, (f"header:{name}", "form:other", "json:other"))


@pytest.mark.parametrize(
    ("headers", "text"),
    [([], f"token={TOKEN}"), ([("Content-Type", "text/plain")], f"token={TOKEN}"), (JSON, "[]"),
     (JSON, f'["{TOKEN}"]'), (JSON, f'{{"a":{{"token":"{TOKEN}"}}}}'), (JSON, f'{{"a":"{TOKEN}'),
     ([("Content-Type", "multipart/form-data")], f"--b\r\n\r\n{TOKEN}"), (FORM, ""),
     (MULTIPART, multipart(('form-data; name="token"; filename="a"', TOKEN)).decode())],
)  # fmt: skip
def test_s19_a_token_outside_a_field_is_not_found(
    headers: list[tuple[str, str]], text: str
) -> None:
    assert find_body_tokens(headers, text.encode(), True) == []


@pytest.mark.parametrize("value", [TOKEN, OTHER_TOKEN, "xoxb-of-the-caller", ""])
def test_s9_the_credentials_field_is_removed_and_the_others_stay_as_they_are(value: str) -> None:
    form = f"a=1&token={value}&text=b%20c+d&e=%C3%A9;x"
    assert clean(FORM, form.encode()) == b"a=1&text=b%20c+d&e=%C3%A9;x"
    body = f'{{"a": 1.50, "token": "{value}", "b" :[ 1 ], "\\u00e9":"\\u00e9"}}'
    assert clean(JSON, body.encode()) == '{"a":1.50,"b":[ 1 ],"é":"\\u00e9"}'.encode()
    text = multipart(part("token", value), part("a", "1"), part("file", "\xff\0\r\n--b"))
    assert clean(MULTIPART, text) == multipart(part("a", "1"), part("file", "\xff\0\r\n--b"))


TWINS = [
    "token={0}", "a&token={0}", "token={0}&a", "token={0}&token={0}", "TOKEN={0}", "%74oken={0}",
    "%2574oken={0}", "token[]={0}", "token%5B0%5D={0}", "+token={0}", "token%00={0}",
    "a=1;token={0}", "token={0};a=1", "&&token={0}", "token%20={0}",
]  # fmt: skip


@pytest.mark.parametrize("form", TWINS)
@pytest.mark.parametrize("value", [TOKEN, "mine"])
def test_s9_no_spelling_of_the_field_reaches_the_api(form: str, value: str) -> None:
    cleaned = clean(FORM, form.format(value).encode())

    assert value.encode() not in cleaned
    assert b"oken" not in cleaned
    assert [name for name, _ in parse_qsl(cleaned.decode()) if name != "a"] == []


def test_s9_a_repeated_member_is_removed_from_json() -> None:
    body = f'{{"token":"{TOKEN}","a":1,"token":"mine"}}'.encode()

    assert clean(JSON, body) == b'{"a":1}'


def test_a_body_with_only_the_token_becomes_empty() -> None:
    assert clean(FORM, f"token={TOKEN}".encode()) == b""
    assert clean(JSON, f'{{"token":"{TOKEN}"}}'.encode()) == b"{}"
    assert clean(MULTIPART, multipart(part("token", TOKEN))) == b"--b;1--\r\n"


def test_a_preamble_and_an_epilogue_stay() -> None:
    body = b"hello\r\n" + multipart(part("token", TOKEN), part("a", "1")) + b"bye"

    assert clean(MULTIPART, body) == b"hello\r\n" + multipart(part("a", "1")) + b"bye"


@pytest.mark.parametrize(
    ("headers", "text"),
    [(FORM, f"api_key={TOKEN}&a=1"), (JSON, f'{{"token":"{TOKEN}","a":1}}'),
     (MULTIPART, multipart(part("access_token", TOKEN), part("a", "1")).decode())],
)  # fmt: skip
@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN, SESSION_TOKEN, TOKEN.replace("_", "%5f")])
def test_s8_no_token_in_a_usual_field_reaches_an_api(
    headers: list[tuple[str, str]], text: str, token: str
) -> None:
    assert token.encode() not in clean(headers, text.replace(TOKEN, token).encode(), ())


@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN, SESSION_TOKEN])
@pytest.mark.parametrize(
    ("headers", "text"),
    [(FORM, "a=1&text=see+{}"), (JSON, '{{"auth":{{"token":"{}"}}}}'), ([], "token={}"),
     (JSON, '[{{"token":"{}"}}]'), ([("Content-Type", "text/plain")], '{{"token":"{}"}}'),
     (FORM, "a=1&{}=1"), (MULTIPART, multipart(part("a", "{}")))],
)  # fmt: skip
def test_s8_no_token_reaches_an_api_that_takes_its_credential_in_bodies(
    headers: list[tuple[str, str]], text: str | bytes, token: str
) -> None:
    text = text if isinstance(text, str) else text.decode()
    with pytest.raises(Problem) as caught:
        clean(headers, text.format(token).encode())

    assert caught.value.code == "invalid_request"
    assert clean(headers, text.format(token).encode(), ()) == text.format(token).encode()


@pytest.mark.parametrize(
    ("headers", "text"),
    [(FORM, "api_key=mine&token=mine"), (JSON, '{"token": "mine", "key" : 1}'),
     (JSON, f'{{"value":"{TOKEN}"}}'), (JSON, f'{{"token":"{USER_TOKEN}"}}'),
     (FORM, f"text=my+token+is+{TOKEN}"), ([], f"token={TOKEN}"),
     (JSON, f'{{"messages":[{{"token":"{TOKEN}"}}]}}'), (JSON, f"{TOKEN}")],
)  # fmt: skip
def test_other_bodies_are_not_changed(headers: list[tuple[str, str]], text: str) -> None:
    assert clean(headers, text.encode(), ()) == text.encode()


def test_a_token_found_in_a_field_of_the_query_scheme_is_removed() -> None:
    found = FoundToken(TOKEN, "form", "appid")
    auth = AuthScheme("query", name="appid")

    assert clean(FORM, f"q=a&appid={TOKEN}".encode(), (), found, auth) == b"q=a"
    assert clean(FORM, f"appid={TOKEN}&appid=mine".encode(), (), found, auth) == b""
    assert clean(FORM, b"q=a&appid=mine", (), IN_HEADER, auth) == b"q=a&appid=mine"


@pytest.mark.parametrize("body", [f'["{TOKEN}"]', f'{{"token":"{TOKEN}"', f"\ufeff{TOKEN}"])
def test_s8_json_from_which_a_token_cannot_be_removed_is_refused(body: str) -> None:
    with pytest.raises(Problem) as caught:
        clean(JSON, body.encode())

    assert caught.value.code == "invalid_request"
    assert TOKEN not in caught.value.detail


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("deflate", zlib.compress),
]


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_s8_a_compressed_body_passes_only_without_a_credential(
    coding: str, compress: Callable[[bytes], bytes]
) -> None:
    for kind, plain in ((FORM, b"a=1"), (JSON, b'{"a":1}'), (JSON, b"[1]")):
        body = compress(plain)
        assert clean([*kind, ("Content-Encoding", coding)], body) == body
    for kind, text in (
        (FORM, f"a=1&token={TOKEN}"), (JSON, '{"token":"mine"}'), (JSON, f'["{TOKEN}"]'),
    ):  # fmt: skip
        body = compress(text.encode())
        with pytest.raises(Problem) as caught:
            clean([*kind, ("content-encoding", coding)], body)
        assert caught.value.code == "invalid_request"
        assert clean([*kind, ("Content-Encoding", coding)], body, ()) == body


SHORT = gzip.compress(b"a=1", mtime=0)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", b"a=1"), ("zstd", b"a=1"), ("deflate, gzip", SHORT), ("gzip", b"a=1"),
     ("gzip", SHORT[:-9]), ("gzip", SHORT + b"more"),
     ("gzip", gzip.compress(b"a" * (17 << 20), mtime=0))],
)  # fmt: skip
def test_s8_a_compressed_body_that_cannot_be_searched_is_refused(coding: str, body: bytes) -> None:
    with pytest.raises(Problem):
        clean([*FORM, ("Content-Encoding", coding)], body)
    assert clean([*FORM, ("Content-Encoding", coding)], body, ()) == body
    png = [("Content-Type", "image/png"), ("Content-Encoding", coding)]
    assert clean(png, body) == body


def test_a_body_without_a_coding_is_searched() -> None:
    assert clean([*FORM, ("Content-Encoding", "identity")], b"a=1&token=x") == b"a=1"


def test_s8_a_field_that_is_cut_off_is_refused() -> None:
    with pytest.raises(Problem):
        clean(FORM, b"a=1&token=mi", is_complete=False)
    with pytest.raises(Problem):
        clean(MULTIPART, multipart(part("token", "mi"), end=""), is_complete=False)
    upload = multipart(part("token", TOKEN), part("file", "a" * 900), end="")
    assert clean(MULTIPART, upload, is_complete=False) == multipart(part("file", "a" * 900), end="")


def rest(pieces: list[bytes], start: bytes, tokens: bool, overrides: bool) -> bytes:
    waiting = [*pieces, b""]
    sent, read = check_rest(
        FORM, start, lambda _: waiting.pop(0), tokens=tokens, overrides=overrides
    )
    while piece := read(65_536):
        sent += piece
    return sent


def test_the_rest_of_a_long_body_is_not_changed() -> None:
    pieces = [b"a" * 100, b"b" * 1000, b"", b"c"]

    assert rest([*pieces[:2], b"c"], b"s" * 500, True, True) == b"s" * 500 + b"".join(pieces)
    assert rest([], b"start", True, False) == b"start"


@pytest.mark.parametrize("cut", [1, 3, 50, len(TOKEN) - 1])
@pytest.mark.parametrize("text", [TOKEN, SESSION_TOKEN, TOKEN.replace("_", "%5F")])
def test_s8_a_token_in_the_rest_ends_the_call_wherever_the_pieces_are_cut(
    cut: int, text: str
) -> None:
    token = text.encode()
    for pieces in ([b"x" * 999 + b"=" + token[:cut], token[cut:] + b"&a=1"], [token[cut:] + b"&"]):
        start = b"s" * 400 + b"&token=" + (token[:cut] if len(pieces) == 1 else b"")
        with pytest.raises(Problem):
            rest(pieces, start, True, False)
        rest(pieces, start, False, False)


@pytest.mark.parametrize("field", [b"&_method=DELETE", b'name="_method"\r\n', b'"_method": "PUT"'])
def test_s19_a_method_override_in_the_rest_ends_the_call(field: bytes) -> None:
    with pytest.raises(Problem) as caught:
        rest([b"a" * 700 + field[:5], field[5:]], b"s", False, True)

    assert caught.value.code == "token_scope"
    rest([b"payment_method=card&method=x"], b"s", False, True)
