"""What calls cost by the snapshot, also if their usage makes no sense."""

from __future__ import annotations

import pytest

from api.spend.money import NANO
from api.spend.prices.cost import MAX_COUNT, UnknownCost, cost_of_units, to_nano
from api.spend.prices.models import SCALE, Price
from api.spend.usage import CallUsage, RequestFacts
from tests.unit.spend.prices.sources import AT, call, cost, source


def test_a_cached_token_costs_its_own_price_and_no_other() -> None:
    # gpt-4o: 2.50, 1.25 and 10 dollars for a million tokens.
    units = {"input_tokens": 1_000, "cache_read_tokens": 400, "output_tokens": 100}
    found = cost(source("openai"), "gpt-4o", units)
    assert (found.amount, found.basis, found.model) == (3_000_000, "price", "gpt-4o")
    assert found.units == units
    assert found.oddities == ()


@pytest.mark.parametrize(
    ("numerator", "denominator", "nano"),
    [(1, 2, 1), (1, 3, 0), (2, 3, 1), (3, 2, 2), (0, 1, 0), (5, 1, 5)],
)
def test_costs_are_rounded_half_up_to_a_nano_dollar(
    numerator: int, denominator: int, nano: int
) -> None:
    assert to_nano((numerator * (SCALE // NANO), denominator)) == nano


def test_units_are_added_before_they_are_rounded() -> None:
    # A token of each costs 0.4 nano-dollars.
    price = Price(400 * SCALE // NANO // 1_000 * 1_000_000)
    prices = {"input_tokens": price, "output_tokens": price}
    total, _ = cost_of_units(prices, {"input_tokens": 1, "output_tokens": 1})
    assert to_nano(total) == 1


@pytest.mark.parametrize(("tokens", "price"), [(200_000, 3), (200_001, 6)])
def test_the_tier_of_the_input_applies_to_the_whole_call(tokens: int, price: int) -> None:
    found = cost(source("anthropic"), "claude-sonnet-4-5", {"input_tokens": tokens})
    assert found.amount == tokens * price * NANO // 1_000_000


@pytest.mark.parametrize(
    ("context", "amount"),
    [({}, 2_500_000), ({"processing": "batch"}, 1_250_000), ({"processing": "other"}, 2_500_000)],
)
def test_the_results_of_a_batch_cost_less(context: dict[str, str], amount: int) -> None:
    usage = CallUsage({"input_tokens": 1_000}, "gpt-4o", context=context)
    found = source("openai").cost(RequestFacts("gpt-4o"), usage, call())
    assert found is not None
    assert found.amount == amount


def test_groq_bills_ten_seconds_at_least() -> None:
    groq = source("groq")
    short = cost(groq, "whisper-large-v3", {"audio_seconds": 1})
    assert short.amount == cost(groq, "whisper-large-v3", {"audio_seconds": 10}).amount
    assert short.units == {"audio_seconds": 1}


@pytest.mark.parametrize(
    ("units", "amount", "oddity"),
    [
        ({"input_tokens": -1, "output_tokens": 10}, 100_000, "negative_units"),
        ({"input_tokens": MAX_COUNT + 1}, None, "absurd_units"),
        ({"input_tokens": 10**40}, None, "absurd_units"),
        ({"input_tokens": MAX_COUNT}, None, "absurd_cost"),
        ({"input_tokens": 10, "cache_read_tokens": 20}, 25_000, "inconsistent_units"),
        ({"cache_read_tokens": 20}, 25_000, "missing_units"),
        ({"rerank_searches": 3}, None, "no_usage"),
        ({"made_up": 3}, None, "no_usage"),
        ({"input_tokens": 10, "audio_seconds": 5}, 25_000, "unpriced_units"),
    ],
)
def test_odd_usage_is_visible(units: dict[str, int], amount: int | None, oddity: str) -> None:
    found = cost(source("openai"), "gpt-4o", units)
    assert found.amount == amount
    assert found.basis == ("unknown" if amount is None else "price")
    assert oddity in found.oddities
    assert all(0 <= count <= MAX_COUNT for count in found.units.values())


def test_zero_tokens_cost_nothing() -> None:
    found = cost(source("openai"), "gpt-4o", {"input_tokens": 0, "output_tokens": 0})
    assert (found.amount, found.basis, found.oddities) == (0, "price", ())


def test_a_model_that_is_free_costs_nothing_and_one_without_prices_is_unknown() -> None:
    free = cost(source("openrouter"), "openai/gpt-oss-20b:free", {"input_tokens": 9})
    assert (free.amount, free.basis) == (0, "price")
    without = cost(source("google-gemini"), "gemma-3", {"input_tokens": 9})
    assert (without.amount, without.oddities) == (None, ("no_price",))


def test_no_price_at_all_is_no_cost_of_zero() -> None:
    with pytest.raises(UnknownCost, match="no_price"):
        cost_of_units({}, {"input_tokens": 1})


@pytest.mark.parametrize("reported", [0, 1_470_000_000])
def test_the_providers_own_figure_wins_over_the_snapshot(reported: int) -> None:
    usage = CallUsage({"input_tokens": 1_000}, "openai/gpt-4o", cost=reported)
    found = source("openrouter").cost(RequestFacts("openai/gpt-4o"), usage, call())
    assert found is not None
    assert (found.amount, found.basis) == (reported, "reported")


@pytest.mark.parametrize("reported", [-1, 10**18])
def test_an_impossible_figure_of_the_provider_is_not_used(reported: int) -> None:
    usage = CallUsage({"input_tokens": 1_000}, "openai/gpt-4o", cost=reported)
    found = source("openrouter").cost(RequestFacts("openai/gpt-4o"), usage, call())
    assert found is not None
    assert (found.amount, found.basis) == (2_500_000, "price")
    assert found.oddities == ("absurd_cost",)


def test_an_estimate_is_marked() -> None:
    usage = CallUsage({"output_tokens": 100}, "gpt-4o", is_estimate=True, oddities=("cut_off",))
    found = source("openai").cost(RequestFacts("gpt-4o"), usage, call())
    assert found is not None
    assert (found.amount, found.basis) == (1_000_000, "estimate")
    assert found.oddities[0] == "cut_off"


@pytest.mark.parametrize("at", [-1e300, 0.0, 1e300, float("nan"), float("inf"), AT])
def test_any_clock_has_a_price(at: float) -> None:
    done = call()
    found = source("openai").cost(
        RequestFacts("gpt-4o"),
        CallUsage({"output_tokens": 1}, "gpt-4o"),
        type(done)(done.method, done.path, done.status, at),
    )
    assert found is not None
    assert found.amount == 10_000
