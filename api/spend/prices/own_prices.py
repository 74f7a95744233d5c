"""The user's own prices of an API, and the settings that belong to them."""

from __future__ import annotations

from typing import Literal

import msgspec

from api.lazy_pattern import lazy_pattern
from api.spend.money import NANO
from api.spend.prices.units import is_unit

MAX_RULES = 50
MAX_UNIT_PRICES = 20
MAX_PRICE_USD = 10_000
"""The largest price that a user can set, in dollars."""

MAX_PER = 1_000_000_000
"""The largest number of units that one price can be for."""

UnitSource = Literal["unit", "header", "json"]
"""Where a count comes from: `unit`: a unit of genai-prices that the response's usage has, such as
`input_tokens`. `header`: a response header. `json`: a member of the JSON response."""

Unbounded = Literal["count", "refuse"]
"""What happens to a call whose cost cannot be bounded while a budget applies: it is counted after
it ended, or it is refused."""

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_HEADER_NAME = lazy_pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_JSON_PATH = lazy_pattern(r"[^.\x00-\x1f]{1,100}(?:\.[^.\x00-\x1f]{1,100}){0,9}")
_MODEL = lazy_pattern(r"[^*\x00-\x1f]{1,200}\*?")
_PATH_PREFIX = lazy_pattern(r"/[^?#\x00-\x20]{0,500}")


class UnitPrice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A price of `amount` nano-dollars for `per` units.

    `name` is the unit, the response header, or the dotted path of a member of the JSON response
    (`usage.credits`, `data.0.credits`).
    """

    source: UnitSource = msgspec.field(name="s")
    name: str = msgspec.field(name="n")
    amount: int = msgspec.field(name="a")
    per: int = msgspec.field(name="d", default=1)


class PriceRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """The price of the calls to which the rule applies: `per_call` plus the sum of the unit prices.

    It applies to calls with a path below `path_prefix`, one of the methods and the model, where the
    rule names them. The prefix ends at a segment. `model` is a name, or the beginning of names with
    `*` at the end; case does not matter. `per_call` is in nano-dollars. Responses with status
    400 or higher cost `per_call` only if `failures_cost`.
    """

    path_prefix: str = msgspec.field(name="p", default="")
    methods: tuple[str, ...] = msgspec.field(name="m", default=())
    model: str = msgspec.field(name="l", default="")
    per_call: int = msgspec.field(name="c", default=0)
    units: tuple[UnitPrice, ...] = msgspec.field(name="u", default=())
    failures_cost: bool = msgspec.field(name="f", default=False)


class OwnPrices(msgspec.Struct, frozen=True, omit_defaults=True):
    """The user's prices and settings of an API.

    `default_bound` is reserved for a call whose cost cannot be bounded, in nano-dollars; None: the
    product's default. `include_usage` is whether the proxy asks for the usage of streams whose
    request does not (`stream_options.include_usage`).
    """

    rules: tuple[PriceRule, ...] = msgspec.field(name="r", default=())
    unbounded: Unbounded = msgspec.field(name="u", default="count")
    default_bound: int | None = msgspec.field(name="b", default=None)
    include_usage: bool = msgspec.field(name="i", default=False)


def problem_of(rule: PriceRule) -> str | None:
    """Return what is wrong with a rule, as one sentence for the user, or None."""
    if rule.path_prefix and not _PATH_PREFIX.fullmatch(rule.path_prefix):
        return "The path prefix must begin with / and have no spaces, ? or #."
    unknown = [method for method in rule.methods if method not in _METHODS]
    if unknown:
        return f"{unknown[0]!r} is not a method. Use {', '.join(_METHODS)}."
    if rule.model and not _MODEL.fullmatch(rule.model):
        return "The model must be a name, or the beginning of names followed by one * at the end."
    if not _is_price(rule.per_call):
        return f"The price of a call must be between 0 and {MAX_PRICE_USD} US dollars."
    if len(rule.units) > MAX_UNIT_PRICES:
        return f"A rule may have at most {MAX_UNIT_PRICES} prices of units."
    counted = [(price.source, price.name.lower()) for price in rule.units]
    if len(set(counted)) < len(counted):
        return "A rule may price each unit, header and field once."
    return next(filter(None, map(_problem_of_unit, rule.units)), None)


def _problem_of_unit(price: UnitPrice) -> str | None:
    if not _is_price(price.amount):
        return f"The price of {price.name!r} must be between 0 and {MAX_PRICE_USD} US dollars."
    if not 1 <= price.per <= MAX_PER:
        return f"A price must be for 1 to {MAX_PER} units."
    if price.source == "unit" and not is_unit(price.name):
        return (
            f"{price.name!r} is not a unit. Use a unit such as input_tokens or output_tokens, "
            "or price a response header or a JSON field."
        )
    if price.source == "header" and not _HEADER_NAME.fullmatch(price.name):
        return f"{price.name!r} is not the name of a header field."
    if price.source == "json" and not _JSON_PATH.fullmatch(price.name):
        return f"{price.name!r} is not a field. Write its path with dots, such as usage.credits."
    return None


def _is_price(amount: int) -> bool:
    return 0 <= amount <= MAX_PRICE_USD * NANO
