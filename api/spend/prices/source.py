"""The prices that apply to the calls of an API: the user's own, and the snapshot's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.bounded_cache import BoundedCache
from api.spend.budgets import ApiPricing
from api.spend.prices.call import FAILED, PricedCall
from api.spend.prices.cost import (
    MAX_COST,
    UnknownCost,
    cost_of_units,
    plausible_counts,
    to_nano,
)
from api.spend.prices.models import PricedModel, find_model
from api.spend.prices.providers import provider_at, provider_of
from api.spend.prices.rules import matching_rules
from api.spend.prices.units import units
from api.spend.usage import Bound, CallUsage, Cost, CostBasis, RequestFacts

if TYPE_CHECKING:
    from api.spend.prices.bounds import Most
    from api.spend.prices.own_prices import OwnPrices, PriceRule

_LONGEST_MODEL = 100


class PriceSource:
    """The prices of one API.

    `provider` is what provider_of returned. A rule of the user decides where one applies, then the
    provider's own figure in the response, then the snapshot.
    """

    def __init__(self, provider: str, own: OwnPrices | None) -> None:
        self._provider = provider
        self._rules = own.rules if own is not None else ()
        self._default_bound = own.default_bound if own is not None else None
        units = [price for rule in self._rules for price in rule.units]
        self.is_prepared = False
        self.is_priced = bool(provider or self._rules)
        """Whether the calls of the API have prices at all."""
        self.wants_usage = bool(provider or units)
        """Whether usage is to be read from the responses."""
        self.wanted_fields = _unique(price.name for price in units if price.source == "json")
        """The dotted paths of the members of JSON responses that the user's prices need."""
        self.wanted_headers = _unique(
            price.name.lower() for price in units if price.source == "header"
        )
        """The response headers that the user's prices need, in lower case."""

    def cost(self, facts: RequestFacts, usage: CallUsage | None, call: PricedCall) -> Cost | None:
        """Return what a call cost, or None if the API has no prices at all.

        `usage` is None if the response has no usage that can be read. Never raises. The oddities of
        the result are those of `usage` and, of prices: `unknown_model`, `several_prices`,
        `no_price`, `no_usage`, `no_response`, `missing_value` and `bad_value` (of a header or field
        that the user priced), `negative_units`, `missing_units`, `inconsistent_units`,
        `unpriced_units`, `absurd_units`, `absurd_cost`.
        """
        if not self.is_priced:
            return None
        names = _models(usage, facts)
        name, model = self._find(call.path, names)
        rules = matching_rules(self._rules, call.method, call.path, _known(names, model))
        counts, oddities = ({}, ()) if usage is None else plausible_counts(usage.units)
        oddities = (*(usage.oddities if usage is not None else ()), *oddities)
        label = name[:_LONGEST_MODEL] or None
        try:
            if rules:
                from api.spend.prices.rule_costs import cost_by_rule

                has_usage = usage is not None and "absurd_units" not in oddities
                amount, counts, odd = cost_by_rule(rules[0], counts if has_usage else None, call)
                oddities += odd if len(rules) == 1 else (*odd, "several_prices")
                from_usage = any(price.source == "unit" for price in rules[0].units)
                basis = _basis(usage) if from_usage else "price"
                return Cost(to_nano(amount), basis, label, counts, _unique(oddities))
            if usage is not None and usage.cost is not None:
                if 0 <= usage.cost <= MAX_COST:
                    return Cost(usage.cost, "reported", label, counts, _unique(oddities))
                oddities += ("absurd_cost",)
            if not self._provider_at(call.path, names):
                raise UnknownCost("no_price")
            if not counts and _costs_nothing(facts, usage, call):
                return Cost(0, "price", label, counts, _unique(oddities))
            if usage is None:
                raise UnknownCost("no_usage" if call.status else "no_response")
            if model is None:
                raise UnknownCost("unknown_model")
            if "absurd_units" in oddities:
                raise UnknownCost("absurd_units")
            prices = model.prices(call.at, usage.context)
            amount, odd = cost_of_units(prices, model.billed(counts))
            oddities += (*odd, "several_prices") if model.is_ambiguous else odd
            return Cost(to_nano(amount), _basis(usage), label, counts, _unique(oddities))
        except UnknownCost as unknown:
            return Cost(None, "unknown", label, counts, _unique((*oddities, unknown.oddity)))

    def prepare(self, facts: RequestFacts) -> None:
        """Load what `cost` will need, as far as the first request tells."""
        self.is_prepared = True
        if facts.model is not None:
            self._find("", (facts.model,))
        units()

    def bound(self, facts: RequestFacts, method: str, path: str, at: float) -> Bound:
        """Return the most that a call can cost.

        A WebSocket has method GET, and facts with `is_stream`. Never raises.
        """
        from api.spend.prices import bounds

        names = (facts.model, *facts.other_models)
        found = [self._most(facts, name or "", method, path, at) for name in names]
        return bounds.highest(found).to_bound(self._default_bound)

    def _most(self, facts: RequestFacts, name: str, method: str, path: str, at: float) -> Most:
        """Return the most that a call costs if a model of this name answers."""
        from api.spend.prices import bounds

        names = (name,) if name else ()
        model = self._find(path, names)[1]
        rules = self._possible_rules(method, path, _known(names, model))
        if rules:
            return bounds.most_by_rules(rules, facts, model.context if model else 0)
        if not self._provider_at(path, names):
            return bounds.NOTHING_PRICED
        if facts.kind == "unbilled":
            return bounds.NOTHING_BILLED
        # A WebSocket, or results of a batch.
        if model is None or method.upper() == "GET":
            return bounds.NOTHING_KNOWN
        return bounds.most_by_model(facts, model, at)

    def _provider_at(self, path: str, names: tuple[str, ...]) -> str:
        return provider_at(self._provider, path, names[-1] if names else None)

    def _find(self, path: str, names: tuple[str, ...]) -> tuple[str, PricedModel | None]:
        """Return the model that the response names, or else that of the request, with its name."""
        provider = self._provider_at(path, names)
        if provider:
            for name in names:
                model = find_model(provider, name)
                if model is not None:
                    return name, model
        return (names[0] if names else ""), None

    def _possible_rules(self, method: str, path: str, names: tuple[str, ...]) -> list[PriceRule]:
        rules = matching_rules(self._rules, method, path, names)
        if names or not self._rules:
            return rules
        # The response may name a model that the request does not.
        return rules + [
            rule
            for rule in self._rules
            if rule.model and matching_rules((rule,), method, path, (rule.model.rstrip("*"),))
        ]


