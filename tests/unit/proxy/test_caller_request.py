"""Nothing of the caller's tokens is in the path that an upstream gets (S8)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from api.credentials import AuthScheme
from api.errors import Problem
from api.pools import PoolKey
from api.proxy.caller_request import CallerRequest, request_for_key
from api.proxy.token_extraction import FoundToken
from api.proxy.upstream_request import UpstreamRequest
from api.secret import Credential, Secret
from api.upstream.base_url import parse_base_url
from tests.unit.proxy.credentials import (
    OTHER_TOKEN,
    SESSION_TOKEN,
    TOKEN,
    USER_TOKEN,
    base64_of,
    request,
)

KEY = PoolKey("test.0123456789abcdef", "https://api.example.com", AuthScheme("bearer"), "gAAAA")


def upstream_request(path: str) -> UpstreamRequest:
    return request_for_key(
        CallerRequest(request(), path, b"", None),
        FoundToken(TOKEN, "header", "authorization"),
        parse_base_url(KEY.base_url, frozenset()),
        KEY,
        Credential(Secret("secret-of-the-key")),
        limited_methods=False,
    )


def percent_encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN, SESSION_TOKEN])
@pytest.mark.parametrize(
    "form",
    [
        *("{}", "x-{}", "Bearer%20{}", percent_encoded, base64_of),
        lambda text: quote(percent_encoded(text)),
    ],
)
def test_s8_no_token_reaches_an_upstream_in_the_path(token: str, form: object) -> None:
    text = form.format(token) if isinstance(form, str) else form(token)  # type: ignore[operator]

    with pytest.raises(Problem) as caught:
        upstream_request(f"/users/{text}/posts")

    assert caught.value.code == "invalid_path"
    assert token not in caught.value.detail


@pytest.mark.parametrize("text", [USER_TOKEN, "a" * 200, "%C3%A9" * 30, base64_of("text " * 30)])
def test_other_long_segments_of_a_path_arrive(text: str) -> None:
    assert upstream_request(f"/users/{text}/posts").target == f"/users/{text}/posts"
