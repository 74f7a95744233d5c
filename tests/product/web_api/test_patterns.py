"""Text that does not match a pattern is refused with a message in words, not with the pattern."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from api.errors import Problem
from api.schemas.fields import PATTERN_MESSAGES, ApiName, PathPrefix
from api.validation import convert
from tests.support.accounts import Account, problem
from tests.support.clients import Client
from tests.support.openapi import DOCUMENT

API_NAME = (
    "An API name has lower-case letters, digits, - and _, begins with a letter or a digit, and has "
    "at most 48 characters."
)


@pytest.fixture(scope="module")
def owner(server: Client) -> Account:
    """Return an account that no test of this module changes."""
    return Account(server)


def test_an_invalid_api_name_is_refused_with_an_explanation(owner: Account) -> None:
    body = {"secret": secrets.token_hex(8), "base_url": "https://api.example.com"}
    answer = owner.call("POST", "/api/keys", {**body, "api_name": "My API"})
    assert problem(answer, 422, "invalid_field", "api_name")["detail"] == API_NAME
    answer = owner.call("GET", "/api/requests?api_name=My%20API")
    assert problem(answer, 422, "invalid_field", "api_name")["detail"] == API_NAME


@pytest.mark.parametrize(
    ("members", "field", "words"),
    [
        ({"path_prefixes": ["/a b/%zz"]}, "path_prefixes[0]", "A path begins with /"),
        ({"path_prefixes": ["/a", "b"]}, "path_prefixes[1]", "A path begins with /"),
        (
            {"path_prefixes": ["/a/../b"]},
            "path_prefixes[0]",
            "A path prefix must not contain the segments . or ..",
        ),
        ({"apis": ["My API"]}, "apis[0]", "An API is given by its name"),
    ],
)
def test_an_invalid_field_of_a_token_is_refused_with_an_explanation(
    owner: Account, members: dict[str, Any], field: str, words: str
) -> None:
    answer = owner.call("POST", "/api/tokens", {"name": "t", "apis": ["test"], **members})
    assert problem(answer, 422, "invalid_field", field)["detail"].startswith(words)


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [("status=600", "status", "A status is"), ("token_id=X", "token_id", "A token's id has")],
)
def test_an_invalid_query_parameter_is_refused_with_an_explanation(
    owner: Account, query: str, field: str, words: str
) -> None:
    answer = owner.call("GET", f"/api/requests?{query}")
    assert problem(answer, 422, "invalid_field", field)["detail"].startswith(words)


@pytest.mark.parametrize("kind", [ApiName, ApiName | None, PathPrefix])
@pytest.mark.parametrize("text", ["'", '"', "a - at `$.b`", "\n"])
def test_the_message_has_words_for_any_text(kind: Any, text: str) -> None:
    with pytest.raises(Problem) as caught:
        convert(text, kind)
    assert caught.value.detail in PATTERN_MESSAGES.values()


def test_every_pattern_of_the_document_has_a_message() -> None:
    met = set(patterns([DOCUMENT]))
    assert met and met <= set(PATTERN_MESSAGES), met - set(PATTERN_MESSAGES)
    assert all(words.endswith(".") for words in PATTERN_MESSAGES.values())


def patterns(part: Any) -> Iterator[str]:
    """Yield every pattern in a part of the OpenAPI document."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from patterns(each)
