"""The user's own prices, and which prices apply to an API."""

from __future__ import annotations

from collections.abc import Callable

from api.errors import Problem
from api.logs import log_event
from api.pools import Pool
from api.schemas.prices import (
    ModelPrices,
    PricedApi,
    PriceRuleSetting,
    PriceRuleView,
    PricesOverview,
    PricesView,
    SetPrices,
    UnitPriceView,
)
from api.services.spend.amounts import require_amount
from api.services.spend.model_prices import model_prices
from api.spend.money import as_usd
from api.spend.prices.own_prices import OwnPrices, PriceRule, UnitPrice, problem_of
from api.spend.prices.providers import provider_of
from api.spend.prices.snapshot import index
from api.spend.prices.source import price_source
from api.storage.own_prices import OwnPricesItems, PricesChanged
from api.storage.pools import Pools

_ATTEMPTS = 4


class PriceService:
    """Shows, sets and removes prices. `clock` returns epoch seconds."""

    def __init__(
        self, pools: Pools, own_prices: OwnPricesItems, clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._pools = pools
        self._own_prices = own_prices

    def overview(self, username: str) -> PricesOverview:
        """Return which of the APIs with keys have prices, by name."""
        own = self._own_prices.of_user(username)
        return PricesOverview(
            snapshot_date=index().date,
            apis=[
                _priced_api(pool, own.get(pool.api_name))
                for pool in self._pools.all(username)
                if _has_keys(pool)
            ],
        )

    def priced_apis(self, username: str) -> frozenset[str]:
        """Return the names of the APIs that have prices."""
        return frozenset(api.api_name for api in self.overview(username).apis if api.is_priced)

    def unpriced_apis(self, username: str) -> frozenset[str]:
        """Return the names of the APIs that have no prices."""
        apis = self.overview(username).apis
        return frozenset(api.api_name for api in apis if not api.is_priced)

    def get(self, username: str, api_name: str) -> PricesView:
        """Return the prices of an API. Raises Problem(unknown_api)."""
        pool = self._pool(username, api_name)
        stored = self._own_prices.get(username, api_name)
        return _view(pool, stored[1] if stored is not None else None)

    def set(self, username: str, api_name: str, request: SetPrices) -> PricesView:
        """Replace the user's own prices of an API. Raises Problem."""
        prices = _own_prices(request)
        for _ in range(_ATTEMPTS):
            pool = self._pool(username, api_name)
            try:
                self._own_prices.replace(username, pool, prices)
            except PricesChanged:
                continue
            log_event("prices_set", user=username, api_name=api_name, rules=len(prices.rules))
            return _view(pool, prices)
        raise _conflict()

    def delete(self, username: str, api_name: str) -> None:
        """Remove the user's own prices of an API. Raises Problem(prices_not_found)."""
        for _ in range(_ATTEMPTS):
            pool = self._pools.get(username, api_name)
            if pool is None:
                raise _unknown_api()
            try:
                removed = self._own_prices.replace(username, pool, None)
            except PricesChanged:
                continue
            if not removed:
                raise Problem("prices_not_found", "You have no prices of your own for this API.")
            log_event("prices_removed", user=username, api_name=api_name)
            return
        raise _conflict()

    def models(self, username: str, api_name: str, search: str) -> ModelPrices:
        """Return the prices of an API's models. Raises Problem(unknown_api)."""
        pool = self._pool(username, api_name)
        stored = self._own_prices.get(username, api_name)
        rules = stored[1].rules if stored is not None else ()
        prices, is_complete = model_prices(_provider(pool) or "", rules, search, self._clock())
        return ModelPrices(
            api_name=api_name,
            snapshot_date=index().date,
            prices=prices,
            is_complete=is_complete,
        )

    def _pool(self, username: str, api_name: str) -> Pool:
        pool = self._pools.get(username, api_name)
        if pool is None or not _has_keys(pool):
            raise _unknown_api()
        return pool


def _own_prices(request: SetPrices) -> OwnPrices:
    rules = []
    for position, setting in enumerate(request.rules):
        field = f"rules[{position}]"
        rule = _rule(setting, field)
        fault = problem_of(rule)
        if fault is not None:
            raise Problem("invalid_field", fault, field=field)
        rules.append(rule)
    bound = request.default_bound_usd
    return OwnPrices(
        rules=tuple(rules),
        unbounded=request.unbounded,
        default_bound=None if bound is None else require_amount(bound, "default_bound_usd"),
        include_usage=request.include_usage,
    )


def _rule(setting: PriceRuleSetting, field: str) -> PriceRule:
    per_call = setting.per_call_usd
    if per_call is None and not setting.units:
        fault = "A rule needs per_call_usd or units. For free calls, set per_call_usd to 0."
        raise Problem("invalid_field", fault, field=field)
    return PriceRule(
        path_prefix=setting.path_prefix,
        methods=tuple(dict.fromkeys(setting.methods)),
        model=setting.model or "",
        per_call=0 if per_call is None else require_amount(per_call, f"{field}.per_call_usd"),
        units=tuple(
            UnitPrice(
                unit.source,
                unit.name,
                require_amount(unit.amount_usd, f"{field}.units[{position}].amount_usd"),
                unit.per,
            )
            for position, unit in enumerate(setting.units)
        ),
        failures_cost=setting.failures_cost,
    )


def _view(pool: Pool, own: OwnPrices | None) -> PricesView:
    api = _priced_api(pool, own)
    shown = own or OwnPrices()
    return PricesView(
        api_name=api.api_name,
        provider=api.provider,
        snapshot_date=index().date,
        is_priced=api.is_priced,
        is_own=api.is_own,
        rules=[_rule_view(rule) for rule in shown.rules],
        unbounded=shown.unbounded,
        default_bound_usd=None if shown.default_bound is None else as_usd(shown.default_bound),
        include_usage=shown.include_usage,
    )


def _rule_view(rule: PriceRule) -> PriceRuleView:
    return PriceRuleView(
        path_prefix=rule.path_prefix,
        methods=list(rule.methods),
        model=rule.model or None,
        per_call_usd=as_usd(rule.per_call),
        units=[
            UnitPriceView(
                source=unit.source, name=unit.name, amount_usd=as_usd(unit.amount), per=unit.per
            )
            for unit in rule.units
        ],
        failures_cost=rule.failures_cost,
    )


def _priced_api(pool: Pool, own: OwnPrices | None) -> PricedApi:
    return PricedApi(
        api_name=pool.api_name,
        provider=_provider(pool),
        is_priced=price_source(pool.pricing, own).is_priced,
        is_own=own is not None,
    )


def _provider(pool: Pool) -> str | None:
    """Return the provider in the snapshot. None without one, or if each path has another one."""
    provider = provider_of(pool.pricing)
    return None if not provider or ":" in provider else provider


def _has_keys(pool: Pool) -> bool:
    return bool(pool.keys) or pool.has_overflow


def _unknown_api() -> Problem:
    return Problem("unknown_api", "No key is stored under this API name.")


def _conflict() -> Problem:
    return Problem("conflict", "Another request changed the prices at the same time. Try again.")
