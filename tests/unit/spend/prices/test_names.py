"""Which provider an API's address means, and which model a name."""

from __future__ import annotations

import re

import pytest

from api.spend.budgets import ApiPricing
from api.spend.prices.models import find_model
from api.spend.prices.providers import _PATTERNS, provider_at, provider_of
from api.spend.prices.snapshot import index

_HUGGINGFACE = "https://router.huggingface.co"
_CLOUDFLARE = "https://api.cloudflare.com"


@pytest.mark.parametrize(
    ("base_url", "provider"),
    [
        ("https://api.openai.com", "openai"),
        ("https://API.OpenAI.com:443/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://api.openai.com.evil.example/v1", ""),
        ("https://my-resource.openai.azure.com/openai/v1", "azure"),
        ("https://my-resource.services.ai.azure.com/models", "azure"),
        ("https://my-company.azure-api.net", ""),
        ("https://bedrock-runtime.eu-central-1.amazonaws.com", "aws"),
        ("https://bedrock-mantle.us-east-1.api.aws/v1", "aws"),
        ("https://s3.eu-central-1.amazonaws.com", ""),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "google"),
        ("https://us-central1-aiplatform.googleapis.com", "google"),
        ("https://maps.googleapis.com", ""),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.moonshot.cn/v1", "moonshotai"),
        ("https://api.eu.mistral.ai", "mistral"),
        ("https://api.together.ai/v1", "together"),
        ("https://somebody--app.modal.run", ""),
        ("http://llm.internal:8000/v1", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_the_host_says_which_provider_it_is(base_url: str, provider: str) -> None:
    assert provider_of(ApiPricing("mine", "", base_url)) == provider


@pytest.mark.parametrize(
    ("api_name", "slug", "base_url", "provider"),
    [
        ("openai", "", "http://127.0.0.1:9/v1", "openai"),
        ("mine", "openai", "http://127.0.0.1:9/v1", "openai"),
        ("mine", "xai", "https://gateway.example", "x-ai"),
        ("google-maps", "google-maps", "https://maps.googleapis.com", ""),
        ("openai", "openai", "https://openrouter.ai/api/v1", "openrouter"),
        ("mine", "github", "http://127.0.0.1:9", ""),
    ],
)
def test_the_slug_counts_where_the_host_is_not_known(
    api_name: str, slug: str, base_url: str, provider: str
) -> None:
    assert provider_of(ApiPricing(api_name, slug, base_url)) == provider


@pytest.mark.parametrize(
    ("base_url", "path", "model", "provider"),
    [
        (_HUGGINGFACE, "groq/openai/v1/chat/completions", "a/b", "huggingface_groq"),
        (_HUGGINGFACE, "/v1/chat/completions", "a/b:together", "huggingface_together"),
        (_HUGGINGFACE, "/v1/chat/completions", "a/b", ""),
        (_HUGGINGFACE, "/v1/chat/completions", None, ""),
        (f"{_HUGGINGFACE}/v1", "chat/completions", "a/b:novita", "huggingface_novita"),
        (_CLOUDFLARE, "/client/v4/accounts/x/ai/run/@cf/meta/llama", None, "cloudflare"),
        (_CLOUDFLARE, "/client/v4/zones", None, ""),
        ("https://a.cloud.databricks.com", "/serving-endpoints/x/invocations", None, "databricks"),
        ("https://a.cloud.databricks.com", "/api/2.0/jobs/list", None, ""),
    ],
)
def test_the_path_says_which_provider_it_is_where_an_address_has_several(
    base_url: str, path: str, model: str | None, provider: str
) -> None:
    found = provider_of(ApiPricing("mine", "", base_url))
    assert found
    assert provider_at(found, path, model) == provider


@pytest.mark.parametrize(
    ("provider", "name", "model"),
    [
        ("openai", "gpt-4o", "gpt-4o"),
        ("openai", "GPT-4o", "gpt-4o"),
        ("openai", "openai/gpt-4o", "gpt-4o"),
        ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai", "gpt-5-20250807", "gpt-5"),
        ("openai", "ft:gpt-4o-mini:org::id", "ft:gpt-4o-mini"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:org::id", "ft:gpt-4o-mini"),
        ("openai", "ft:gpt-3.5-turbo-0125:org:name:id", "ft:gpt-3.5-turbo-"),
        ("openai", "ft:gpt-4.1:org::id", None),
        ("openai", "claude-sonnet-4-5", None),
        ("anthropic", "claude-sonnet-4-20250514", "claude-sonnet-4-0"),
        ("anthropic", "anthropic/claude-opus-4-1-20250805", "claude-opus-4-1"),
        ("google", "models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("google", "publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("google", "claude-sonnet-4@20250514", "claude-4-sonnet"),
        ("azure", "gpt-4o", "gpt-4o"),
        ("azure", "gpt-35-turbo", "gpt-3.5-turbo"),
        ("azure", "my-deployment", None),
        ("aws", "amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        (
            "aws",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
        ),
        ("groq", "openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("openrouter", "openai/gpt-4o", "openai/gpt-4o"),
        ("openrouter", "openrouter/auto", None),
        (
            "huggingface_together",
            "meta-llama/Llama-3.3-70B-Instruct:together",
            "meta-llama/Llama-3.3-70B-Instruct",
        ),
        ("openai", "", None),
        ("openai", "x" * 100_000, None),
    ],
)
def test_a_name_means_one_model(provider: str, name: str, model: str | None) -> None:
    found = find_model(provider, name)
    assert (found.model.id if found else None) == model


def test_a_name_that_means_two_models_is_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    from api.spend.prices import models as module
    from api.spend.prices.snapshot import DatedPrices, Model

    def two(provider: str) -> tuple[Model, ...]:
        return tuple(
            Model(name, f"*{name}", (DatedPrices({"input_tokens": price}),))
            for name, price in (("twin", "1"), ("other-twin", "2"))
        )

    monkeypatch.setattr(module, "models", two)
    found = find_model("openai", "the-other-twin-of-two")
    assert found is not None
    assert found.is_ambiguous
    assert found.model.id == "twin"


def test_a_pattern_for_https_matches_nothing_else() -> None:
    # So that it need not be compiled for other URLs.
    for entry in index().providers:
        pattern = _PATTERNS.get(entry.id, entry.pattern)
        if pattern.startswith("https://"):
            outside_groups = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", pattern)
            assert all(part.startswith("https://") for part in outside_groups.split("|"))
