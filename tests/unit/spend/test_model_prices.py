"""The prices of models that a user can look up."""

from __future__ import annotations

import msgspec
import pytest

from api.services.spend.model_prices import MAX_PRICES, model_prices
from api.spend.prices.own_prices import PriceRule, UnitPrice

NOW = 1_790_000_000.0


def test_each_tier_of_a_price_has_a_row() -> None:
    prices, is_complete = model_prices("google", (), "gemini-2.5-pro", NOW)
    rows = [
        (price.above, msgspec.json.encode(price.amount_usd))
        for price in prices
        if price.model == "gemini-2.5-pro" and price.unit == "input_tokens"
    ]
    assert rows == [(0, b"1.25"), (200_000, b"2.5")]
    assert is_complete


def test_a_long_list_is_cut_visibly() -> None:
    prices, is_complete = model_prices("openrouter", (), "", NOW)
    assert (len(prices), is_complete) == (MAX_PRICES, False)


@pytest.mark.parametrize(
    ("rule", "hidden"),
    [
        (PriceRule(model="gpt-4o"), True),
        (PriceRule(model="GPT-4*"), True),
        (PriceRule(per_call=1), True),
        (PriceRule(model="gpt-5*"), False),
        (PriceRule(model="gpt-4o", path_prefix="/v1/chat"), False),
        (PriceRule(model="gpt-4o", methods=("POST",)), False),
    ],
    ids=repr,
)
def test_a_rule_hides_the_built_in_price_of_calls_that_it_all_covers(
    rule: PriceRule, hidden: bool
) -> None:
    prices, _ = model_prices("openai", (rule,), "gpt-4o", NOW)
    built_in = [price for price in prices if not price.is_own and price.model == "gpt-4o"]
    assert (not built_in) is hidden


def test_own_prices_come_first() -> None:
    rule = PriceRule(
        per_call=5_000_000, units=(UnitPrice("unit", "input_tokens", 1_100_000_000, 1_000_000),)
    )
    prices, _ = model_prices("", (rule,), "", NOW)
    rows = [(p.model, p.unit, msgspec.json.encode(p.amount_usd), p.per) for p in prices]
    assert rows == [("*", "calls", b"0.005", 1), ("*", "input_tokens", b"1.1", 1_000_000)]
    assert all(price.is_own for price in prices)


def test_a_search_ignores_case_and_spaces() -> None:
    found = {price.model for price in model_prices("openai", (), " GPT-4O-MINI ", NOW)[0]}
    assert "gpt-4o-mini" in found
    assert all("gpt-4o-mini" in model for model in found)
