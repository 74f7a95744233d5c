"""An export replaces only stored keys of the token's APIs, and keeps everything else."""

from __future__ import annotations

import pytest

from api.services.env_files.service import EnvFileService
from tests.product.env_files.fake_tokens import FakeTokens
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import (
    ADDRESS,
    GITHUB,
    OPENAI,
    OPENAI_2,
    STRIPE,
    TOKEN,
    UNUSUAL,
    UNUSUAL_2,
    variables,
)

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


def test_a_short_stored_secret_is_not_replaced_in_other_variables(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", "test", "openai")
    vault.add("in-house", "my-dog-has-7-fleas")
    original = "OPENAI_API_KEY=test\nNODE_ENV=test\nMOTTO=my-dog-has-7-fleas # test\n"

    written = variables(service.export("ada", TOKEN, original, None, ADDRESS).content)

    assert (written["OPENAI_API_KEY"], written["NODE_ENV"]) == (TOKEN, "test")
    assert written["MOTTO"] == "my-dog-has-7-fleas"


def test_only_the_apis_that_the_token_may_call_are_exported(
    service: EnvFileService, vault: FakeVault, tokens: FakeTokens
) -> None:
    vault.add("openai", OPENAI, "openai")
    vault.add("github", GITHUB, "github")
    tokens.scopes[TOKEN] = ("github",)
    original = (
        f"OPENAI_API_KEY={OPENAI}\nOPENAI_BASE_URL=https://api.openai.com/v1\n"
        f"GITHUB_TOKEN={GITHUB}\nCOPY={OPENAI}\n"
    )

    exported = service.export("ada", TOKEN, original, None, ADDRESS)

    assert exported.apis == ("github",)
    written = variables(exported.content)
    assert written["GITHUB_TOKEN"] == TOKEN
    assert written["OPENAI_API_KEY"] == written["COPY"] == OPENAI
    assert written["OPENAI_BASE_URL"] == "https://api.openai.com/v1"
    assert [(line.original_line, line.name) for line in exported.secrets] == [
        (1, "OPENAI_API_KEY"),
        (4, "COPY"),
    ]
    chosen = service.export("ada", TOKEN, original, ["openai", "github"], ADDRESS)
    assert chosen.apis == ("github",)


def test_a_token_for_telegram_has_the_form_that_its_sdks_check(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("telegram", TELEGRAM, "telegram")

    for original in ("", f"TELEGRAM_BOT_TOKEN={TELEGRAM}\n"):
        content = service.export("ada", TOKEN, original, None, ADDRESS).content
        assert variables(content)["TELEGRAM_BOT_TOKEN"] == f"1:{TOKEN}"

        again = service.export("ada", TOKEN, content, None, ADDRESS)
        assert (again.content, again.secrets) == (content, ())
        assert [line.action for line in service.plan("ada", content).lines if line.name] == [
            "keep",
            "keep",
        ]


def test_a_key_for_another_host_that_is_not_stored_stays(
    service: EnvFileService, vault: FakeVault
) -> None:
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")
    original = f"OPENAI_API_KEY={UNUSUAL}\nOPENAI_BASE_URL=https://llm.corp.example/v1\n"

    exported = service.export("ada", TOKEN, original, None, ADDRESS)

    assert exported.content == original
    assert [line.name for line in exported.secrets] == ["OPENAI_API_KEY", "OPENAI_BASE_URL"]


def test_a_key_that_the_import_refuses_stays(service: EnvFileService, vault: FakeVault) -> None:
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")
    original = f"OPENAI_API_KEY={STRIPE}\nOPENAI_BASE_URL=https://api.openai.com/v1\n"

    exported = service.export("ada", TOKEN, original, None, ADDRESS)

    assert variables(exported.content)["OPENAI_API_KEY"] == STRIPE
    assert exported.secrets[0].name == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("line", "exported"),
    [
        (f'"Bearer {OPENAI}"', f'"Bearer {TOKEN}"'),
        (f"{OPENAI}#note", f"{TOKEN} #note"),
        (f"{OPENAI} # note", f"{TOKEN} # note"),
        (f"{OPENAI},{OPENAI_2}", TOKEN),
        (f"'{OPENAI}'", f"'{TOKEN}'"),
        ("your-key", TOKEN),
        ("", TOKEN),
    ],
)
def test_the_token_takes_the_place_of_the_key_in_its_line(
    service: EnvFileService, vault: FakeVault, line: str, exported: str
) -> None:
    vault.add("openai", OPENAI, "openai")
    base_url = f"OPENAI_BASE_URL={ADDRESS}/proxy/openai/v1\n"

    content = service.export(
        "ada", TOKEN, f"{base_url}OPENAI_API_KEY={line}\n", None, ADDRESS
    ).content

    assert content == f"{base_url}OPENAI_API_KEY={exported}\n"


FILE = (
    "\ufeff# Shop \u2013 settings\r\n"
    "export NODE_ENV = 'production'   # not secret\r\n"
    "\r\n"
    "DATABASE_URL=\"postgres://shop:9fK2mQ7xTb@db:5432/shop?sslmode=require\"\r\n"
    f"OPENAI_API_KEY={OPENAI}\r\n"
    "OPENAI_ORG_ID=org-123\r\n"
    "ANTHROPIC_API_KEY=user_provided\r\n"
    f"STRIPE_SECRET_KEY='{STRIPE}' # live\r\n"
    "STRIPE_PUBLISHABLE_KEY=pk_live_q7Zx2LmT9vKd4RwN8sHb\r\n"
    f"STRIPE_WEBHOOK_SECRET=whsec_{UNUSUAL}\r\n"
    f"JWT_SECRET={UNUSUAL_2}\r\n"
    "GREETING=\"two\r\nlines # of text\"\r\n"
    "FLAGS: on\r\n"
    "just words\r\n"
    "#OLD_FLAG=1\r\n"
    f"GITHUB_TOKEN={GITHUB}"
)  # fmt: skip


def test_import_then_export_keeps_every_other_byte(
    service: EnvFileService, vault: FakeVault
) -> None:
    _, plan = service.import_keys("ada", FILE)
    for new in vault.created:
        vault.add(new.provider or "", new.secret.reveal(), new.provider)
    assert plan.keys == 3

    exported = service.export("ada", TOKEN, FILE, None, ADDRESS)

    kept = exported.content
    for key in (OPENAI, STRIPE, GITHUB):
        assert key not in kept
    added = (
        f"OPENAI_BASE_URL={ADDRESS}/proxy/openai/v1\r\n",
        f"# No SDK reads this variable: pass it as the base URL.\r\n"
        f"STRIPE_BASE_URL={ADDRESS}/proxy/stripe\r\n",
        f"\r\n# No SDK reads this variable: pass it as the base URL.\r\n"
        f"GITHUB_BASE_URL={ADDRESS}/proxy/github\r\n",
    )
    for text in added:
        assert kept.count(text) == 1, kept
        kept = kept.replace(text, "")
    expected = FILE
    for key in (OPENAI, STRIPE, GITHUB):
        expected = expected.replace(key, TOKEN)
    assert kept == expected
    assert [line.name for line in exported.secrets] == [
        "DATABASE_URL",
        "STRIPE_WEBHOOK_SECRET",
        "JWT_SECRET",
    ]


def test_a_file_without_keys_of_the_user_stays_as_it_is(service: EnvFileService) -> None:
    assert service.export("ada", TOKEN, FILE, None, ADDRESS).content == FILE
