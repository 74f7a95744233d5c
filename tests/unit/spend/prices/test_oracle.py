"""Costs and models are those of genai-prices: all models, of OpenRouter every fourth."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from genai_prices import types
from genai_prices.data import providers
from genai_prices.data_units import unit_data

from api.spend.money import NANO
from api.spend.prices.cost import cost_of_units, to_nano
from api.spend.prices.models import PricedModel, find_model
from api.spend.prices.snapshot import models
from api.spend.prices.units import units

PROVIDERS = {provider.id: provider for provider in providers}

# Before and after most start dates, by day and by night.
_TIMES = [
    datetime.datetime(2024, 12, 31, 12, 0, tzinfo=datetime.UTC),
    datetime.datetime(2025, 6, 1, 18, 0, tzinfo=datetime.UTC),
    datetime.datetime(2026, 11, 30, 3, 30, tzinfo=datetime.UTC),
]
# Below all tiers, and beyond them.
_RESTS = [7, 300_001]
# Parts that are counted, but that many models do not price.
_PARTS = {"input_tokens": "cache_read_tokens", "output_tokens": "output_reasoning_tokens"}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_the_cost_is_that_of_genai_prices(provider: str) -> None:
    every = list(zip(PROVIDERS[provider].models, models(provider), strict=True))
    for model, ours in every[:: 1 + len(every) // 300]:
        priced = PricedModel(provider, ours, is_ambiguous=False, is_own=True)
        for at in _TIMES:
            for context in _contexts(model):
                prices = priced.prices(at.timestamp(), context)
                for counts in [_counts(set(prices), rest) for rest in _RESTS if prices]:
                    expected = model.calc_price(
                        types.Usage(**counts),
                        PROVIDERS[provider],
                        genai_request_timestamp=at,
                        price_context=context,
                    )
                    cost, _ = cost_of_units(prices, priced.billed(counts))
                    assert to_nano(cost) == _nano(expected.total_price), (model.id, at, counts)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_a_name_means_the_model_that_it_means_to_genai_prices(provider: str) -> None:
    every = PROVIDERS[provider].models
    for model in every[:: 1 + len(every) // 40]:
        for name in _names(model.match):
            expected = PROVIDERS[provider].find_model(name, all_providers=providers)
            found = find_model(provider, name)
            assert (found.model.id if found else None) == (expected.id if expected else None), name
            assert found is None or not found.is_ambiguous, name


def _counts(priced: set[str], rest: int) -> dict[str, int]:
    """Return counts in which each unit has at least `rest` beside its parts."""
    counted = {_PARTS[name] for name in priced & _PARTS.keys()} | priced - {"requests"}
    known = [units()[name] for name in sorted(counted)]
    rests = {unit.name: rest + position for position, unit in enumerate(known)}
    return {
        unit.name: sum(rests[part.name] for part in known if unit.contains(part)) for unit in known
    }


def _contexts(model: types.ModelInfo) -> Iterator[dict[str, str]]:
    yield {}
    for when in {tuple(variant.when.items()) for variant in model.price_variants or ()}:
        yield dict(when)


def _names(clause: Any) -> Iterator[str]:
    """Yield names near those that a clause matches."""
    for further in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from _names(further)
    for text in vars(clause).values():
        if isinstance(text, str):
            yield from (text, f"{text}-20260102", f"{text.upper()}-v1:0")


def _nano(amount: Decimal) -> int:
    return int((amount * NANO).quantize(Decimal(1), ROUND_HALF_UP))


def test_the_units_are_those_of_genai_prices() -> None:
    assert {name: unit.per for name, unit in units().items()} == {
        name: unit["per"] for name, unit in unit_data.items()
    }