_sources: BoundedCache[str, PriceSource] = BoundedCache(1_000)


def price_source(pricing: ApiPricing, own: OwnPrices | None) -> PriceSource:
    """Return the prices of an API's calls. `own` are the user's prices, None if there are none.

    Cheap enough for each call: without own prices, two lookups in bounded caches.
    """
    provider = provider_of(pricing)
    if own is not None:
        return PriceSource(provider, own)
    source = _sources.get(provider)
    if source is None:
        source = PriceSource(provider, None)
        _sources.set(provider, source)
    return source


def _costs_nothing(facts: RequestFacts, usage: CallUsage | None, call: PricedCall) -> bool:
    """Return whether a call is not billed whose response says nothing about units."""
    if facts.kind == "results":
        return usage is None
    return facts.kind == "unbilled" or call.status >= FAILED


def _basis(usage: CallUsage | None) -> CostBasis:
    return "estimate" if usage is not None and usage.is_estimate else "price"


def _models(usage: CallUsage | None, facts: RequestFacts) -> tuple[str, ...]:
    """Return the names of the model, that of the response first."""
    return _unique(filter(None, (usage.model if usage is not None else None, facts.model)))


def _known(names: tuple[str, ...], model: PricedModel | None) -> tuple[str, ...]:
    return names if model is None else (*names, model.model.id)


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
