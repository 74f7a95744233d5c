"""Fixtures of the wheel's tests: the built wheel, and an environment in which it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wheel.installed import Installation
from tools.wheel.build import build_wheel


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel for this machine."""
    return build_wheel()


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A fresh environment with the wheel."""
    return Installation(tmp_path_factory.mktemp("installation"), wheel)
