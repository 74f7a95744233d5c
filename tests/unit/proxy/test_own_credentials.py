"""The dashboard's tokens are recognised in every encoding that clients use (S8)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from api.proxy.own_credentials import holds_credential, without_tokens
from tests.unit.proxy.credentials import (
    OTHER_TOKEN,
    SESSION_TOKEN,
    TOKEN,
    USER_TOKEN,
    base64_of,
    jwt,
)


def escaped(text: str) -> str:
    return "".join(f"%{ord(character):02X}" for character in text)


OURS = [TOKEN, OTHER_TOKEN, SESSION_TOKEN]
FORMS = [
    "{}", "Bearer {}", "bearer  {}", "Token token={}", 'Digest username="{}"', "a, {}, b", "1:{}",
]  # fmt: skip


@pytest.mark.parametrize("token", OURS)
@pytest.mark.parametrize("form", FORMS)
def test_s8_a_token_is_found_inside_other_text(token: str, form: str) -> None:
    assert holds_credential(form.format(token))


@pytest.mark.parametrize("token", OURS)
@pytest.mark.parametrize("around", ["{}", "x:{}", "xy:{}", "xyz:{}", "{}:", "{}:x", "user name:{}"])
def test_s8_a_token_is_found_in_base64(token: str, around: str) -> None:
    text = base64_of(around.format(token))

    assert holds_credential(text)
    assert holds_credential(f"Basic {text}")
    assert holds_credential(f"Basic {text.rstrip('=')}")
    assert holds_credential(f"key/{text}")
    assert holds_credential(f"Basic {text.replace('+', '-').replace('/', '_')}")


@pytest.mark.parametrize("token", OURS)
def test_s8_a_token_is_found_percent_encoded(token: str) -> None:
    once = escaped(token)

    assert holds_credential(once)
    assert holds_credential(quote(once))
    assert holds_credential(quote(base64_of(f"x:{token}"), safe=""))


def test_s8_session_tokens_of_another_server_and_expired_ones_are_recognised() -> None:
    assert holds_credential(jwt({"iss": "api-dashboard", "exp": 1, "type": "refresh"}))


FOREIGN = [
    "", "Bearer sk-ant-api03-abc", USER_TOKEN, f"Bearer {USER_TOKEN}", "apd_", "apd_short",
    "Basic " + base64_of("user:password"), "Basic " + base64_of("u" * 80 + ":" + "p" * 80),
    "eyJ", "eyJhbGciOiJub25lIn0.eyJub3QganNvbg.x", "eyJ.eyJ.", "%", "%zz%ff", "100% sure",
    jwt({"iss": "api-dashboard.example.com"}), jwt({"iss": 5}), jwt({}),
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari",
    "a" * 500, base64_of("eyJ" + "a" * 200), "eyJ" + "." * 300, "eyJ" * 300,
]  # fmt: skip


@pytest.mark.parametrize("text", FOREIGN)
def test_s9_other_text_is_not_recognised(text: str) -> None:
    assert not holds_credential(text)


def test_deeply_nested_json_in_a_payload_is_not_recognised() -> None:
    payload = base64_of('{"a":' + "[" * 3000 + "]" * 3000 + "}").rstrip("=")

    assert not holds_credential(f"eyJhbGciOiJub25lIn0.{payload}.x")


@pytest.mark.parametrize("token", OURS)
def test_s32_a_path_that_is_logged_has_no_token(token: str) -> None:
    for text in (token, escaped(token), base64_of(token)):
        assert without_tokens(f"/a/{text}/b") == "/a/***/b"
    assert without_tokens(f"/bot{TOKEN}/getMe") == "/bot***/getMe"
    other = f"/users/{USER_TOKEN}/{'a' * 100}%C3%A9"
    assert without_tokens(other) == other
