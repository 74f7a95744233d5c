"""Each value is imported or left, with a reason."""

from __future__ import annotations

import pytest

from api.secret import hint
from api.services.env_files.service import EnvFileService
from tests.product.env_files.fake_vault import FakeVault
from tests.product.env_files.samples import (
    GITHUB,
    OPENAI,
    OPENAI_2,
    STRIPE,
    UNUSUAL,
    UNUSUAL_2,
    plan_lines,
)

HEX = "0f3c5a7b9d1e2f4a6c8b0d2e4f6a8c1b"


@pytest.mark.parametrize(
    ("line", "action", "words"),
    [
        ("OPENAI_API_KEY=user_provided", "keep", "stands in"),
        ("ANTHROPIC_API_KEY=EMPTY", "keep", "stands in"),
        ("OPENAI_API_KEY=arn:aws:secretsmanager:us-east-1:123456789012:secret:x", "keep", "refers"),
        ("ANTHROPIC_API_KEY=encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3", "keep", "encrypted"),
        ("GROQ_API_KEY=/run/secrets/groq", "keep", "path"),
        ("SECRET_OF_OURS=op://vault/item/field", "keep", "refers"),
        ("OPENAI_API_KEY=hunter2", "keep", "not look like a key of OpenAI"),
        ("OPENAI_API_KEY=sk-test-1234", "keep", "not look like"),
        ("MISTRAL_API_KEY=my-mistral-password", "keep", ""),
        (f"OPENAI_API_KEY={UNUSUAL}", "import", "although its shape is unusual"),
        (f"MISTRAL_API_KEY={UNUSUAL}", "import", "by its name."),
        (f"OPENAI_API_KEY=sk-or-v1-{HEX}", "refuse", "OpenRouter"),
        (f"ANTHROPIC_API_KEY=gsk_{UNUSUAL}", "refuse", "Groq"),
        (f"CLERK_SECRET_KEY=sk_test_{UNUSUAL}{UNUSUAL}", "keep", "looks like a secret"),
        (f"JWT_SECRET={HEX}", "keep", "looks like a secret"),
        ("NEXT_PUBLIC_POSTHOG_KEY=phc_" + UNUSUAL * 2, "keep", "another credential of PostHog"),
        (f"SHOPIFY_API_SECRET={HEX}", "keep", "another credential of Shopify"),
        (f"CLOUDFLARE_API_KEY={HEX}01234", "keep", "another credential of Cloudflare"),
        (f"GITHUB_CLIENT_SECRET={HEX}01234567", "keep", "looks like a secret"),
        (f"GITHUB_SECRET={HEX}01234567", "keep", "looks like a secret"),
        (f"SENTRY_SECRET_KEY={UNUSUAL}{UNUSUAL}", "keep", "looks like a secret"),
        (f"VITE_OPENAI_API_KEY={OPENAI}", "import", "VITE_ makes it public"),
    ],
)
def test_a_line_is_imported_or_left_with_the_reason(
    service: EnvFileService, line: str, action: str, words: str
) -> None:
    planned = plan_lines(service, f"{line}\n")[1]

    assert planned.action == action
    assert words in planned.reason


