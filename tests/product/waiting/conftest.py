"""The product on one machine with default limits, and an upstream that keeps callers waiting."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from bench.standins.slow_upstream import slow_upstream
from tests.product.waiting.crowds import SlowApi, User
from tests.support.machine import Machine


@pytest.fixture(scope="session")
def slow() -> Iterator[SlowApi]:
    """The slow upstream."""
    with slow_upstream() as port:
        yield SlowApi(port)


@pytest.fixture(scope="package")
def machine(tmp_path_factory: pytest.TempPathFactory, slow: SlowApi) -> Iterator[Machine]:
    """The product with two worker processes."""
    if not sys.platform.startswith("linux"):
        pytest.skip("counts connections and memory in /proc")
    machine = Machine(
        tmp_path_factory.mktemp("waiting"),
        API_DASHBOARD_WORKERS="2",
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{slow.port}",
        API_DASHBOARD_SCHEDULED_CHECKS="false",
    )
    machine.start()
    yield machine
    machine.kill()


@pytest.fixture(scope="package")
def user(machine: Machine, slow: SlowApi) -> User:
    """A user with a key for the slow upstream and a token."""
    return User(machine, slow)
