"""Which calls load the price snapshot."""

from __future__ import annotations

import re

import pytest

from api.services.keys.catalogue import Catalogue
from api.spend.budgets import ApiPricing
from api.spend.known_apis import may_have_model_prices
from api.spend.prices.providers import _CATALOGUE, _PATTERNS, _SLUGS_BY_PATH, provider_of
from api.spend.prices.snapshot import index


@pytest.mark.parametrize("slug", sorted({*_CATALOGUE, *_SLUGS_BY_PATH}))
def test_a_provider_of_the_catalogue_with_prices_is_known_by_its_slug(slug: str) -> None:
    assert may_have_model_prices(slug, "x", "https://localhost")
    assert may_have_model_prices("", slug, "https://localhost")


@pytest.mark.parametrize(
    "pattern", sorted({*(one.pattern for one in index().providers), *_PATTERNS.values()})
)
def test_a_provider_of_the_snapshot_is_known_by_its_host(pattern: str) -> None:
    literal = re.sub(r"\\(.)", r"\1", pattern.removeprefix("https://").removeprefix("(https?://)?"))
    host = re.sub(r"\(\?:|[()?*+^$]|\[[^]]*\]", "", literal).split("/")[0]
    assert may_have_model_prices("", "x", f"https://{host}"), host


def test_every_api_of_the_catalogue_with_a_price_is_known() -> None:
    for provider in Catalogue.load(None).all():
        url = provider.base_url or ""
        if provider_of(ApiPricing(provider.slug, provider.slug, url)):
            assert may_have_model_prices(provider.slug, provider.slug, url), provider.slug


@pytest.mark.parametrize("name", ["github", "stripe", "weather", "slack", "notion"])
def test_ordinary_apis_are_not(name: str) -> None:
    assert not may_have_model_prices("", name, f"https://api.{name}.com/v1")
