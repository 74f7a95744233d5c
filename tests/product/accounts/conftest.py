"""Fixtures of the account tests: clients and users that the tests of a module share."""

from __future__ import annotations

import pytest

from api.wiring import Storage
from tests.support.accounts import Account
from tests.support.clients import Client
from tests.support.products import storage_of


@pytest.fixture(scope="module", params=["server", "function"])
def shared_client(request: pytest.FixtureRequest) -> Client:
    """Both test clients, for tests that share an account."""
    client: Client = request.getfixturevalue(request.param)
    return client


@pytest.fixture(scope="module")
def owner(shared_client: Client) -> Account:
    """A user whom no test of the module changes."""
    return Account(shared_client)


@pytest.fixture(scope="module")
def storage(environment: dict[str, str]) -> Storage:
    """The storage that the product uses."""
    return storage_of(environment)
