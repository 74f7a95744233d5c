"""Keys in a `.env` file are recognised by name and shape, and imported or kept."""

from __future__ import annotations

import pytest

from api.errors import Problem
from api.secret import hint
from api.services.env_files.service import EnvFileService
from api.services.keys.catalogue import Catalogue
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import (
    GITHUB,
    OPENAI,
    OPENAI_2,
    STRIPE,
    TOKEN,
    UNUSUAL,
    plan_lines,
)


@pytest.mark.parametrize(
    ("name", "value", "provider"),
    [
        ("OPENAI_API_KEY", OPENAI, "openai"),
        ("openai_api_key", OPENAI, "openai"),
        ("OPENAI_API_KEY", UNUSUAL, "openai"),
        ("OPENAI_API_KEY_2", UNUSUAL, "openai"),
        ("OPENAI_API_KEY2", UNUSUAL, "openai"),
        ("OPENAI_API_KEY_BACKUP", UNUSUAL, "openai"),
        ("PROD_OPENAI_API_KEY", UNUSUAL, "openai"),
        ("OPENAI_KEY", UNUSUAL, "openai"),
        ("MY_CIRCLE_TOKEN", UNUSUAL, "circleci"),
        ("ALPHA_VANTAGE_KEY", "Q7ZX2LMT9VKD4RWN", "alpha-vantage"),
        ("GH_TOKEN", GITHUB, "github"),
        ("SOMETHING", GITHUB, "github"),
        ("PAYMENTS", STRIPE, "stripe"),
        ("DEEPL_API_KEY", "01234567-89ab-cdef-0123-456789abcdef:fx", "deepl-free"),
    ],
)
def test_a_key_is_recognised_by_its_name_or_its_shape(
    service: EnvFileService, name: str, value: str, provider: str
) -> None:
    line = plan_lines(service, f"{name}={value}\n")[1]

    assert (line.action, line.provider, line.api_name) == ("import", provider, provider)
    assert line.hint == hint(value)
    assert line.base_url == Catalogue.load().get(provider).base_url  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "true"),
        ("DATABASE_URL", "postgres://me:hunter22@localhost/db"),
        ("OPENAI_API_KEY_FILE", "/run/secrets/openai"),
        ("GITHUB_TOKEN_URL", "https://example.com/oauth/token"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef0123456789abcdef"),
        ("REQUIRE_GITHUB_TOKEN", "true"),
        ("MY_OWN_API_KEY", "0123456789abcdef0123"),
        ("X_API_KEY", "0123456789abcdef0123"),
        ("ACME_CO_API_KEY", "0123456789abcdef0123"),
        ("API_KEY", "0123456789abcdef0123"),
    ],
)
def test_a_line_without_a_key_of_a_known_provider_is_kept(
    service: EnvFileService, name: str, value: str
) -> None:
    line = plan_lines(service, f"{name}={value}\n")[1]

    assert (line.action, line.provider, line.hint) == ("keep", None, None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty"),
        ('"  "', "empty"),
        ("changeme", "placeholder"),
        ("xxx", "placeholder"),
        ("sk-xxxxxxxx", "placeholder"),
        ("sk-...", "placeholder"),
        ("your-key-here", "placeholder"),
        ("YOUR_OPENAI_API_KEY", "placeholder"),
        ("<your-key>", "placeholder"),
        ("'replace me'", "placeholder"),
        ("${OTHER_KEY}", "refers"),
        ("$OTHER_KEY", "refers"),
        ("op://vault/openai/key", "refers"),
        (TOKEN, "token of this dashboard"),
    ],
)
def test_a_value_that_cannot_be_a_key_is_kept_with_the_reason(
    service: EnvFileService, value: str, reason: str
) -> None:
    line = plan_lines(service, f"OPENAI_API_KEY={value}\n")[1]

    assert line.action == "keep"
    assert reason in line.reason


