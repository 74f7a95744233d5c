"""Price sources and calls for the tests of prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.spend.budgets import ApiPricing
from api.spend.prices.call import PricedCall
from api.spend.prices.own_prices import OwnPrices, PriceRule, UnitPrice
from api.spend.prices.source import PriceSource, price_source
from api.spend.usage import CallUsage, Cost, RequestFacts

AT = 1_796_000_000.0
CHAT = "/v1/chat/completions"


def source(api_name: str, *rules: PriceRule, **settings: Any) -> PriceSource:
    """Return the prices of an API at a test server. Its name can be a slug of the catalogue."""
    own = OwnPrices(rules, **settings) if rules or settings else None
    return price_source(ApiPricing(api_name, "", "http://127.0.0.1:9"), own)


def call(method: str = "POST", path: str = CHAT, status: int = 200, **values: Any) -> PricedCall:
    """Return a call. `values` are those of the response's headers and fields."""
    return PricedCall(method, path, status, AT, **values)


def cost(
    prices: PriceSource,
    model: str | None = None,
    units: Mapping[str, int] | None = None,
    done: PricedCall | None = None,
) -> Cost:
    """Return what a call cost that used these units of a model."""
    usage = CallUsage(dict(units), model) if units else None
    found = prices.cost(RequestFacts(model), usage, done or call())
    assert found is not None
    return found


def per_unit(source: Any, name: str, amount: int, per: int = 1) -> PriceRule:
    """Return a rule with one price of a unit, a header or a field."""
    return PriceRule(units=(UnitPrice(source, name, amount, per),))
