"""An exported `.env` file has base URLs with the path that the SDK needs."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import ADDRESS, TOKEN, variables


@pytest.mark.parametrize(
    ("provider", "base_url", "variable", "path"),
    [
        ("deepl", "https://api.deepl.com", "DEEPL_SERVER_URL", "/"),
        ("slack", "https://slack.com", "SLACK_BASE_URL", "/api/"),
        # The stored base URL has the path; the SDK still needs the final slash.
        ("slack", "https://slack.com/api", "SLACK_BASE_URL", "/"),
        ("neon", "https://console.neon.tech/api/v2", "NEON_BASE_URL", "/"),
        ("openai", "https://api.openai.com/v1", "OPENAI_BASE_URL", ""),
        ("groq", "https://api.groq.com", "GROQ_BASE_URL", ""),
    ],
)
def test_a_base_url_has_the_path_that_the_sdk_needs(
    service: EnvFileService,
    vault: FakeVault,
    provider: str,
    base_url: str,
    variable: str,
    path: str,
) -> None:
    vault.add(provider, "a-secret-0123456789", provider, base_url)
    content = service.export("ada", TOKEN, "", None, ADDRESS).content
    assert variables(content)[variable] == f"{ADDRESS}/proxy/{provider}{path}"
