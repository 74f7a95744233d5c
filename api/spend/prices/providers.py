"""Which provider of the snapshot an API's calls go to."""

from __future__ import annotations

import functools
import re
from urllib.parse import urlsplit

from api.bounded_cache import BoundedCache
from api.lazy_pattern import lazy_pattern
from api.spend.budgets import ApiPricing
from api.spend.prices.snapshot import index

_CATALOGUE = {
    "anthropic": "anthropic",
    "aws-bedrock": "aws",
    "azure-openai": "azure",
    "baseten": "baseten",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "elevenlabs": "elevenlabs",
    "fireworks": "fireworks",
    "google-gemini": "google",
    "google-vertex-ai": "google",
    "groq": "groq",
    "minimax": "minimax",
    "minimax-cn": "minimax",
    "mistral": "mistral",
    "mistral-eu": "mistral",
    "moonshot": "moonshotai",
    "moonshot-cn": "moonshotai",
    "novita": "novita",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together",
    "together-xyz": "together",
    "voyage": "voyageai",
    "xai": "x-ai",
    "zai": "zai",
    "zhipu": "zhipuai",
}
"""Providers of the snapshot by slugs of the catalogue."""

# In place of the snapshot's patterns. Those of Google, Azure and Modal match any service there, and
# others miss further hosts of the same prices.
_PATTERNS = {
    "google": (
        r"https://(?:(?:[a-z0-9-]+-)?aiplatform|generativelanguage)\.googleapis\.com"
        r"|https://aiplatform\.[a-z0-9-]+\.rep\.googleapis\.com"
    ),
    "azure": (
        r"https://[^./]+\.(?:openai\.azure\.com|services\.ai\.azure\.com"
        r"|cognitiveservices\.azure\.com/openai)"
    ),
    "modal": r"https://[^/]+\.modal\.direct",
    "aws": r"https://bedrock-(?:runtime|mantle)(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com|api\.aws)",
    "mistral": r"https://api\.(?:[a-z0-9-]+\.)?mistral\.ai",
    "openai": r"https://(?:[a-z0-9-]+\.)?api\.openai\.com",
    "together": r"https://api\.together\.(?:ai|xyz)",
}

# APIs of which only some paths, or each path another provider, have prices.
_BY_PATH = lazy_pattern(
    r"https://(?:api\.cloudflare\.com|router\.huggingface\.co"
    r"|[^/]+\.(?:databricks\.com|azuredatabricks\.net))(?:/|\Z)"
)
_HTTPS = "https://"
_HUGGINGFACE = "https://router.huggingface.co/"
_SLUGS_BY_PATH = {
    "cloudflare": "https://api.cloudflare.com",
    "databricks": "https://workspace.cloud.databricks.com",
    "huggingface-inference": _HUGGINGFACE,
}

_found: BoundedCache[tuple[str, str], str] = BoundedCache(1_000)


def provider_of(pricing: ApiPricing) -> str:
    """Return an API's provider in the snapshot, empty if none is known.

    The host of the base URL decides, then the slug of the catalogue: a key for `openai` has the
    prices of OpenAI at any other host. For APIs of which only some paths have prices, it is the
    URL that the paths follow, with `:` in it; provider_at then returns the provider of a call.
    """
    key = (pricing.provider or pricing.api_name, pricing.base_url)
    found = _found.get(key)
    if found is None:
        found = _find(*key)
        _found.set(key, found)
    return found


def provider_at(provider: str, path: str, model: str | None) -> str:
    """Return the provider of a call below what provider_of returned, empty if none is known."""
    if ":" not in provider:
        return provider
    url = f"{provider.rstrip('/')}/{path.lstrip('/')}"
    found = _by_url(url)
    if found or not url.startswith(f"{_HUGGINGFACE}v1/") or model is None:
        return found
    # Hugging Face's router takes the provider after the model's name.
    name = f"huggingface_{model.rpartition(':')[2]}"
    return name if any(entry.id == name for entry in index().providers) else ""


def _find(slug: str, base_url: str) -> str:
    url = _normal(base_url)
    if url.startswith(_HTTPS) and _BY_PATH.match(url):
        return url
    likely = _CATALOGUE.get(slug, "")
    if likely and _matches(likely, url):
        return likely
    return _by_url(url) or likely or _SLUGS_BY_PATH.get(slug, "")


def _normal(url: str) -> str:
    """Return a URL with its host in lower case and without port."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host.rstrip('.')}{parts.path}"


def _by_url(url: str) -> str:
    return next((entry.id for entry in index().providers if _matches(entry.id, url)), "")


def _matches(provider: str, url: str) -> bool:
    pattern = _text(provider)
    # A pattern that cannot match does not have to be compiled.
    if pattern.startswith(_HTTPS) and not url.startswith(_HTTPS):
        return False
    return _compiled(pattern).match(url) is not None


def _text(provider: str) -> str:
    own = _PATTERNS.get(provider)
    if own is None:
        own = next(entry.pattern for entry in index().providers if entry.id == provider)
    return own


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a provider's pattern, which ends where a name or a segment ends."""
    # Compiled one by one, because all of them take 3 ms of a cold start.
    return re.compile(rf"(?:{pattern})(?:(?<=[./])|/|\Z)")
