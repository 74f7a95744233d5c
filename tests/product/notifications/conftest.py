"""The product with notifications, on a table of its own: a run serves all users of a table."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import pytest

from tests.product.notifications.notifying import NotifyingProduct
from tests.support.engines import new_table
from tests.support.upstream import Place


@pytest.fixture(scope="module")
def own_environment(environment: dict[str, str]) -> dict[str, str]:
    name = f"notify-{secrets.token_hex(4)}"
    new_table(environment["AWS_ENDPOINT_URL_DYNAMODB"], name)
    return {**environment, "DYNAMODB_TABLE": name}


@pytest.fixture
def product(own_environment: Mapping[str, str], place: Place) -> NotifyingProduct:
    return NotifyingProduct(own_environment, place)
