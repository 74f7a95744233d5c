"""What a call costs by a price rule of the user."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from api.spend.money import NANO
from api.spend.prices.call import FAILED, PricedCall
from api.spend.prices.cost import MAX_COUNT, Amount, Oddities, UnknownCost, priced_counts
from api.spend.prices.models import SCALE
from api.spend.prices.own_prices import PriceRule, UnitPrice

_LONGEST_VALUE = 50


def cost_by_rule(
    rule: PriceRule, counts: dict[str, int] | None, call: PricedCall
) -> tuple[Amount, dict[str, int], Oddities]:
    """Return what a call costs by a rule, with what was counted and what is odd.

    `counts` are the units of its usage, None if that is unknown. Raises UnknownCost.
    """
    failed = call.status >= FAILED
    if not call.status and not rule.failures_cost:
        raise UnknownCost("no_response")
    total = Fraction(0 if failed and not rule.failures_cost else rule.per_call * (SCALE // NANO))
    counted, oddities = _cost_of_usage(rule, counts, failed)
    total += counted
    found = dict(counts or {})
    for price in rule.units:
        if price.source == "unit":
            continue
        amount = _value(price, call)
        if amount is None:
            if failed:
                continue
            raise UnknownCost("missing_value")
        total += amount * price.amount * (SCALE // NANO) / price.per
        found[price.name] = int(amount)
    return (total.numerator, total.denominator), found, oddities


def _cost_of_usage(
    rule: PriceRule, counts: dict[str, int] | None, failed: bool
) -> tuple[Fraction, Oddities]:
    prices = {price.name: price for price in rule.units if price.source == "unit"}
    if not prices:
        return Fraction(0), ()
    if counts is None:
        if failed:
            return Fraction(0), ()
        raise UnknownCost("no_usage")
    priced, oddities = priced_counts(frozenset(prices), counts)
    scaled = (
        Fraction(count * prices[name].amount * (SCALE // NANO), prices[name].per)
        for name, count in priced.items()
    )
    return sum(scaled, Fraction(0)), oddities


def _value(price: UnitPrice, call: PricedCall) -> Fraction | None:
    """Return the count in a header or field, None if it is missing. Raises UnknownCost."""
    if price.source == "header":
        value: object = call.header_values.get(price.name.lower())
    else:
        value = call.json_values.get(price.name)
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
            raise ValueError
        text = str(value).strip()
        # Decimal also takes `1_000` and digits of other scripts.
        if len(text) > _LONGEST_VALUE or "_" in text or not text.isascii():
            raise ValueError
        number = Decimal(text)
        if not number.is_finite() or not -20 <= number.as_tuple().exponent <= 20:  # type: ignore[operator]
            raise ValueError
    except (InvalidOperation, ValueError):
        raise UnknownCost("bad_value") from None
    if number < 0:
        raise UnknownCost("negative_units")
    if number > MAX_COUNT:
        raise UnknownCost("absurd_units")
    return Fraction(number)
