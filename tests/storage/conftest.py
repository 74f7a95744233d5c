"""Fixtures of the storage tests, which run on every DynamoDB emulator."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.settings import read_settings
from api.storage.schema import ensure_table
from api.storage.table import Table
from api.storage.users import User
from api.wiring import Storage, build_storage
from tests.support.engines import ENGINES, patient_client
from tests.support.products import keep

NOW = 1_780_000_200
"""The time of the tests in epoch seconds, a few minutes into an hour."""

Parallel = Callable[[int, Callable[[int], Any]], list[Any]]


@pytest.fixture(scope="session", params=list(ENGINES))
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of one emulator."""
    with ENGINES[request.param]() as url:
        yield url


@pytest.fixture(scope="module")
def storage(endpoint: str) -> Iterator[Storage]:
    """The storage, with a table for each module: moto takes long to read large ones."""
    name = f"storage-{secrets.token_hex(4)}"
    built = build_storage(
        read_settings({"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "DYNAMODB_TABLE": name})
    )
    # moto can be slow on a slow machine.
    built.table.client = patient_client(endpoint, "dynamodb", "DynamoDB_20120810", "1.0")
    keep(built)
    ensure_table(built.table)
    yield built
    built.table.client.call("DeleteTable", {"TableName": name})


@pytest.fixture
def endpoint_name(request: pytest.FixtureRequest) -> str:
    """The name of the emulator."""
    name: str = request.node.callspec.params["endpoint"]
    return name


@pytest.fixture
def table(storage: Storage) -> Table:
    """The table itself, for raw items."""
    return storage.table


@pytest.fixture
def pk() -> str:
    """The key of an empty partition."""
    return f"TEST#{secrets.token_hex(8)}"


@pytest.fixture
def username(storage: Storage) -> str:
    """A registered user."""
    name = f"u{secrets.token_hex(8)}x"
    storage.users.create(User(name, "hash", "u@example.com", NOW), name)
    return name


@pytest.fixture
def parallel() -> Parallel:
    """Call a function with 0, 1, ... on eight threads. Returns its results in order."""

    def run(times: int, work: Callable[[int], Any]) -> list[Any]:
        with ThreadPoolExecutor(8) as threads:
            return list(threads.map(work, range(times)))

    return run
