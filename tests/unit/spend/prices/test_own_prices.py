"""The user's own prices: which rule applies, what it costs, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.spend.money import NANO
from api.spend.prices.own_prices import OwnPrices, PriceRule, UnitPrice, problem_of
from api.spend.usage import CallUsage, RequestFacts
from tests.unit.spend.prices.sources import call, cost, per_unit, source


def test_a_call_costs_its_price() -> None:
    found = cost(source("search", PriceRule(per_call=5_000_000)))
    assert (found.amount, found.basis, found.oddities) == (5_000_000, "price", ())


@pytest.mark.parametrize("price", [0, 1])
def test_the_users_price_wins_over_the_providers_own_figure(price: int) -> None:
    usage = CallUsage({"input_tokens": 10}, "gpt-4o", cost=77)
    for name in ("openai", "openrouter", "in-house"):
        prices = source(name, PriceRule(per_call=price))
        found = prices.cost(RequestFacts("gpt-4o"), usage, call())
        assert found is not None
        assert (found.amount, found.basis) == (price, "price")


def test_what_no_rule_covers_has_the_price_of_the_snapshot() -> None:
    prices = source("openai", PriceRule("/v1/images", per_call=5))
    assert cost(prices, "gpt-4o", {"input_tokens": 1_000}).amount == 2_500_000


@pytest.mark.parametrize(
    ("prefix", "path", "applies"),
    [
        ("/v1/search", "/v1/search", True),
        ("/v1/search", "v1/search/images", True),
        ("/v1/search", "/v1/searches", False),
        ("/v1/", "/v1/search", True),
        ("/", "/", True),
        ("", "", True),
    ],
)
def test_a_path_prefix_ends_at_a_segment(prefix: str, path: str, applies: bool) -> None:
    found = cost(source("search", PriceRule(prefix, per_call=5)), done=call(path=path))
    assert found.amount == (5 if applies else None)


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        (PriceRule(methods=("POST",)), True),
        (PriceRule(methods=("GET", "PUT")), False),
        (PriceRule(model="gpt-4o"), True),
        (PriceRule(model="GPT-4O"), True),
        (PriceRule(model="gpt-4*"), True),
        (PriceRule(model="gpt-4"), False),
        (PriceRule(model="gpt-5*"), False),
    ],
)
def test_a_rule_applies_to_its_methods_and_models(rule: PriceRule, applies: bool) -> None:
    rule = msgspec.structs.replace(rule, per_call=5)
    assert cost(source("in-house", rule), "gpt-4o").amount == (5 if applies else None)


def test_a_rule_covers_the_model_that_was_asked_for_and_the_one_that_answered() -> None:
    usage = CallUsage({"input_tokens": 10}, "gpt-4o-2024-08-06")
    for model in ("my-deployment", "gpt-4o-2024-08-06", "gpt-4o"):
        prices = source("azure-openai", PriceRule(model=model, per_call=5))
        found = prices.cost(RequestFacts("my-deployment"), usage, call())
        assert found is not None
        assert found.amount == 5, model


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (PriceRule(), PriceRule("/v1")),
        (PriceRule("/v1"), PriceRule("/v1/chat/")),
        (PriceRule("/v1"), PriceRule("/v1", model="*")),
        (PriceRule(model="gpt-*"), PriceRule(model="gpt-4*")),
        (PriceRule(model="gpt-4o*"), PriceRule(model="gpt-4o")),
        (PriceRule(), PriceRule(methods=("POST",))),
    ],
)
def test_the_most_specific_rule_decides(wide: PriceRule, narrow: PriceRule, in_order: bool) -> None:
    rules = [
        msgspec.structs.replace(wide, per_call=1),
        msgspec.structs.replace(narrow, per_call=2),
    ]
    found = cost(source("in-house", *(rules if in_order else reversed(rules))), "gpt-4o")
    assert (found.amount, found.oddities) == (2, ())


def test_two_rules_for_the_same_calls_are_visible() -> None:
    found = cost(source("in-house", PriceRule(per_call=1), PriceRule(per_call=2)))
    assert (found.amount, found.oddities) == (1, ("several_prices",))


@pytest.mark.parametrize(
    ("rule", "values", "amount", "counted"),
    [
        (per_unit("header", "X-Credits", 7), {"header_values": {"x-credits": "3"}}, 21, 3),
        (per_unit("header", "X-Credits", 7), {"header_values": {"x-credits": " 1.5 "}}, 11, 1),
        (per_unit("header", "X-Credits", 7), {"header_values": {"x-credits": "0"}}, 0, 0),
        (per_unit("json", "usage.credits", 7), {"json_values": {"usage.credits": 3}}, 21, 3),
        (per_unit("json", "usage.credits", 7), {"json_values": {"usage.credits": 0.1}}, 1, 0),
        (per_unit("json", "usage.credits", 7), {"json_values": {"usage.credits": "2"}}, 14, 2),
        (per_unit("json", "n", 1, per=3), {"json_values": {"n": 10}}, 3, 10),
    ],
)
def test_a_count_in_a_header_or_field_costs_its_price(
    rule: PriceRule, values: dict[str, Any], amount: int, counted: int
) -> None:
    found = cost(source("scraper", rule), done=call(**values))
    assert (found.amount, found.basis, found.oddities) == (amount, "price", ())
    assert found.units == {rule.units[0].name: counted}


@pytest.mark.parametrize(
    ("value", "oddity"),
    [
        (None, "missing_value"),
        ("", "bad_value"),
        ("many", "bad_value"),
        ("1_000", "bad_value"),
        ("\u0661", "bad_value"),
        ("3, 4", "bad_value"),
        ("NaN", "bad_value"),
        ("Infinity", "bad_value"),
        (True, "bad_value"),
        ([1], "bad_value"),
        ("1e999999999", "bad_value"),
        ("1e-999999999", "bad_value"),
        ("9" * 60, "bad_value"),
        ("-1", "negative_units"),
        (10**15, "absurd_units"),
        (1e15, "absurd_units"),
    ],
)
def test_a_count_that_is_none_makes_the_cost_unknown(value: object, oddity: str) -> None:
    values = {} if value is None else {"usage.credits": value}
    found = cost(source("x", per_unit("json", "usage.credits", 7)), done=call(json_values=values))
    assert (found.amount, found.basis, found.oddities) == (None, "unknown", (oddity,))


def test_a_failed_call_costs_nothing_unless_the_rule_says_so() -> None:
    rule = PriceRule(per_call=5, units=(UnitPrice("header", "X-Credits", 7),))
    charged = msgspec.structs.replace(rule, failures_cost=True)
    assert cost(source("x", rule), done=call(status=429)).amount == 0
    assert cost(source("x", charged), done=call(status=429)).amount == 5
    counted = call(status=500, header_values={"x-credits": "2"})
    assert cost(source("x", rule), done=counted).amount == 14


def test_a_call_without_a_response_has_an_unknown_cost() -> None:
    found = cost(source("x", PriceRule(per_call=5)), done=call(status=0))
    assert (found.amount, found.oddities) == (None, ("no_response",))


def test_prices_of_units_mean_what_they_mean_in_the_snapshot() -> None:
    rule = PriceRule(
        per_call=1,
        units=(
            UnitPrice("unit", "input_tokens", 3_000, per=1_000),
            UnitPrice("unit", "cache_read_tokens", 1, per=3),
        ),
    )
    found = cost(source("in-house", rule), "m", {"input_tokens": 100, "cache_read_tokens": 40})
    assert found.amount == 1 + 60 * 3 + 13
    assert found.units == {"input_tokens": 100, "cache_read_tokens": 40}


def test_a_price_of_units_without_usage_is_unknown() -> None:
    found = cost(source("in-house", per_unit("unit", "input_tokens", 1)), "m")
    assert (found.amount, found.oddities) == (None, ("no_usage",))


def test_what_must_be_read_is_known_before_the_call() -> None:
    prices = source(
        "x",
        PriceRule("/a", units=(UnitPrice("header", "X-Credits", 1), UnitPrice("json", "a.b", 1))),
        PriceRule("/b", units=(UnitPrice("header", "x-credits", 2),)),
    )
    assert prices.wanted_headers == ("x-credits",)
    assert prices.wanted_fields == ("a.b",)
    assert prices.wants_usage
    assert not source("x", PriceRule(per_call=1)).wants_usage


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (PriceRule("v1"), "begin with /"),
        (PriceRule("/v1?x=1"), "begin with /"),
        (PriceRule(methods=("FETCH",)), "not a method"),
        (PriceRule(model="gpt-*-mini"), "one * at the end"),
        (PriceRule(per_call=-1), "between 0 and 10000"),
        (PriceRule(per_call=10_001 * NANO), "between 0 and 10000"),
        (per_unit("unit", "input_tokens", -1), "between 0 and 10000"),
        (per_unit("unit", "tokens", 1), "not a unit"),
        (per_unit("unit", "input_tokens", 1, per=0), "1 to 1000000000 units"),
        (per_unit("unit", "input_tokens", 1, per=10**10), "1 to 1000000000 units"),
        (per_unit("header", "X Credits", 1), "header field"),
        (per_unit("json", "usage..credits", 1), "with dots"),
        (per_unit("json", "", 1), "with dots"),
        (PriceRule(units=(UnitPrice("json", "a", 1), UnitPrice("json", "a", 2))), "once"),
        (PriceRule(units=(UnitPrice("json", "a", 1),) * 21), "at most 20"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: PriceRule, words: str) -> None:
    problem = problem_of(rule)
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize(
    "rule",
    [
        PriceRule(),
        PriceRule("/v1", ("GET", "POST"), "gpt-4*", 10_000 * NANO, failures_cost=True),
        per_unit("unit", "input_tokens", 2 * NANO, 1_000_000),
        per_unit("header", "X-Credits-Used", 0),
        per_unit("json", "data.0.credits used", 1),
    ],
)
def test_a_rule_that_makes_sense_is_accepted(rule: PriceRule) -> None:
    assert problem_of(rule) is None
    stored = msgspec.json.encode(OwnPrices((rule,)))
    assert msgspec.json.decode(stored, type=OwnPrices).rules == (rule,)
