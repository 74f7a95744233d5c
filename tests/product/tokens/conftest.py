"""The fixtures of the token tests."""

from __future__ import annotations

import secrets

import pytest

from api.wiring import Storage
from tests.product.tokens.sources import Sources
from tests.support.accounts import Account
from tests.support.products import storage_of
from tests.support.upstream import Place, Upstream


@pytest.fixture(scope="module", params=["server", "function"])
def owner(request: pytest.FixtureRequest) -> Account:
    """A user with keys for `test` and `other`, which no test changes."""
    return Account(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def shared(owner: Account, upstream_server: Upstream) -> Place:
    """The upstream of the keys of `owner`."""
    place = upstream_server.place(secrets.token_hex(6))
    owner.key(place)
    owner.key(place, api_name="other")
    return place


@pytest.fixture(scope="module")
def storage(environment: dict[str, str]) -> Storage:
    """The product's database table."""
    return storage_of(environment)


@pytest.fixture
def sources(environment: dict[str, str], place: Place) -> Sources:
    """A user with a key for `test`, and clients at several addresses."""
    return Sources(environment, place)
