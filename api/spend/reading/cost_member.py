"""The cost in US dollars that a provider reports in its usage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from api.spend.reading.counts import UsageCounts, read_cost

# https://docs.x.ai/developers/cost-tracking
_TICKS = 10_000_000_000
_MOST_TICKS = 10**20


def reported_cost(counts: UsageCounts) -> int | None:
    """Return the cost that a usage object names, in nano-dollars, or None.

    OpenRouter: `cost`. Perplexity: `cost.total_cost`. xAI: `cost_in_usd_ticks`. A cost in another
    currency is noted.
    """
    cost: Any = counts.usage.get("cost")
    if cost is None:
        ticks = counts.usage.get("cost_in_usd_ticks")
        if not isinstance(ticks, int) or isinstance(ticks, bool) or ticks > _MOST_TICKS:
            return None
        return read_cost(Decimal(ticks) / _TICKS, counts)
    currency = counts.usage.get("currency")
    if isinstance(cost, dict):
        currency = cost.get("currency", currency)
        cost = cost.get("total_cost")
        if cost is None:
            return None
    if currency is not None and (not isinstance(currency, str) or currency.upper() != "USD"):
        counts.note("foreign_currency")
        return None
    return read_cost(cost, counts)
