"""Fixtures of the tests of limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import Account
from tests.support.reservations import set_policy
from tests.support.upstream import Place


@pytest.fixture
def pages(account: Account, place: Place) -> dict[str, Any]:
    """A token for the API `test`, which has a key and a policy of 20 requests an hour."""
    account.key(place)
    assert set_policy(account, 20).status == 200
    return account.token_details(["test"], name="pages")
