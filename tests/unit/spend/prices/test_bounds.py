"""The most that a call can cost, known before it is sent."""

from __future__ import annotations

import itertools

import pytest

from api.spend.money import MAX_USD, NANO
from api.spend.prices.bounds import (
    ADDED_INPUT,
    DEFAULT_BOUND,
    DEFAULT_OUTPUT,
    HIDDEN_REASONING,
    MEDIA_INPUT,
    MEDIA_OUTPUT,
)
from api.spend.prices.models import PricedModel
from api.spend.prices.own_prices import PriceRule, UnitPrice
from api.spend.prices.snapshot import index, models
from api.spend.prices.source import PriceSource
from api.spend.prices.units import units
from api.spend.usage import Bound, CallUsage, RequestFacts
from tests.unit.spend.prices.sources import AT, CHAT, call, per_unit, source


def bound(prices: PriceSource, facts: RequestFacts, method: str = "POST") -> Bound:
    return prices.bound(facts, method, CHAT, AT)


def million(tokens: int, cents: int) -> int:
    """Return what tokens cost at a price in cents for a million."""
    return tokens * cents * NANO // 100_000_000


def test_a_request_with_a_maximum_has_an_exact_bound() -> None:
    # text-embedding-3-small: 2 cents for a million tokens. gpt-3.5-turbo: 50 and 150 cents.
    facts = RequestFacts("gpt-3.5-turbo", body_bytes=600, max_output=100)
    expected = million(600 + ADDED_INPUT, 50) + million(100, 150)
    assert bound(source("openai"), facts) == Bound(expected)


def test_each_choice_counts() -> None:
    one = bound(source("openai"), RequestFacts("gpt-3.5-turbo", max_output=100))
    three = bound(source("openai"), RequestFacts("gpt-3.5-turbo", max_output=100, choices=3))
    assert three == Bound(one.amount + million(200, 150))


def test_input_is_limited_by_the_context_window() -> None:
    facts = RequestFacts("gpt-3.5-turbo", body_bytes=10**9, max_output=0)
    assert bound(source("openai"), facts) == Bound(million(16_385, 50))


def test_a_request_without_a_maximum_has_no_certain_bound() -> None:
    facts = RequestFacts("o3-mini", body_bytes=0)
    expected = million(ADDED_INPUT, 110) + million(DEFAULT_OUTPUT, 440)
    found = bound(source("openai"), facts)
    assert not found.is_certain
    assert found.amount >= expected


def test_a_small_context_window_limits_the_output() -> None:
    found = bound(source("openai"), RequestFacts("gpt-3.5-turbo"))
    assert found == Bound(million(ADDED_INPUT, 50) + million(16_385, 150))


def test_embeddings_have_no_output() -> None:
    facts = RequestFacts("text-embedding-3-small", body_bytes=500, kind="embedding")
    assert bound(source("openai"), facts) == Bound(million(500 + ADDED_INPUT, 2))


def test_input_elsewhere_counts_up_to_the_context_window() -> None:
    facts = RequestFacts("gpt-3.5-turbo", body_bytes=9, max_output=0, has_remote_input=True)
    assert bound(source("openai"), facts) == Bound(million(16_385, 50))


def test_input_elsewhere_without_a_known_context_window_is_not_certain() -> None:
    facts = RequestFacts("tts-1", body_bytes=9, has_remote_input=True)
    assert bound(source("openai"), facts) == Bound(DEFAULT_BOUND, is_certain=False)


def test_images_are_assumed_to_be_larger_than_their_bytes() -> None:
    plain = RequestFacts("gpt-3.5-turbo", body_bytes=100, max_output=0)
    image = RequestFacts("gpt-3.5-turbo", body_bytes=100, max_output=0, media_bytes=50)
    found = bound(source("openai"), image)
    assert not found.is_certain
    assert found.amount == bound(source("openai"), plain).amount + million(MEDIA_INPUT, 50)


def test_reasoning_that_no_maximum_limits_is_assumed() -> None:
    one = bound(source("xai"), RequestFacts("grok-4", max_output=100))
    assert not one.is_certain
    assert one.amount >= million(100 + HIDDEN_REASONING, 1_500)


def test_an_image_is_assumed_to_have_fewer_tokens_than_a_text() -> None:
    facts = RequestFacts("gpt-image-1", choices=2, kind="media")
    found = bound(source("openai"), facts)
    assert not found.is_certain
    assert found.amount >= million(2 * MEDIA_OUTPUT, 4_000)
    assert found.amount < million(2 * DEFAULT_OUTPUT, 4_000)


def test_sound_costs_more_than_text_only_where_there_can_be_sound() -> None:
    text = RequestFacts("gpt-audio", body_bytes=100, max_output=0)
    sound = RequestFacts("gpt-audio", body_bytes=100, max_output=0, media_bytes=1)
    assert bound(source("openai"), text) == Bound(million(100 + ADDED_INPUT, 250))
    expected = million(100 + ADDED_INPUT + MEDIA_INPUT, 3_200)
    assert bound(source("openai"), sound) == Bound(expected, is_certain=False)


