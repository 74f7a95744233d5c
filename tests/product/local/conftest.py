"""What the tests of one machine share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.local.bootstrap import CACHE
from api.local.database.binary import ensure_binary
from tests.product.local.processes import Product, product


@pytest.fixture(scope="session")
def binary() -> Path:
    """The real embedded database."""
    return ensure_binary(CACHE)


@pytest.fixture(scope="module")
def served() -> Iterator[Product]:
    """The stand-in app on the real server: one worker, eight threads."""
    with product(workers=1, threads=8) as running:
        yield running
