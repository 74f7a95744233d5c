"""The fixtures of the `.env` file tests."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from tests.product.env_files.fake_tokens import FakeTokens
from tests.product.env_files.fake_vault import FakeVault

# Reading it takes longer than most tests.
CATALOGUE = Catalogue.load()


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def tokens() -> FakeTokens:
    return FakeTokens()


@pytest.fixture
def service(vault: FakeVault, tokens: FakeTokens) -> EnvFileService:
    return EnvFileService(vault, CATALOGUE, tokens)  # type: ignore[arg-type]
