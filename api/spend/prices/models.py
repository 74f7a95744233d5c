"""Which model of the snapshot a name means, and its prices at a time."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from api.bounded_cache import BoundedCache
from api.lazy_pattern import lazy_pattern
from api.spend.prices.snapshot import DatedPrices, Model, index, models

SCALE = 1_000_000_000_000_000_000
"""Prices inside are integers of a dollar divided by this, for the `per` of the unit."""

_LONGEST_NAME = 200
_DAY = 86_400
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# Written by some gateways (`-20251211`) where the snapshot has `-2025-12-11`.
_COMPACT_DATE = lazy_pattern(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


class Price(msgspec.Struct, frozen=True):
    """A price for a unit, divided by SCALE. The last tier below the input tokens applies to all."""

    base: int
    tiers: tuple[tuple[int, int], ...] = ()

    def at(self, input_tokens: int) -> int:
        """Return the price of a call with so many input tokens."""
        if self.tiers:
            for start, price in reversed(self.tiers):
                if input_tokens > start:
                    return price
        return self.base

    def highest(self, input_tokens: int) -> int:
        """Return the highest price of a call with at most so many input tokens."""
        if not self.tiers:
            return self.base if self.base > 0 else 0
        reached = [price for start, price in self.tiers if input_tokens > start]
        return max(self.base, *reached, 0)


Prices = Mapping[str, Price]
"""Prices by unit."""


class PricedModel(msgspec.Struct, frozen=True, dict=True):
    """A model of the snapshot that a name means.

    `is_ambiguous` is whether the name matches another model of the provider with other prices.
    `is_own` is false if the prices are those of another provider, whose variants do not apply.
    """

    provider: str
    model: Model
    is_ambiguous: bool
    is_own: bool

    @functools.cached_property
    def context(self) -> int:
        """The largest number of input tokens, 0 if unknown: if prices have a tier beyond it."""
        context = self.model.context
        return 0 if any(start >= context for start in _tier_starts(self.model)) else context

    def prices(self, at: float, context: Mapping[str, str]) -> Prices:
        """Return the prices at a time, with the variants that the context of the call selects."""
        dated = self.model.prices
        if len(dated) == 1 and not context:
            return _compiled(dated[0])
        when = _moment(at)
        found = _standard(self.model, when)
        if context and self.is_own and self.model.variants:
            # The first variant with a price for a unit decides.
            for variant in reversed(self.model.variants):
                if _is_active(variant, when) and variant.when.items() <= context.items():
                    found = {**found, **_compiled(variant)}
        return found

    def billed(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Return the counts that the provider bills: Groq bills at least ten seconds of audio."""
        if (self.provider, self.model.id) not in _LEAST_SECONDS:
            return counts
        least = {
            name: max(counts[name], 10)
            for name in ("audio_seconds", "input_audio_seconds")
            if counts.get(name)
        }
        return {**counts, **least}

    def possible_prices(self, at: float) -> dict[str, list[Price]]:
        """Return all prices of each unit at a time: the standard one and those of the variants."""
        if self._depends_on_hour:
            return self._possible(_moment(at))
        key = (self.provider, self.model.id, self.is_own, at // _DAY)
        found = _possible_prices.get(key)
        if found is None:
            found = self._possible(_moment(at))
            _possible_prices.set(key, found)
        return found

    @functools.cached_property
    def _depends_on_hour(self) -> bool:
        return any(each.start_time for each in (*self.model.prices, *self.model.variants))

    def _possible(self, when: datetime.datetime) -> dict[str, list[Price]]:
        found = {name: [price] for name, price in _standard(self.model, when).items()}
        for variant in self.model.variants if self.is_own else ():
            if _is_active(variant, when):
                for name, price in _compiled(variant).items():
                    found.setdefault(name, []).append(price)
        return found


_found: BoundedCache[tuple[str, str], PricedModel | None] = BoundedCache(2_000)
_compiled_prices: BoundedCache[int, tuple[DatedPrices, Prices]] = BoundedCache(2_000)
# By provider, model, whether its variants apply, and UTC day.
_possible_prices: BoundedCache[tuple[str, str, bool, float], dict[str, list[Price]]]
_possible_prices = BoundedCache(500)
_MISSING = object()
_LEAST_SECONDS = {("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")}


def find_model(provider: str, name: str) -> PricedModel | None:
    """Return the model of a provider that a name means, or None.

    Case does not matter. A name that matches nothing is also looked up without the path in front of
    it (`models/gemini-2.5-flash`, `openai/gpt-4o`, ARNs), and the name of a fine-tuned model up to
    its base model (`ft:gpt-4o-mini:org::id`), which has prices of its own when it is fine-tuned.
    """
    if len(name) > _LONGEST_NAME:
        return None
    key = (provider, name.lower())
    found = _found.get(key, _MISSING)
    if found is _MISSING:
        if provider.startswith("huggingface_"):
            name = name.rpartition(":")[0] or name
        spellings = _spellings(name.lower())
        found = next(filter(None, (_find(provider, each) for each in spellings)), None)
        _found.set(key, found)
    return found  # type: ignore[return-value]


def _spellings(name: str) -> Iterator[str]:
    for each in dict.fromkeys((name, name.rpartition("/")[2])):
        yield each
        if each.startswith("ft:"):
            yield ":".join(each.split(":")[:2])
        dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", each)
        if dashed != each:
            yield dashed


def _find(provider: str, name: str) -> PricedModel | None:
    entry = next(entry for entry in index().providers if entry.id == provider)
    for each in (provider, *entry.fallbacks):
        matching = [
            model for model in models(each) if model.id == name or _matches(model.match, name)
        ]
        if matching:
            first = matching[0]
            ambiguous = any(model.prices != first.prices for model in matching)
            return PricedModel(each, first, ambiguous, each == provider)
    return None


def _matches(clause: Any, name: str) -> bool:
    if isinstance(clause, str):
        operator, text = clause[0], clause[1:]
        if operator == "=":
            return name == text
        if operator == "^":
            return name.startswith(text)
        if operator == "$":
            return name.endswith(text)
        return text in name if operator == "*" else re.search(text, name) is not None
    combine = any if clause[0] == "or" else all
    return combine(_matches(each, name) for each in clause[1:])


def _moment(at: float) -> datetime.datetime:
    """Return a time that a clock may have, also if it is far off."""
    seconds = min(max(at, 0.0), 100_000_000_000.0) if at == at else 0.0
    return _EPOCH + datetime.timedelta(seconds=seconds)


def _standard(model: Model, when: datetime.datetime) -> Prices:
    """Return the last prices that apply. If none apply, the first ones do."""
    active = (each for each in reversed(model.prices) if _is_active(each, when))
    return _compiled(next(active, model.prices[0]))


def _is_active(dated: DatedPrices, when: datetime.datetime) -> bool:
    if dated.start_date:
        return f"{when:%Y-%m-%d}" >= dated.start_date
    if dated.start_time:
        time = f"{when:%H:%M:%S}"
        if dated.end_time < dated.start_time:
            return time >= dated.start_time or time < dated.end_time
        return dated.start_time <= time < dated.end_time
    return True


def _tier_starts(model: Model) -> Iterator[int]:
    for dated in (*model.prices, *model.variants):
        for price in _compiled(dated).values():
            yield from (start for start, _ in price.tiers)


def _compiled(dated: DatedPrices) -> Prices:
    # Kept with the prices, so that no other ones get their id.
    found = _compiled_prices.get(id(dated))
    if found is None:
        found = (dated, {name: _price(price) for name, price in dated.units.items()})
        _compiled_prices.set(id(dated), found)
    return found[1]


def _price(price: Any) -> Price:
    if isinstance(price, str):
        return Price(_scaled(price))
    return Price(_scaled(price[0]), tuple((start, _scaled(tier)) for start, tier in price[1:]))


def _scaled(amount: str) -> int:
    """Return an amount in dollars, with at most 18 decimals, times SCALE."""
    whole, _, decimals = amount.partition(".")
    return int(whole + decimals.ljust(18, "0"))
