"""Fixtures of the tests of proxied calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.support.accounts import Account
from tests.support.upstream import Place


@pytest.fixture
def token(account: Account, place: Place) -> str:
    """A token for the API `test`, whose key has the base URL of `place`."""
    account.key(place)
    return account.token(["test"])


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that is set at the end of the test, which releases a hanging upstream."""
    event = threading.Event()
    yield event
    event.set()