def test_a_key_whose_shape_contradicts_its_name_is_refused_with_the_reason(
    service: EnvFileService,
) -> None:
    line = plan_lines(service, f"OPENAI_API_KEY={GITHUB}\n")[1]

    assert line.action == "refuse"
    assert "OpenAI" in line.reason
    assert "GitHub" in line.reason


def test_the_same_value_twice_is_a_duplicate(service: EnvFileService) -> None:
    lines = plan_lines(service, f"OPENAI_API_KEY={OPENAI}\nA=b\nOPENAI_API_KEY_2='{OPENAI}'\n")

    assert [lines[1].action, lines[3].action] == ["import", "duplicate"]
    assert "line 1" in lines[3].reason


def test_the_last_line_counts_if_a_name_is_set_twice(service: EnvFileService) -> None:
    lines = plan_lines(service, f"OPENAI_API_KEY={OPENAI}\nOPENAI_API_KEY={OPENAI_2}\n")

    assert [lines[1].action, lines[2].action] == ["duplicate", "import"]
    assert "line 2" in lines[1].reason


def test_a_value_that_is_already_stored_is_a_duplicate(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("a", "0123456789abcdef-a")
    vault.add("b", "0123456789abcdef-b")
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")
    same_hint = UNUSUAL + OPENAI[-4:]

    lines = plan_lines(service, f"OPENAI_API_KEY={OPENAI}\nOPENAI_API_KEY_2={same_hint}\n")

    assert [lines[1].action, lines[2].action] == ["duplicate", "import"]
    assert vault.revealed == ["openai.0000000000000002"], "only keys with this hint are decrypted"


def test_a_stored_key_that_cannot_be_decrypted_does_not_stop_the_preview(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")
    vault.unreadable = True

    assert plan_lines(service, f"OPENAI_API_KEY={OPENAI}\n")[1].action == "import"


def test_all_planned_keys_are_stored_together_with_their_origin(
    service: EnvFileService, vault: FakeVault
) -> None:
    _, plan = service.import_keys(
        "ada", f"OPENAI_API_KEY={OPENAI}\nA=b\nOPENAI_API_KEY_2={OPENAI_2}\nX={GITHUB}\n"
    )

    assert plan.keys == 3
    assert [(new.secret.reveal(), new.provider, new.description) for new in vault.created] == [
        (OPENAI, "openai", "from OPENAI_API_KEY"),
        (OPENAI_2, "openai", "from OPENAI_API_KEY_2"),
        (GITHUB, "github", "from X"),
    ]


def test_more_than_forty_keys_are_refused_and_none_is_stored(
    service: EnvFileService, vault: FakeVault
) -> None:
    content = "".join(f"OPENAI_API_KEY_{number}={UNUSUAL}{number:04}\n" for number in range(41))

    with pytest.raises(Problem) as caught:
        service.import_keys("ada", content)

    assert (caught.value.code, caught.value.field) == ("invalid_field", "content")
    assert "41" in caught.value.detail
    assert vault.created == []


def test_the_plan_says_which_pool_a_key_joins(service: EnvFileService, vault: FakeVault) -> None:
    vault.add("openai", "sk-other-0123456789", "openai", "https://api.openai.com")
    line = plan_lines(service, f"OPENAI_API_KEY={OPENAI}\n")[1]
    assert line.action == "import"
    assert line.reason.endswith("It joins the pool of openai (1 key).")


def test_a_key_does_not_join_a_pool_of_another_host(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("github", "ghp_enterprise0123456789", "github", "https://ghe.example.com/api/v3")
    content = f"GITHUB_TOKEN={GITHUB}\n"
    line = plan_lines(service, content)[1]
    assert (line.action, line.hint) == ("refuse", None)
    assert line.reason == (
        "The key's host is api.github.com, but calls of github go to ghe.example.com:"
        " add this key manually under another API name."
    )
    service.import_keys("ada", content)
    assert vault.created == []
