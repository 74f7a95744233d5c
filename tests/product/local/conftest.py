"""The fixtures of the tests of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.local.installation import find_binary
from tests.product.local.processes import ServerProcess, product


@pytest.fixture(scope="session")
def binary() -> Path:
    """Return the path of the real embedded database."""
    return find_binary()


@pytest.fixture(scope="module")
def served() -> Iterator[ServerProcess]:
    """The test app on the real server, with one worker and eight threads."""
    with product(workers=1, threads=8) as running:
        yield running
