"""The most that a call can cost, before it is sent.

A token has at least one byte, so a request has no more input tokens than its body has bytes, and no
more than the model's context window. Output is bounded by the request's own maximum.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from api.spend.money import NANO
from api.spend.prices.cost import MAX_COST
from api.spend.prices.models import SCALE, Price, PricedModel
from api.spend.prices.own_prices import PriceRule
from api.spend.prices.units import REQUESTS, Unit, units, wholes
from api.spend.usage import Bound, RequestFacts

DEFAULT_BOUND = NANO // 2
"""Nano-dollars that are reserved for a call whose cost is not bounded, unless the user sets another
amount."""

DEFAULT_OUTPUT = 32_000
"""The output tokens that are assumed for a request without a maximum."""

MEDIA_OUTPUT = 10_000
"""The output tokens that are assumed for an image, a transcript or speech."""

HIDDEN_REASONING = 10_000
"""The tokens of reasoning that are assumed beyond the maximum of xAI's models, which do not count
them in it (https://docs.x.ai/docs/key-information/consumption-and-rate-limits)."""

MEDIA_INPUT = 10_000
"""The input tokens that are assumed for images and files beside their bytes, because a small file
can have a large image."""

ADDED_INPUT = 1_000
"""Input tokens that providers add to a request: for the roles of messages, and for tools."""

_MEDIA = ("audio", "image", "video")
_NANO_SCALE = SCALE // NANO
_SLOWEST_AUDIO = 500
"""Bytes of a second of audio in the lowest quality that speech is sent in."""


class Certainty(enum.IntEnum):
    """How certain a bound is: the call costs no more, probably no more, or may cost anything."""

    CERTAIN = 0
    ASSUMED = 1
    UNKNOWN = 2


class Most(msgspec.Struct, frozen=True):
    """The most that a call costs, in nano-dollars."""

    amount: int
    certainty: Certainty

    def to_bound(self, default: int | None) -> Bound:
        """Return the bound. `default` is the user's own for calls without a certain one."""
        if self.certainty is Certainty.CERTAIN:
            return Bound(self.amount)
        if default is not None:
            return Bound(default, is_certain=False)
        least = DEFAULT_BOUND if self.certainty is Certainty.UNKNOWN else 0
        return Bound(max(self.amount, least), is_certain=False)


NOTHING_KNOWN = Most(0, Certainty.UNKNOWN)
"""For a call that costs an unknown amount."""

NOTHING_PRICED = Most(0, Certainty.ASSUMED)
"""For a call whose cost will stay unknown."""

NOTHING_BILLED = Most(0, Certainty.CERTAIN)
"""For a call that providers do not bill."""


def most_by_model(facts: RequestFacts, model: PricedModel, at: float) -> Most:
    """Return the most that a call costs by the highest prices of a model."""
    # Perplexity's models search without being asked to.
    counts = _counts(facts, model.context, searches=model.provider == "perplexity")
    if "grok" in model.model.id and facts.max_output is not None:
        counts = msgspec.structs.replace(
            counts,
            output_tokens=counts.output_tokens + HIDDEN_REASONING * max(facts.choices, 1),
            output_certainty=Certainty.ASSUMED,
        )
    most = _most_by_prices(model.possible_prices(at), counts)
    return highest([most, NOTHING_KNOWN]) if model.is_ambiguous else most


def most_by_rules(rules: Iterable[PriceRule], facts: RequestFacts, context: int) -> Most:
    """Return the most that a call costs by the highest of some rules of the user.

    `context` is the context window of the model, 0 if unknown.
    """
    counts = _counts(facts, context, searches=True)
    return highest([_most_by_rule(rule, counts) for rule in rules])


def highest(found: Iterable[Most]) -> Most:
    """Return the highest of some amounts, as certain as the least certain of them."""
    found = list(found)
    return Most(max(most.amount for most in found), max(most.certainty for most in found))


class _Counts(msgspec.Struct, frozen=True):
    """The most units that a call has."""

    input_tokens: int
    output_tokens: int
    body_bytes: int
    has_media: bool
    input_certainty: Certainty
    output_certainty: Certainty
    search_certainty: Certainty

    def of(self, unit: Unit) -> tuple[int, Certainty]:
        if unit.name == REQUESTS:
            return 1, Certainty.CERTAIN
        if unit.family == "tokens" and unit.direction == "output":
            return self.output_tokens, self.output_certainty
        if unit.family == "tokens":
            has_none = unit.modality in _MEDIA and not self.has_media
            return (0, Certainty.CERTAIN) if has_none else (self.input_tokens, self.input_certainty)
        if unit.family == "characters":
            return self.body_bytes, self.input_certainty
        if unit.family == "durations":
            return self.body_bytes // _SLOWEST_AUDIO, Certainty.ASSUMED
        if unit.family == "tool_calls":
            return 0, self.search_certainty
        return 0, Certainty.UNKNOWN


def _counts(facts: RequestFacts, context: int, *, searches: bool) -> _Counts:
    body = max(facts.body_bytes, 0)
    input_tokens = body + ADDED_INPUT + (MEDIA_INPUT if facts.media_bytes else 0)
    default = DEFAULT_OUTPUT if facts.kind == "text" else MEDIA_OUTPUT
    output = default if facts.max_output is None else max(facts.max_output, 0)
    if context:
        input_tokens = context if facts.has_remote_input else min(input_tokens, context)
        output = min(output, context)
    input_certainty = Certainty.ASSUMED if facts.media_bytes else Certainty.CERTAIN
    if not facts.is_complete or (facts.has_remote_input and not context):
        input_certainty = Certainty.UNKNOWN
    is_limited = facts.max_output is not None or 0 < context <= default
    if facts.kind == "embedding":
        output, is_limited = 0, True
    return _Counts(
        input_tokens=input_tokens,
        output_tokens=output * max(facts.choices, 1),
        body_bytes=body,
        has_media=bool(facts.media_bytes) or facts.has_remote_input or not facts.is_complete,
        input_certainty=input_certainty,
        output_certainty=Certainty.CERTAIN if is_limited else Certainty.ASSUMED,
        search_certainty=(
            Certainty.UNKNOWN if facts.has_remote_input or searches else Certainty.CERTAIN
        ),
    )


def _most_by_prices(prices: Mapping[str, Sequence[Price]], counts: _Counts) -> Most:
    costs: dict[str, int] = {}
    certainty = Certainty.CERTAIN
    known, input_tokens = units(), counts.input_tokens
    for name, possible in prices.items():
        amount = max([price.highest(input_tokens) for price in possible])
        if amount:
            unit = known[name]
            count, found = counts.of(unit)
            certainty = max(certainty, found)
            costs[name] = _rounded_up(count * amount, unit.per)
    return _most(_total(costs), certainty)


def _most_by_rule(rule: PriceRule, counts: _Counts) -> Most:
    costs: dict[str, int] = {}
    certainty = Certainty.CERTAIN
    for price in rule.units:
        if not price.amount:
            continue
        if price.source != "unit":
            certainty = Certainty.UNKNOWN
            continue
        count, found = counts.of(units()[price.name])
        certainty = max(certainty, found)
        costs[price.name] = _rounded_up(count * price.amount * _NANO_SCALE, price.per)
    return _most(_total(costs) + rule.per_call * _NANO_SCALE, certainty)


def _total(costs: dict[str, int]) -> int:
    """Return the sum of the costs. A token has the price of one part of the input or output, so the
    highest price counts for all, where the whole has one.
    """
    total = 0
    for whole in ("input_tokens", "output_tokens"):
        if whole in costs:
            parts = [name for name in costs if whole in wholes(name)]
            total += max(costs.pop(name) for name in parts)
    return total + sum(costs.values())


def _most(total: int, certainty: Certainty) -> Most:
    return Most(min(_rounded_up(total, _NANO_SCALE), MAX_COST), certainty)


def _rounded_up(amount: int, divisor: int) -> int:
    return -(-amount // divisor)
