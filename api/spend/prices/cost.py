"""What units cost: exact integers, rounded once at the end of a call.

The result is that of genai-prices, rounded half up to a nano-dollar. Where genai-prices raises an
error because the counts contradict one another, the cost is counted and an oddity says so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping

from api.spend.money import MAX_USD, NANO
from api.spend.prices.models import SCALE, Prices
from api.spend.prices.units import REQUESTS, leaves, units, wholes

MAX_COUNT = 1_000_000_000_000
"""The largest count of a unit that a call can plausibly have."""

MAX_COST = MAX_USD * NANO
"""The largest cost that a call can plausibly have, in nano-dollars."""

Oddities = tuple[str, ...]

Amount = tuple[int, int]
"""Dollars times SCALE, as a numerator and a denominator."""


class UnknownCost(Exception):
    """The cost cannot be known. `oddity` says why."""

    def __init__(self, oddity: str) -> None:
        super().__init__(oddity)
        self.oddity = oddity


def cost_of_units(prices: Prices, counts: Mapping[str, int]) -> tuple[Amount, Oddities]:
    """Return what counts of units cost, and what is odd about them.

    Raises UnknownCost as priced_counts does, or if there are no prices, or if only units without a
    price were counted.
    """
    if not prices:
        raise UnknownCost("no_price")
    priced, oddities = priced_counts(frozenset(prices), counts)
    input_tokens = counts.get("input_tokens", 0) or _inferred("input_tokens", counts)
    total, common = 0, _common_per()
    for name, count in priced.items():
        if count:
            total += count * prices[name].at(input_tokens) * (common // units()[name].per)
    if _has_unpriced(prices, counts):
        if not total:
            raise UnknownCost("unpriced_units")
        oddities += ("unpriced_units",)
    return (total, common), oddities


def priced_counts(
    priced: frozenset[str], counts: Mapping[str, int]
) -> tuple[dict[str, int], Oddities]:
    """Return how much of each unit its own price applies to, and what is odd about the counts.

    A price of a unit is for what is not part of a more specific unit with a price. The counts must
    be between 0 and MAX_COUNT. Raises UnknownCost if none of the units was counted.
    """
    found: dict[str, int] = {}
    oddities: dict[str, None] = {}
    if REQUESTS not in priced and all(priced.isdisjoint(wholes(name)) for name in counts):
        raise UnknownCost("no_usage")
    for unit, parts in leaves(priced):
        name = unit.name
        if name == REQUESTS:
            found[name] = 1
            continue
        in_parts = 0
        for part in parts:
            in_parts += found[part]
        count = counts.get(name)
        if count is None:
            count = max(in_parts, _inferred(name, counts))
            if count:
                oddities["missing_units"] = None
        if count < in_parts:
            oddities["inconsistent_units"] = None
            count = in_parts
        found[name] = count - in_parts
    return found, tuple(oddities)


def plausible_counts(counts: Mapping[str, int]) -> tuple[dict[str, int], Oddities]:
    """Return the counts from 0 to MAX_COUNT, and what is odd about the others."""
    found = {name: count for name, count in counts.items() if 0 <= count <= MAX_COUNT}
    if len(found) == len(counts):
        return found, ()
    odd = (
        "negative_units" if count < 0 else "absurd_units"
        for count in counts.values()
        if not 0 <= count <= MAX_COUNT
    )
    return found, tuple(dict.fromkeys(odd))


def to_nano(amount: Amount) -> int:
    """Return an amount in nano-dollars, rounded half up. Raises UnknownCost above MAX_COST."""
    denominator = amount[1] * (SCALE // NANO)
    nano = (2 * amount[0] + denominator) // (2 * denominator)
    if nano > MAX_COST:
        raise UnknownCost("absurd_cost")
    return nano


def _has_unpriced(prices: Prices, counts: Mapping[str, int]) -> bool:
    if set(prices) == {REQUESTS}:
        return False
    return any(
        count > 0 and (found := wholes(name)) and found.isdisjoint(prices)
        for name, count in counts.items()
    )


def _inferred(name: str, counts: Mapping[str, int]) -> int:
    """Return the least that a unit must have, because of its largest part."""
    return max([count for part, count in counts.items() if name in wholes(part)], default=0)


@functools.cache
def _common_per() -> int:
    return math.lcm(*(unit.per for unit in units().values()))
