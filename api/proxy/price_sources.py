"""Finds the prices of an API: those of the snapshot and the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from api.bounded_cache import BoundedCache
from api.spend.budgets import ApiPricing
from api.spend.known_apis import may_have_model_prices

if TYPE_CHECKING:
    from api.spend.prices.own_prices import OwnPrices
    from api.spend.prices.source import PriceSource


class OwnPricesReader(Protocol):
    """Reads the user's own prices."""

    def get(self, username: str, api_name: str) -> tuple[int, OwnPrices] | None:
        """Return the revision and the prices of an API, None if there are none."""


class BatchClaims(Protocol):
    """Counts each batch's results once."""

    def claim(self, username: str, api_name: str, path: str, now: float) -> bool:
        """Return whether the results at a path have not been counted yet. Costs a trip."""


class ApiPrices(msgspec.Struct, frozen=True):
    """The prices of an API's calls. `own` are the user's prices and settings, None if not set."""

    source: PriceSource
    own: OwnPrices | None = None


class PriceSources:
    """The prices of APIs. A user's own prices are read when they have changed, in one trip.

    `own_prices` and `batch_claims` are called when they are first needed, to keep cold starts
    short.
    """

    def __init__(
        self,
        own_prices: Callable[[], OwnPricesReader],
        batch_claims: Callable[[], BatchClaims],
    ) -> None:
        self._own_prices = own_prices
        self.batch_claims = batch_claims
        # By user and API: the revision that was read, what else decides, and the prices.
        self._found: BoundedCache[tuple[str, str], tuple[int, str, str, ApiPrices]] = BoundedCache()

    def find(self, username: str, pricing: ApiPricing) -> ApiPrices | None:
        """Return the prices of an API's calls, None if it has none. Raises StorageError."""
        revision = pricing.spend.prices_revision
        if not revision and not may_have_model_prices(
            pricing.provider, pricing.api_name, pricing.base_url
        ):
            return None
        key = username, pricing.api_name
        cached = self._found.get(key)
        if cached is None or cached[:3] != (revision, pricing.provider, pricing.base_url):
            cached = self._read(username, pricing)
            self._found.set(key, cached)
        prices = cached[3]
        return prices if prices.source.is_priced else None

    def _read(self, username: str, pricing: ApiPricing) -> tuple[int, str, str, ApiPrices]:
        from api.spend.prices.source import price_source

        revision, own = pricing.spend.prices_revision, None
        if revision:
            # The pool may have been read before the last change, and the prices after it.
            revision, own = self._own_prices().get(username, pricing.api_name) or (revision, None)
        found = ApiPrices(price_source(pricing, own), own)
        return revision, pricing.provider, pricing.base_url, found
