"""What has a form, such as an API name: whoever gets it wrong is told in words, not in a regex."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from api.errors import Problem
from api.openapi import document
from api.routes import GROUPS
from api.schemas.fields import PATTERN_MESSAGES, ApiName, PathPrefix
from api.validation import convert
from tests.support.accounts import Account, problem
from tests.support.clients import Client

API_NAME = (
    "An API name has lower-case letters, digits, - and _, begins with a letter or a digit, and has "
    "at most 48 characters."
)


@pytest.fixture(scope="module")
def owner(server: Client) -> Account:
    """Somebody, whom no test of this module changes."""
    return Account(server)


def test_an_api_name(owner: Account) -> None:
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
def test_a_token(owner: Account, members: dict[str, Any], field: str, words: str) -> None:
    answer = owner.call("POST", "/api/tokens", {"name": "t", "apis": ["test"], **members})
    assert problem(answer, 422, "invalid_field", field)["detail"].startswith(words)


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [("status=600", "status", "A status is"), ("token_id=X", "token_id", "A token's id has")],
)
def test_a_query(owner: Account, query: str, field: str, words: str) -> None:
    answer = owner.call("GET", f"/api/requests?{query}")
    assert problem(answer, 422, "invalid_field", field)["detail"].startswith(words)


@pytest.mark.parametrize("kind", [ApiName, ApiName | None, PathPrefix])
@pytest.mark.parametrize("text", ["'", '"', "a - at `$.b`", "\n"])
def test_no_text_lets_the_pattern_through(kind: Any, text: str) -> None:
    with pytest.raises(Problem) as caught:
        convert(text, kind)
    assert caught.value.detail in PATTERN_MESSAGES.values()


def test_every_pattern_that_callers_meet_has_words() -> None:
    endpoints = [endpoint for group in GROUPS for endpoint in group.endpoints]
    met = set(patterns([document(endpoints)]))
    assert met and met <= set(PATTERN_MESSAGES), met - set(PATTERN_MESSAGES)
    assert all(words.endswith(".") for words in PATTERN_MESSAGES.values())


def patterns(part: Any) -> Iterator[str]:
    """Every pattern in a part of the OpenAPI document."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from patterns(each)
