"""Fixtures of the SDK tests: stand-in providers, and the product in front of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.sdk.matrix", "tests.sdk.wire")

from tests.conftest import running  # noqa: E402
from tests.sdk.matrix import Matrix, Runners  # noqa: E402
from tests.sdk.world import Providers, World  # noqa: E402


@pytest.fixture(scope="session")
def world(separate: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The product in front of the stand-in providers, with a user."""
    providers = Providers()
    settings = {**separate, **providers.settings()}
    with running(settings, tmp_path_factory.mktemp("sdk")) as product:
        yield World(providers, product)
    providers.close()


@pytest.fixture(scope="session")
def runners() -> Iterator[Runners]:
    """The JavaScript SDKs."""
    made = Runners()
    yield made
    made.close()


@pytest.fixture(scope="session")
def matrix(world: World, runners: Runners) -> Matrix:
    """The matrix of clients and features."""
    return Matrix(world, runners)
