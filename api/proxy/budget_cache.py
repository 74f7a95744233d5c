"""Remembers which budgets applied to the last call, so that the next can reserve in its read trip.

Every entry is compared with what the trip reads, so a wrong entry costs one more trip but never a
wrong amount.
"""

from __future__ import annotations

from api.bounded_cache import BoundedCache
from api.spend.budgets import ApiPricing, Budget


class BudgetCache:
    """The pricing of each API to whose calls a budget applies, and the budgets of tokens."""

    def __init__(self) -> None:
        self._apis: BoundedCache[tuple[str, str], ApiPricing] = BoundedCache()
        self._tokens: BoundedCache[str, tuple[Budget, ...]] = BoundedCache()

    def get(
        self, username: str, api_name: str, token_id: str | None
    ) -> tuple[ApiPricing, tuple[Budget, ...]] | None:
        """Return the pricing and the budgets that were last read, None if there were none."""
        pricing = self._apis.get((username, api_name))
        if pricing is None:
            return None
        budgets = pricing.spend.budgets
        if token_id is not None:
            budgets += self._tokens.get(token_id, ())
        return (pricing, budgets) if budgets else None

    def set(
        self,
        username: str,
        api_name: str,
        pricing: ApiPricing,
        token_id: str | None,
        of_token: tuple[Budget, ...],
    ) -> None:
        """Remember what was read."""
        if pricing.spend.budgets or of_token:
            self._apis.set((username, api_name), pricing)
        else:
            self._apis.delete((username, api_name))
        if token_id is None:
            return
        if of_token:
            self._tokens.set(token_id, of_token)
        else:
            self._tokens.delete(token_id)
