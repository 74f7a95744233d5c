"""A key is imported only if the base URL that belongs to it is the provider's."""

from __future__ import annotations

import pytest

from api.credentials import AuthScheme
from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import EnvironmentNames, Provider
from tests.product.env_files.fake_tokens import FakeTokens
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import (
    FOREIGN,
    GITHUB,
    OPENAI,
    OPENAI_2,
    plan_lines,
)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example/v1",
        "https://api.openai.com.evil.example",
        "https://api.openai.com@evil.example",
        "http://api.openai.com",
        "http://127.0.0.1:8420/proxy/openai/v1",
        "evil.example",
        "${ELSEWHERE}",
    ],
)
@pytest.mark.parametrize("names", [("OPENAI_API_KEY", "OPENAI_BASE_URL"),
                                   ("PROD_OPENAI_API_KEY", "PROD_OPENAI_API_BASE"),
                                   ("OPENAI_API_KEY_2", "OPENAI_BASE_URL")])  # fmt: skip
def test_a_key_for_a_host_that_is_not_the_providers_is_refused(
    service: EnvFileService, names: tuple[str, str], base_url: str
) -> None:
    lines = plan_lines(service, f"{names[0]}={OPENAI}\n\n{names[1]}={base_url}\n")

    assert lines[1].action == "refuse"
    assert "a key for a host that is not the provider's" in lines[1].reason
    assert f"{names[1]} on line 3" in lines[1].reason
    assert lines[3].action == "keep"


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("OPENAI_API_KEY", "openai_base_url"),
        ("openai_api_key", "OPENAI_BASE_URL"),
        ("OPENAI_API_KEY", "OpenAI_Base_Url"),
        ("openaiApiKey", "openaiBaseUrl"),
        ("OPENAI_API_KEY_2", "OPENAI_BASE_URL_2"),
        ("OPENAI_API_KEY_2", "openai_base_url_2"),
        ("OPENAI_API_KEY2", "OPENAI_BASE_URL_2"),
        ("OPENAI_API_KEY_PROD", "OPENAI_BASE_URL_PROD"),
        ("OPENAI_API_KEY_PROD", "OPENAI_PROD_BASE_URL"),
        ("OPENAI_API_KEY_PROD", "PROD_OPENAI_BASE_URL"),
        ("PROD_OPENAI_API_KEY", "PROD_OPENAI_ENDPOINT"),
        ("PROD_OPENAI_API_KEY_2", "PROD_OPENAI_BASE_URL"),
        ("OPENAI_API_KEY_ACME", "OPENAI_BASE_URL_ACME"),
        ("OUR_LLM_KEY", "OUR_LLM_URL"),
        ("OUR_LLM_KEY_2", "OUR_LLM_URL"),
        ("OUR_LLM_KEY_2", "OPENAI_HOST_2"),
        ("OUR_LLM_KEY", "OPENAI_HOST"),
        ("API_KEY", "API_BASE_URL"),
        ("OPENAI_API_KEY", "OPENAI_ENDPOINT"),
        ("OPENAI_API_KEY", "OPENAI_URL"),
        ("OPENAI_API_KEY", "OPENAI_HOST"),
        ("OPENAI_API_KEY", "OPENAI_API_HOST"),
        ("OPENAI_API_KEY", "OPENAI_API_URL"),
        ("OPENAI_API_KEY", "OPENAI_API_BASE"),
        ("OPENAI_API_KEY", "OPENAI_PROXY_URL"),
        ("OPENAI_API_KEY", "OPENAI_BASE"),
        ("OPENAI_KEY", "OPENAI_API_ENDPOINT"),
    ],
)
def test_the_base_url_of_a_key_is_found_by_any_usual_name(
    service: EnvFileService, vault: FakeVault, key: str, address: str
) -> None:
    content = f"{key}={OPENAI}\n{address}={FOREIGN}\n"

    line = plan_lines(service, content)[1]

    assert line.action == "refuse"
    assert f"{address} on line 2" in line.reason
    service.import_keys("ada", content)
    assert vault.created == []


@pytest.mark.parametrize("key", ["GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN_2", "DEPLOY"])
@pytest.mark.parametrize(
    ("address", "value", "action"),
    [
        ("GH_HOST", "git.corp.example", "refuse"),
        ("GITHUB_HOST", "git.corp.example", "refuse"),
        ("GITHUB_SERVER_URL", "https://git.corp.example", "refuse"),
        ("GITHUB_API_URL", "https://git.corp.example/api/v3", "refuse"),
        ("GITHUB_API_URL", "https://com", "refuse"),
        ("GITHUB_API_URL", "https://notgithub.com", "refuse"),
        ("GITHUB_API_URL", "https://api.github.com", "import"),
        ("GITHUB_SERVER_URL", "https://github.com", "import"),
        ("GH_HOST", "github.com", "import"),
        ("GITHUB_URL", "https://github.com/a/b", "import"),
        ("GITHUB_UPLOAD_URL", "https://git.corp.example", "import"),
        ("GITHUB_BASE", "trunk", "import"),
        ("DATABASE_URL", "postgres://db.corp.example/x", "import"),
        ("HOST", "0.0.0.0", "import"),
    ],
)
def test_a_base_url_is_accepted_or_refused_by_its_host(
    service: EnvFileService, key: str, address: str, value: str, action: str
) -> None:
    assert plan_lines(service, f"{address}={value}\n{key}={GITHUB}\n")[2].action == action


