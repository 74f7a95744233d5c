"""The unit prices of an API's models: the user's own, then those of the snapshot."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import msgspec

from api.schemas.prices import ModelPrice
from api.spend.money import as_usd
from api.spend.prices.models import SCALE, PricedModel
from api.spend.prices.own_prices import PriceRule
from api.spend.prices.snapshot import index, models
from api.spend.prices.units import units

MAX_PRICES = 1_000
"""The largest number of prices in a response."""
_CALLS = "calls"
_DECIMALS = 18


def model_prices(
    provider: str, rules: Sequence[PriceRule], search: str, at: float
) -> tuple[list[ModelPrice], bool]:
    """Return the prices at a time of the models whose name contains `search`, and whether those
    are all.

    `provider` is a provider of the snapshot, empty if none. A model that one of the user's `rules`
    covers has no price of the snapshot.
    """
    text = search.strip().lower()
    found = itertools.chain(_own(rules, text), _of_snapshot(provider, rules, text, at))
    prices = list(itertools.islice(found, MAX_PRICES + 1))
    return prices[:MAX_PRICES], len(prices) <= MAX_PRICES


def _own(rules: Sequence[PriceRule], text: str) -> Iterator[ModelPrice]:
    for rule in rules:
        model = rule.model or "*"
        if text not in model.lower():
            continue
        if rule.per_call:
            yield ModelPrice(
                model=model,
                is_own=True,
                unit=_CALLS,
                amount_usd=as_usd(rule.per_call),
                per=1,
                above=0,
            )
        for price in rule.units:
            yield ModelPrice(
                model=model,
                is_own=True,
                unit=price.name,
                amount_usd=as_usd(price.amount),
                per=price.per,
                above=0,
            )


def _of_snapshot(
    provider: str, rules: Sequence[PriceRule], text: str, at: float
) -> Iterator[ModelPrice]:
    if not provider:
        return
    entry = next(entry for entry in index().providers if entry.id == provider)
    for source in (provider, *entry.fallbacks):
        for model in models(source):
            if text not in model.id.lower() or any(_covers(rule, model.id) for rule in rules):
                continue
            prices = PricedModel(source, model, False, source == provider).prices(at, {})
            for unit, price in prices.items():
                for above, amount in ((0, price.base), *price.tiers):
                    yield ModelPrice(
                        model=model.id,
                        is_own=False,
                        unit=unit,
                        amount_usd=_as_usd(amount),
                        per=units()[unit].per,
                        above=above,
                    )


def _covers(rule: PriceRule, model: str) -> bool:
    """Return whether a rule applies to all calls to a model."""
    if rule.path_prefix or rule.methods:
        return False
    if rule.model.endswith("*"):
        return model.lower().startswith(rule.model[:-1].lower())
    return rule.model.lower() in ("", model.lower())


def _as_usd(amount: int) -> msgspec.Raw:
    """Return a price of the snapshot, an integer divided by SCALE, in dollars."""
    whole, rest = divmod(amount, SCALE)
    return msgspec.Raw(f"{whole}.{rest:0{_DECIMALS}d}".rstrip("0").rstrip("."))
