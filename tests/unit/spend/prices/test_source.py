"""Which calls have a known cost, and by which model."""

from __future__ import annotations

import pytest

from api.spend.budgets import ApiPricing
from api.spend.prices.own_prices import PriceRule
from api.spend.prices.source import price_source
from api.spend.usage import CallUsage, RequestFacts
from tests.unit.spend.prices.sources import call, cost, source


def test_an_api_without_prices_has_no_cost() -> None:
    prices = source("github")
    assert not prices.is_priced
    assert not prices.wants_usage
    assert prices.cost(RequestFacts(), CallUsage({"input_tokens": 5}), call()) is None


def test_a_compatible_api_in_house_has_no_prices() -> None:
    in_house = ApiPricing("llm", "", "http://llm.internal:8000/v1")
    assert not price_source(in_house, None).is_priced


def test_apis_without_own_prices_share_a_source() -> None:
    first, second = (ApiPricing(name, "openai", "http://x") for name in "ab")
    assert price_source(first, None) is price_source(second, None)


@pytest.mark.parametrize(
    ("asked", "answered", "priced"),
    [
        ("my-deployment", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("gpt-4o", "an-alias-of-theirs", "gpt-4o"),
        ("gpt-4o", None, "gpt-4o"),
        (None, "gpt-4o", "gpt-4o"),
    ],
)
def test_the_model_of_the_response_counts_first(
    asked: str | None, answered: str | None, priced: str
) -> None:
    usage = CallUsage({"input_tokens": 1_000}, answered)
    found = source("azure-openai").cost(RequestFacts(asked), usage, call())
    assert found is not None
    assert (found.amount, found.model) == (2_500_000, priced)


@pytest.mark.parametrize("model", ["no-such-model", "x" * 10_000, "\udcff", " ", "ft:", "/", None])
def test_an_unknown_model_has_an_unknown_cost(model: str | None) -> None:
    found = cost(source("openai"), model, {"input_tokens": 5})
    assert (found.amount, found.basis) == (None, "unknown")
    assert found.oddities == ("unknown_model",)
    assert found.units == {"input_tokens": 5}
    assert found.model is None or len(found.model) <= 100


@pytest.mark.parametrize(
    ("facts", "status", "amount", "oddity"),
    [
        (RequestFacts("gpt-4o"), 200, None, "no_usage"),
        (RequestFacts("gpt-4o"), 0, None, "no_response"),
        (RequestFacts("gpt-4o"), 429, 0, None),
        (RequestFacts("gpt-4o"), 500, 0, None),
        (RequestFacts(kind="unbilled"), 200, 0, None),
        (RequestFacts(kind="results"), 200, 0, None),
    ],
)
def test_a_call_without_usage(
    facts: RequestFacts, status: int, amount: int | None, oddity: str | None
) -> None:
    found = source("openai").cost(facts, None, call(status=status))
    assert found is not None
    assert found.amount == amount
    assert found.oddities == ((oddity,) if oddity else ())


def test_a_file_that_cannot_be_read_may_have_results() -> None:
    unreadable = CallUsage({}, oddities=("unreadable_coding",))
    found = source("openai").cost(RequestFacts(kind="results"), unreadable, call())
    assert found is not None
    assert (found.amount, found.oddities[0]) == (None, "unreadable_coding")


def test_a_failed_call_that_used_something_costs_it() -> None:
    found = cost(source("openai"), "gpt-4o", {"output_tokens": 100}, call(status=500))
    assert found.amount == 1_000_000


def test_a_call_outside_the_users_rules_has_an_unknown_cost() -> None:
    found = cost(source("search", PriceRule("/search", per_call=5)), done=call(path="/other"))
    assert (found.amount, found.oddities) == (None, ("no_price",))


@pytest.mark.parametrize(
    ("path", "amount"),
    [
        ("/client/v4/accounts/a/ai/v1/chat/completions", 2_000_000),
        ("/client/v4/zones", None),
    ],
)
def test_cloudflare_has_prices_for_its_models_only(path: str, amount: int | None) -> None:
    prices = source("cloudflare")
    assert prices.is_priced
    found = cost(prices, "@cf/meta/llama-guard-3-8b", {"input_tokens": 1_000}, call(path=path))
    assert (found.amount is None) == (amount is None)