@pytest.mark.parametrize(
    ("name", "value", "provider"),
    [
        ("GOOGLE_GENERATIVE_AI_API_KEY", "AIzaSy" + UNUSUAL + "q7Zx2LmT9vKd4", "google-gemini"),
        ("NEXT_PUBLIC_OPENAI_API_KEY", UNUSUAL, "openai"),
        ("VITE_OPENAI_KEY", UNUSUAL, "openai"),
        ("REACT_APP_OPENAI_API_KEY", UNUSUAL, "openai"),
        ("TF_VAR_openai_api_key", UNUSUAL, "openai"),
        ("openaiApiKey", UNUSUAL, "openai"),
        ("openai.api.key", UNUSUAL, "openai"),
        ("OPEN_AI_KEY", UNUSUAL, "openai"),
        ("API_KEY_OPENAI", UNUSUAL, "openai"),
        ("VITE_API_KEY_OPENAI", UNUSUAL, "openai"),
        ("APIKEY_MISTRAL", UNUSUAL, "mistral"),
        ("TOKEN_GITHUB", UNUSUAL, "github"),
        ("GITHUB_PERSONAL_ACCESS_TOKEN", UNUSUAL, "github"),
        ("OPENAI_MODERATION_API_KEY", UNUSUAL, "openai"),
        ("STT_GROQ_API_KEY", UNUSUAL, "groq"),
        ("OPENAI_API_KEYS", UNUSUAL, "openai"),
        ("OPENAI_API_KEY_STAGING", UNUSUAL, "openai"),
        ("OPENAI_APIKEY", UNUSUAL, "openai"),
        ("NETLIFY_TOKEN", UNUSUAL, "netlify"),
        ("STRIPE_SECRET", STRIPE, "stripe"),
        ("LIBRECHAT_MISTRAL_API_KEY", UNUSUAL, "mistral"),
    ],
)
def test_names_of_frameworks_and_other_word_orders_are_known(
    service: EnvFileService, name: str, value: str, provider: str
) -> None:
    planned = plan_lines(service, f"{name}={value}\n")[1]

    assert (planned.action, planned.provider) == ("import", provider)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (f"{OPENAI}#note", OPENAI),
        (f"{OPENAI},", OPENAI),
        (f"{OPENAI};", OPENAI),
        (f'"Bearer {OPENAI}"', OPENAI),
        (f"Bearer {OPENAI}", OPENAI),
        (f'"Authorization: Bearer {OPENAI}"', OPENAI),
        (f'"{OPENAI}",', OPENAI),
        (f'" {OPENAI} "', OPENAI),
        (f'"{OPENAI}\\n"', OPENAI),
        (f"{OPENAI}\u200b", OPENAI),
        (f"{OPENAI} # note", OPENAI),
        (f"{UNUSUAL}#my note", UNUSUAL),
        (f"{OPENAI},your-second-key", OPENAI),
    ],
)
def test_text_around_a_key_is_understood(
    service: EnvFileService, vault: FakeVault, value: str, key: str
) -> None:
    content = f"OPENAI_API_KEY={value}\n"

    planned = plan_lines(service, content)[1]

    assert (planned.action, planned.hint) == ("import", hint(key))
    service.import_keys("ada", content)
    assert [new.secret.reveal() for new in vault.created] == [key]


@pytest.mark.parametrize(
    "value",
    [
        f"{OPENAI},{OPENAI_2}",
        f"{OPENAI}, {OPENAI_2}",
        f"{OPENAI};{OPENAI_2}",
        f"{OPENAI} {OPENAI_2}",
        f'"{OPENAI}\n{OPENAI_2}\n"',
        f'\'["{OPENAI}", "{OPENAI_2}"]\'',
        f"[{OPENAI},{OPENAI_2}]",
        f'"Bearer {OPENAI}, Bearer {OPENAI_2}"',
        f"{OPENAI},{OPENAI_2},{OPENAI}",
    ],
)
def test_a_list_of_keys_becomes_a_pool(
    service: EnvFileService, vault: FakeVault, value: str
) -> None:
    _, plan = service.import_keys("ada", f"OPENAI_API_KEY={value}\n")

    assert plan.keys == 2
    assert plan.lines[0].hints == [hint(OPENAI), hint(OPENAI_2)]
    assert "2 keys of OpenAI" in plan.lines[0].reason
    assert [new.secret.reveal() for new in vault.created] == [OPENAI, OPENAI_2]
    assert {new.provider for new in vault.created} == {"openai"}


def test_a_list_of_keys_without_a_known_shape_becomes_a_pool(
    service: EnvFileService, vault: FakeVault
) -> None:
    service.import_keys("ada", f"MISTRAL_API_KEYS={UNUSUAL},{UNUSUAL_2}\n")

    assert [new.secret.reveal() for new in vault.created] == [UNUSUAL, UNUSUAL_2]


def test_only_the_new_keys_of_a_list_are_stored(service: EnvFileService, vault: FakeVault) -> None:
    vault.add("openai", OPENAI, "openai", "https://api.openai.com")

    _, plan = service.import_keys("ada", f"OPENAI_API_KEY={OPENAI},{OPENAI_2}\n")

    assert [new.secret.reveal() for new in vault.created] == [OPENAI_2]
    assert "1 of them is already known" in plan.lines[0].reason


def test_keys_of_two_providers_are_not_a_list(service: EnvFileService) -> None:
    planned = plan_lines(service, f"OPENAI_API_KEY={OPENAI},{GITHUB}\n")[1]

    assert planned.action == "refuse"


@pytest.mark.parametrize(
    "base_url",
    [
        "your_together_base_url_here",
        "<base url>",
        "https://your-proxy.internal/v1",
        "none",
        "default",
        "",
        "TODO",
    ],
)
def test_a_placeholder_is_not_a_base_url(service: EnvFileService, base_url: str) -> None:
    content = f"TOGETHER_API_BASE_URL={base_url}\nTOGETHER_API_KEY={HEX}{HEX}\n"

    planned = plan_lines(service, content)[2]

    assert (planned.action, planned.provider) == ("import", "together")
