"""The fixtures of the `.env` file tests."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from tests.product.env_files.fake_vault import FakeVault


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def service(vault: FakeVault) -> EnvFileService:
    return EnvFileService(vault, Catalogue.load())  # type: ignore[arg-type]
