"""An export keeps the lines of the original and removes every key from them."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import (
    ADDRESS,
    FOREIGN,
    GITHUB,
    OPENAI,
    OPENAI_2,
    STRIPE,
    TOKEN,
    UNUSUAL,
    UNUSUAL_2,
    plan_lines,
    variables,
)


def test_comments_order_and_unrelated_variables_of_the_original_are_kept(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")
    vault.add("github", GITHUB, "github")
    vault.add("stripe", STRIPE, "stripe")
    original = (
        "# our settings\n"
        "DEBUG=true   # for now\n"
        "\n"
        f"export OPENAI_API_KEY='{OPENAI}' # the team's\n"
        'MOTD="two\nlines"\n'
        "GITHUB_BASE_URL = https://api.github.com\n"
        f"GITHUB_TOKEN = {GITHUB}\n"
        "LAST=1"
    )

    assert service.export("ada", TOKEN, original, None, ADDRESS).content == (
        "# our settings\n"
        "DEBUG=true   # for now\n"
        "\n"
        f"export OPENAI_API_KEY='{TOKEN}' # the team's\n"
        f"export OPENAI_BASE_URL={ADDRESS}/proxy/openai/v1\n"
        'MOTD="two\nlines"\n'
        f"GITHUB_BASE_URL = {ADDRESS}/proxy/github\n"
        f"GITHUB_TOKEN = {TOKEN}\n"
        "LAST=1\n"
        "\n"
        "# Stripe (stripe)\n"
        f"STRIPE_API_KEY={TOKEN}\n"
        "# No SDK reads this variable: pass it as the base URL.\n"
        f"STRIPE_BASE_URL={ADDRESS}/proxy/stripe\n"
    )


def test_a_crlf_file_without_a_final_line_end_gets_crlf(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")

    content = service.export(
        "ada", TOKEN, f"\ufeffA=b\r\nOPENAI_API_KEY={OPENAI}", None, ADDRESS
    ).content

    assert content == (
        f"\ufeffA=b\r\nOPENAI_API_KEY={TOKEN}\r\nOPENAI_BASE_URL={ADDRESS}/proxy/openai/v1\r\n"
    )


def test_exporting_an_exported_file_replaces_the_token_and_repeats_nothing(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")
    vault.add("my-weather", "0123456789abcdef")
    first = service.export("ada", None, "A=b\n", None, ADDRESS).content

    second = service.export("ada", TOKEN, first, None, "https://dash.example/").content

    assert second == first.replace('"<your token>"', f'"{TOKEN}"').replace(
        ADDRESS, "https://dash.example"
    )


def test_several_keys_of_a_provider_are_all_replaced(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")

    content = service.export(
        "ada",
        TOKEN,
        f"PROD_OPENAI_API_KEY={OPENAI}\nPROD_OPENAI_BASE_URL=https://api.openai.com/v1\n"
        f"OPENAI_API_KEY_2={OPENAI_2}\nOPENAI_API_KEY=changeme\n",
        None,
        ADDRESS,
    ).content

    assert variables(content) == {
        "PROD_OPENAI_API_KEY": TOKEN,
        "OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai/v1",
        "PROD_OPENAI_BASE_URL": f"{ADDRESS}/proxy/openai/v1",
        "OPENAI_API_KEY_2": TOKEN,
        "OPENAI_API_KEY": TOKEN,
    }


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("OPENAI_API_KEY_2", "OPENAI_BASE_URL_2"),
        ("OPENAI_API_KEY_PROD", "OPENAI_BASE_URL_PROD"),
        ("OPENAI_API_KEY_ACME", "OPENAI_BASE_URL_ACME"),
        ("OPENAI_API_KEY_2", "OPENAI_HOST"),
        ("OPENAI_API_KEY", "openai_base_url"),
        ("OPENAI_API_KEY", "OPENAI_ENDPOINT"),
        ("OUR_LLM_KEY", "OUR_LLM_URL"),
        ("MY_WEATHER_KEY", "OPENAI_API_HOST"),
    ],
)
def test_s30_a_token_is_never_exported_with_the_base_url_of_another_host(
    service: EnvFileService, vault: FakeVault, key: str, address: str
) -> None:
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")

    written = variables(
        service.export(
            "ada", TOKEN, f"{address}={FOREIGN}\n{key}={OPENAI}\n", None, ADDRESS
        ).content
    )

    assert written[key] == TOKEN
    assert written[address] == written["OPENAI_BASE_URL"] == f"{ADDRESS}/proxy/openai/v1"


def test_a_base_url_without_a_replaced_key_is_kept(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("github", GITHUB, "github")
    vault.add("my-weather", "0123456789abcdef")
    original = (
        f"OPENAI_API_KEY_2={OPENAI}\nOPENAI_BASE_URL_2={FOREIGN}\nAIRTABLE_BASE=appXYZ\n"
        "DOCS_GITHUB_URL=https://github.com/a/docs\nMY_WEATHER_HOST=weather.example\n"
    )

    written = variables(service.export("ada", TOKEN, original, None, ADDRESS).content)

    assert (written["OPENAI_API_KEY_2"], written["OPENAI_BASE_URL_2"]) == (OPENAI, FOREIGN)
    assert written["AIRTABLE_BASE"] == "appXYZ"
    assert written["DOCS_GITHUB_URL"] == "https://github.com/a/docs"
    assert written["MY_WEATHER_HOST"] == f"{ADDRESS}/proxy/my-weather"


@pytest.mark.parametrize(
    ("key", "address", "value"),
    [
        ("GITHUB_TOKEN", "GITHUB_URL", "https://github.com/me/repo"),
        ("GITHUB_TOKEN", "GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_TOKEN", "GITHUB_URL", "https://pages.example/me/about"),
        ("GITHUB_TOKEN", "GITHUB_URL", "my-app.example.app"),
        ("GITHUB_TOKEN", "GITHUB_HOST", "uploads.github.com"),
    ],
)
def test_urls_of_pages_and_of_the_providers_domain_are_not_base_urls(
    service: EnvFileService, vault: FakeVault, key: str, address: str, value: str
) -> None:
    content = f"{address}={value}\n{key}={GITHUB}\n"
    assert plan_lines(service, content)[2].action == "import"

    vault.add("github", GITHUB, "github")
    written = variables(service.export("ada", TOKEN, content, None, ADDRESS).content)

    assert (written[address], written[key]) == (value, TOKEN)


def test_keys_of_apis_that_are_not_exported_stay_and_are_named(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("github", GITHUB, "github")
    original = (
        f"OPENAI_API_KEY={OPENAI}\nREQUIRE_GITHUB_TOKEN=true\nMISTRAL_API_KEY=changeme\n"
        f"GITHUB_TOKEN={GITHUB}\nANTHROPIC_API_KEY={STRIPE}\n"
    )

    exported = service.export("ada", TOKEN, original, None, ADDRESS)

    written = variables(exported.content)
    assert (written["OPENAI_API_KEY"], written["GITHUB_TOKEN"]) == (OPENAI, TOKEN)
    assert written["ANTHROPIC_API_KEY"] == STRIPE
    assert written["REQUIRE_GITHUB_TOKEN"] == "true"
    assert written["MISTRAL_API_KEY"] == "changeme"
    assert [(line.line, line.original_line, line.name) for line in exported.secrets] == [
        (1, 1, "OPENAI_API_KEY"),
        (7, 5, "ANTHROPIC_API_KEY"),
    ]


def test_s30_stored_keys_are_removed_everywhere_in_the_original(
    service: EnvFileService, vault: FakeVault
) -> None:
    odd = UNUSUAL
    stored = UNUSUAL_2
    vault.add("openai", OPENAI, "openai")
    vault.add("openai", OPENAI_2, "openai")
    vault.add("github", GITHUB, "github")
    vault.add("in-house", stored)
    original = (
        f"# old: {OPENAI_2}, and OPENAI_API_KEY={OPENAI_2}\n"
        f"#GITHUB_TOKEN='{GITHUB}'\n"
        f"OPENAI_API_KEY={odd} # {odd}\n"
        f'HEADER="Authorization: Bearer {odd}"\n'
        f"REMOTE=https://me:{GITHUB}@github.com/a/b?key={STRIPE}&x=1\n"
        f'JSON=\'{{"key": "{OPENAI_2}"}}\'\n'
        f"UNKNOWN={stored}\n"
        f"{OPENAI_2}\n"
        f'BROKEN="{OPENAI_2}\n'
        "KEPT=yes # as it was\n"
    )

    exported = service.export("ada", TOKEN, original, None, ADDRESS)

    content = exported.content
    for secret in (OPENAI, OPENAI_2, GITHUB, odd, stored):
        assert secret not in content
    assert f"OPENAI_API_KEY={TOKEN} # <removed>\n" in content
    assert f"UNKNOWN={TOKEN}\n" in content
    assert f"REMOTE=https://me:<removed>@github.com/a/b?key={STRIPE}&x=1\n" in content
    assert "KEPT=yes # as it was\n" in content
    # The key of Stripe is not in the vault: it stays, and its line is named.
    assert [line.name for line in exported.secrets] == ["REMOTE"]


def test_keys_that_are_not_stored_stay_and_their_lines_are_named(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai")
    original = (
        f"# old: {GITHUB}\n#STRIPE_API_KEY={STRIPE}\n{GITHUB}\n"
        f'STRIPE_API_KEY="{STRIPE}\n'
        f"JWT_SECRET={UNUSUAL}\nPOSTGRES_PASSWORD=hunter2\n"
        "DATABASE_URL=postgres://me:hunter2@localhost/db\nPORT=80\n# nothing\n"
    )

    exported = service.export("ada", TOKEN, original, [], ADDRESS)

    assert exported.content == original
    assert [(line.line, line.name) for line in exported.secrets] == [
        (1, None),
        (2, None),
        (3, None),
        (4, "STRIPE_API_KEY"),
        (5, "JWT_SECRET"),
        (6, "POSTGRES_PASSWORD"),
        (7, "DATABASE_URL"),
    ]
    assert GITHUB not in repr(exported.secrets)