def test_a_variant_of_a_key_uses_the_base_url_of_the_same_variant(
    service: EnvFileService,
) -> None:
    lines = plan_lines(
        service,
        f"OPENAI_API_KEY={OPENAI}\nOPENAI_API_KEY_2={OPENAI_2}\nOPENAI_BASE_URL_2={FOREIGN}\n",
    )
    assert [lines[1].action, lines[2].action] == ["import", "refuse"]
    assert lines[3].reason == "It is a base URL of OpenAI."

    lines = plan_lines(
        service,
        f"OPENAI_API_KEY_2={OPENAI}\nOPENAI_BASE_URL={FOREIGN}\n"
        "OPENAI_BASE_URL_2=https://api.openai.com/v1\n",
    )
    assert lines[1].action == "import"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f'OPENAI_BASE_URL="{FOREIGN}', "OPENAI_BASE_URL"),
        (f"openai_base_url='{FOREIGN}", "openai_base_url"),
        (f'OPENAI_BASE_URL="{FOREIGN}" x', "OPENAI_BASE_URL"),
        (f"OPENAI_HOST={FOREIGN}\0", "OPENAI_HOST"),
        (f"OPENAI_BASE_URL {FOREIGN}", "OPENAI_BASE_URL"),
        (f"if OPENAI_BASE_URL={FOREIGN}", "OPENAI_BASE_URL"),
        (f'A="\nopenai_base_url={FOREIGN}', "openai_base_url"),
        (f"OPENAI_BASE_URL={'h' * 9000}", "OPENAI_BASE_URL"),
    ],
)
def test_a_key_whose_base_url_cannot_be_read_is_refused(
    service: EnvFileService, vault: FakeVault, address: str, named: str
) -> None:
    content = f"{address}\nOPENAI_API_KEY={OPENAI}\n"

    line = service.plan("ada", content).lines[-1]

    number = address.count("\n") + 1
    assert (line.name, line.action, line.hint) == ("OPENAI_API_KEY", "refuse", None)
    assert line.reason.startswith(f"Its base URL ({named} on line {number}) cannot be read: ")
    assert "corp" not in repr(service.plan("ada", content))
    service.import_keys("ada", content)
    assert vault.created == []


def test_base_url_names_of_a_users_catalogue_match_in_any_case(
    vault: FakeVault,
) -> None:
    catalogue = Catalogue(
        (
            Provider(
                slug="in-house",
                name="In-house",
                auth=AuthScheme("bearer"),
                base_url="https://api.house.example",
                docs="https://house.example",
                env=EnvironmentNames(key=("IN_HOUSE_KEY",), base_url=("IN_HOUSE_LINK",)),
            ),
        )
    )
    service = EnvFileService(vault, catalogue, FakeTokens())  # type: ignore[arg-type]
    key = "IN_HOUSE_KEY=q7Zx2LmT9vKd4RwN8sHb\n"

    assert plan_lines(service, f"{key}in_house_link={FOREIGN}\n")[1].action == "refuse"
    assert plan_lines(service, f"{key}IN_HOUSE_LINK=house.example\n")[1].action == "import"


def test_a_key_with_its_providers_base_url_is_imported_with_the_catalogues_base_url(
    service: EnvFileService,
) -> None:
    lines = plan_lines(
        service, f"OPENAI_BASE_URL=https://API.openai.com/v1/\nOPENAI_API_KEY={OPENAI}\n"
    )

    assert (lines[2].action, lines[2].base_url) == ("import", "https://api.openai.com")
    assert lines[1].action == "keep"
    assert "OpenAI" in lines[1].reason


def test_a_provider_with_a_base_url_per_account_needs_it_in_the_file(
    service: EnvFileService, vault: FakeVault
) -> None:
    key = "AZURE_OPENAI_API_KEY=0123456789abcdef0123456789abcdef\n"
    alone = plan_lines(service, key)[1]
    assert alone.action == "keep"
    assert "openai.azure.com" in alone.reason

    service.import_keys("ada", key + "AZURE_OPENAI_ENDPOINT=https://ours.openai.azure.com/\n")

    assert [new.base_url for new in vault.created] == ["https://ours.openai.azure.com"]
