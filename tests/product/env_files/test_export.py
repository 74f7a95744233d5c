"""An exported `.env` file has a token and base URLs for the requested APIs."""

from __future__ import annotations

import pytest

from api.errors import Problem
from api.services.env_files.service import EnvFileService
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import (
    ADDRESS,
    GITHUB,
    OPENAI,
    OPENAI_2,
    TOKEN,
    variables,
)


def test_a_new_file_has_a_token_and_a_base_url_for_each_api(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")
    vault.add("openai", OPENAI_2, "openai", "https://api.openai.com")
    vault.add("anthropic", "sk-ant-1", "anthropic", "https://api.anthropic.com")
    vault.add("github", GITHUB, "github", "https://api.github.com")
    vault.add("my-weather", "0123456789abcdef")

    content = service.export("ada", TOKEN, "", None, ADDRESS).content

    assert variables(content) == {
        "ANTHROPIC_API_KEY": TOKEN,
        "ANTHROPIC_BASE_URL": f"{ADDRESS}/proxy/anthropic",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_BASE_URL": f"{ADDRESS}/proxy/github",
        "MY_WEATHER_API_KEY": TOKEN,
        "MY_WEATHER_BASE_URL": f"{ADDRESS}/proxy/my-weather",
        "OPENAI_API_KEY": TOKEN,
        "OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai/v1",
    }
    assert content.count("No SDK reads this variable") == 2
    assert "# OpenAI (openai)\nOPENAI_API_KEY=" in content


def test_without_a_token_a_placeholder_is_written(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")

    assert variables(service.export("ada", None, "", None, ADDRESS).content)["OPENAI_API_KEY"] == (
        "<your token>"
    )


def test_only_the_requested_apis_are_exported_and_an_unknown_one_is_refused(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")
    vault.add("github", GITHUB, "github")

    assert "OPENAI" not in service.export("ada", TOKEN, "", ["github"], ADDRESS).content
    with pytest.raises(Problem) as caught:
        service.export("ada", TOKEN, "", ["github", "slack"], ADDRESS)
    assert (caught.value.code, caught.value.field) == ("invalid_field", "apis")
    assert "slack" in caught.value.detail


@pytest.mark.parametrize("token", [OPENAI, "apd_a\nB=c", "apd_a b", "", "apd_"])
def test_only_a_token_of_this_dashboard_is_written(service: EnvFileService, token: str) -> None:
    with pytest.raises(Problem) as caught:
        service.export("ada", token, "", None, ADDRESS)

    assert (caught.value.code, caught.value.field) == ("invalid_field", "token")


def test_the_api_named_after_its_provider_gets_the_usual_variables(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("a-openai", OPENAI, "openai")
    vault.add("openai", OPENAI_2, "openai")

    written = variables(service.export("ada", TOKEN, "", None, ADDRESS).content)

    assert written["OPENAI_BASE_URL"] == f"{ADDRESS}/proxy/openai/v1"
    assert written["A_OPENAI_BASE_URL"] == f"{ADDRESS}/proxy/a-openai/v1"


@pytest.mark.parametrize(
    ("base_url", "path"),
    [("https://gateway.example", "/v1"), ("https://gateway.example/openai/v1", "")],
)
def test_a_custom_api_named_after_a_provider_gets_the_providers_variables(
    service: EnvFileService, vault: FakeVault, base_url: str, path: str
) -> None:
    vault.add("openai", OPENAI, None, base_url)

    assert variables(service.export("ada", TOKEN, "", None, ADDRESS).content) == {
        "OPENAI_API_KEY": TOKEN,
        "OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai{path}",
    }
