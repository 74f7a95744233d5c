"""The fixtures of the tests of keys."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from api.wiring import Storage
from tests.support.accounts import Account
from tests.support.products import storage_of
from tests.support.upstream import Place


@pytest.fixture(scope="module")
def storage(environment: dict[str, str]) -> Storage:
    """The product's database table."""
    return storage_of(environment)


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user that many tests share; each test uses its own API names."""
    return Account(request.getfixturevalue(request.param))


@pytest.fixture
def api_name() -> str:
    """An API name that no other test uses."""
    return f"api-{secrets.token_hex(4)}"


@pytest.fixture
def key(account: Account, place: Place) -> dict[str, Any]:
    """An OpenAI key whose base URL is the test's upstream."""
    return account.key(place, provider="openai")
