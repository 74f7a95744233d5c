"""Tells without the price snapshot whether an API can have a price in it.

A call of any other API does not load the snapshot, so that a cold start stays short.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

# Every provider of the snapshot has one of these in its name or its hosts.
_WORDS = (
    "amazonaws", "anthropic", "api.aws", "arcee", "avian", "azure", "baseten", "bedrock",
    "bigmodel", "cerebras", "cloudflare", "cohere", "copilot", "cursor", "databricks", "deepseek",
    "doubleword", "elevenlabs", "fireworks", "google", "groq", "huggingface", "meta", "minimax",
    "mistral", "modal", "moonshot", "novita", "openai", "openrouter", "ovh", "perplexity",
    "quicksilver", "together", "typesafe", "voyage", "x.ai", "x-ai", "xai", "z.ai", "zai", "zhipu",
)  # fmt: skip


@lru_cache(maxsize=1024)
def may_have_model_prices(provider: str, api_name: str, base_url: str) -> bool:
    """Return whether the snapshot can have prices for an API. Errs towards True.

    `provider` is a slug of the catalogue, empty if it is the API's name or not known.
    """
    text = f"{provider or api_name} {urlsplit(base_url).hostname or ''}".lower()
    return any(word in text for word in _WORDS)
