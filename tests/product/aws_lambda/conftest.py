"""Fixtures of the tests of the streaming function."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from api.aws_lambda.parameters import within_streaming_limits
from api.settings import Settings
from tests.support.accounts import Account
from tests.support.clients import LambdaClient
from tests.support.streaming_function import (
    StreamingFunction,
    moved_clock,
    served,
    streaming_settings,
)
from tests.support.upstream import Place

__all__ = ["moved_clock"]


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Settings:
    """The function's settings."""
    return within_streaming_limits(streaming_settings(environment))


@pytest.fixture
def streaming(settings: Settings) -> Iterator[StreamingFunction]:
    """The function in this process."""
    with served(settings) as function:
        yield function


@pytest.fixture(scope="module")
def user(function: LambdaClient) -> Account:
    """A user whose calls go through the streaming function."""
    return Account(function)


@pytest.fixture
def token(user: Account, place: Place) -> str:
    """A token for the API `test`, whose key has the base URL of `place`."""
    user.renew()
    for key in user.call("GET", "/api/keys").json["items"]:
        user.call("DELETE", f"/api/keys/{key['key_id']}")
    user.key(place)
    return user.token(["test"])


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """An event that is set at the end of the test, which releases a hanging upstream."""
    event = threading.Event()
    yield event
    event.set()