@pytest.mark.parametrize(
    ("facts", "method"),
    [
        (RequestFacts("no-such-model", max_output=1), "POST"),
        (RequestFacts(None, max_output=1), "POST"),
        (RequestFacts("gpt-3.5-turbo", max_output=1, is_complete=False), "POST"),
        (RequestFacts("gpt-4o-realtime-preview", is_stream=True), "GET"),
        (RequestFacts("gpt-3.5-turbo", max_output=1, other_models=("no-such",)), "POST"),
        (RequestFacts("dall-e-3", choices=2, kind="media"), "POST"),
    ],
)
def test_a_call_of_which_nothing_bounds_the_cost(facts: RequestFacts, method: str) -> None:
    assert bound(source("openai"), facts, method) == Bound(DEFAULT_BOUND, is_certain=False)
    own = source("openai", default_bound=7)
    assert bound(own, facts, method) == Bound(7, is_certain=False)


def test_the_dearest_of_the_models_that_may_answer_counts() -> None:
    dear, cheap = "gpt-4", "gpt-3.5-turbo"
    expected = bound(source("openai"), RequestFacts(dear, max_output=10))
    for facts in (
        RequestFacts(dear, max_output=10, other_models=(cheap,)),
        RequestFacts(cheap, max_output=10, other_models=(dear,)),
    ):
        assert bound(source("openai"), facts) == expected


def test_a_call_that_is_not_billed_reserves_nothing() -> None:
    assert bound(source("openai"), RequestFacts(kind="unbilled"), "GET") == Bound(0)


def test_an_absurd_maximum_gives_the_largest_amount() -> None:
    facts = RequestFacts("tts-1", body_bytes=10**30, max_output=10**30)
    assert bound(source("openai"), facts).amount == MAX_USD * NANO


def test_a_negative_size_counts_as_none() -> None:
    odd = RequestFacts("gpt-3.5-turbo", body_bytes=-5, max_output=-5, choices=-5)
    none = RequestFacts("gpt-3.5-turbo", max_output=0)
    assert bound(source("openai"), odd) == bound(source("openai"), none)


@pytest.mark.parametrize(
    ("rule", "amount", "is_certain"),
    [
        (PriceRule(per_call=5), 5, True),
        (PriceRule(), 0, True),
        (per_unit("unit", "input_tokens", 2), 2 * (300 + ADDED_INPUT), True),
        (per_unit("unit", "output_tokens", 2), 200, True),
        (per_unit("unit", "input_characters", 2), 600, True),
        (per_unit("unit", "requests", 3), 3, True),
        (per_unit("unit", "web_searches", 3), DEFAULT_BOUND, False),
        (per_unit("header", "X-Credits", 1), DEFAULT_BOUND, False),
        (per_unit("json", "credits", 0), 0, True),
        (PriceRule(per_call=NANO, units=(UnitPrice("json", "credits", 1),)), NANO, False),
        (PriceRule("/other", per_call=5), 0, False),
        (PriceRule(methods=("GET",), per_call=5), 0, False),
    ],
)
def test_the_bound_by_the_users_prices(rule: PriceRule, amount: int, is_certain: bool) -> None:
    facts = RequestFacts("m", body_bytes=300, max_output=100)
    assert bound(source("in-house", rule), facts) == Bound(amount, is_certain)


def test_a_rule_for_a_model_bounds_a_request_that_names_none() -> None:
    rules = (PriceRule(per_call=1), PriceRule(model="dear*", per_call=9))
    assert bound(source("in-house", *rules), RequestFacts()) == Bound(9)
    assert bound(source("in-house", *rules), RequestFacts("cheap")) == Bound(1)


# Models that are priced by what a text does not have.
_NO_TEXT = {"durations", "document_pages", "messages"}
_PARTS = (
    (),
    ("cache_read_tokens",),
    ("cache_write_tokens",),
    ("cache_write_tokens", "cache_write_1h_tokens"),
)
_CONTEXTS: tuple[dict[str, str], ...] = (
    {},
    {"service_tier": "priority"},
    {"speed": "fast"},
    {"processing": "batch"},
)


@pytest.mark.parametrize("provider", [entry.id for entry in index().providers])
def test_no_call_with_text_costs_more_than_its_bound(provider: str) -> None:
    prices = PriceSource(provider, None)
    for model in models(provider)[:: 1 + len(models(provider)) // 60]:
        priced = PricedModel(provider, model, False, True).prices(AT, {})
        if any(units()[name].family in _NO_TEXT for name in priced) or not priced:
            continue
        tokens = min(300_000, model.context or 300_000)
        facts = RequestFacts(model.id, body_bytes=tokens, max_output=500)
        most = prices.bound(facts, "POST", CHAT, AT)
        assert most.is_certain or provider == "perplexity" or "grok" in model.id, model.id
        for part, context in itertools.product(_PARTS, _CONTEXTS):
            units_used = {"input_tokens": tokens, **dict.fromkeys(part, tokens)}
            usage = CallUsage({**units_used, "output_tokens": 500}, context=context)
            found = prices.cost(facts, usage, call())
            assert found is not None
            assert (found.amount or 0) <= most.amount, (model.id, part, context)
