"""Usage with wrong, missing, repeated and absurd members. Nothing raises, all of it is visible."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.spend.usage import CallUsage, RequestFacts
from tests.unit.spend.reading.chat_samples import SMALL, chat, chunk
from tests.unit.spend.reading.samples import ANY_FACTS, JSON, SSE, read, sse

ESTIMATED_INPUT = ANY_FACTS.body_bytes // 4
# "It rains ☔ in 東京." has 24 bytes.
ESTIMATED_OUTPUT = 6


def of(usage: Any, model: Any = "gpt-5") -> CallUsage:
    body = json.dumps({**chat("", usage), "model": model}, ensure_ascii=False).encode()
    found = read(body, JSON)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("value", "oddities"),
    [
        (-5, ("negative_units", "missing_units")),
        (-0.5, ("negative_units", "missing_units")),
        (10**12 + 1, ("huge_units", "missing_units")),
        (10**30, ("huge_units", "missing_units")),
        ("many", ("text_units", "missing_units")),
        ("-3", ("text_units", "missing_units")),
        ("\u0661\u0662", ("text_units", "missing_units")),
        ("9" * 21, ("text_units", "missing_units")),
        (True, ("malformed_units", "missing_units")),
        ([12], ("malformed_units", "missing_units")),
        ({"value": 12}, ("malformed_units", "missing_units")),
        (None, ("missing_units",)),
    ],
    ids=str,
)
def test_a_count_that_is_no_count_is_estimated(value: Any, oddities: tuple[str, ...]) -> None:
    usage = of({"prompt_tokens": 10, "completion_tokens": value})

    assert usage.units == {"input_tokens": 10, "output_tokens": ESTIMATED_OUTPUT}
    assert usage.is_estimate
    assert usage.oddities == oddities


@pytest.mark.parametrize(
    ("value", "count", "oddities"),
    [
        ("12", 12, ("text_units",)),
        (" 12 ", 12, ("text_units",)),
        (12.0, 12, ()),
        (11.2, 12, ("fractional_units",)),
        (10**12, 10**12, ()),
        (0, 0, ()),
        (-0.0, 0, ()),
    ],
    ids=str,
)
def test_a_count_in_another_form_counts(value: Any, count: int, oddities: tuple[str, ...]) -> None:
    usage = of({"prompt_tokens": 10, "completion_tokens": value})

    assert usage.units == {"input_tokens": 10, "output_tokens": count}
    assert not usage.is_estimate
    assert usage.oddities == oddities


@pytest.mark.parametrize(
    ("usage", "oddities"),
    [
        (None, ()),
        ({}, ()),
        ([], ("malformed_usage",)),
        (5, ("malformed_usage",)),
        (True, ("malformed_usage",)),
        ("none", ("malformed_usage",)),
        ([{"prompt_tokens": 5}], ("malformed_usage",)),
        ({"prompt_tokens": None}, ("missing_units",)),
    ],
    ids=str,
)
@pytest.mark.parametrize("in_stream", [False, True])
def test_no_usage_is_estimated(usage: Any, oddities: tuple[str, ...], in_stream: bool) -> None:
    events = chunk("gpt-5", "It rains."), chunk("gpt-5", None, usage=usage)
    found = read(sse(*events, done=True), SSE) if in_stream else of(usage)

    assert found is not None
    assert found.units.keys() == {"input_tokens", "output_tokens"}
    assert in_stream or found.units["output_tokens"] == ESTIMATED_OUTPUT
    assert found.units["input_tokens"] == ESTIMATED_INPUT
    assert found.is_estimate
    assert found.oddities == oddities


def test_usage_in_an_unknown_form_is_noted() -> None:
    found = of({"flops": 12})

    assert found.is_estimate
    assert found.oddities == ("unknown_usage",)


@pytest.mark.parametrize(
    ("details", "oddities"),
    [
        ({"prompt_tokens_details": 5}, ("malformed_units",)),
        ({"completion_tokens_details": [1]}, ("malformed_units",)),
        ({"prompt_tokens_details": None}, ()),
    ],
    ids=str,
)
def test_details_in_an_unknown_form_are_ignored(details: Any, oddities: tuple[str, ...]) -> None:
    found = of({**SMALL, **details})

    assert found.units == {"input_tokens": 31, "output_tokens": 12}
    assert (found.is_estimate, found.oddities) == (False, oddities)


def test_two_usages_that_are_not_cumulative_are_noted() -> None:
    second = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    body = sse(chunk("m", "Hi", usage=SMALL), chunk("m", None, usage=second), done=True)

    usage = read(body, SSE)

    assert usage is not None
    assert usage.units == {"input_tokens": 7, "output_tokens": 3}
    assert usage.oddities == ("several_usages",)


def test_output_that_becomes_less_is_noted() -> None:
    start = {"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 5}}}
    deltas = [{"type": "message_delta", "usage": {"output_tokens": n}} for n in (50, 30)]

    usage = read(sse(start, *deltas), SSE)

    assert usage is not None
    assert (usage.units["output_tokens"], usage.oddities) == (30, ("several_usages",))
    usage = read(sse(start, *reversed(deltas)), SSE)
    assert usage is not None
    assert (usage.units["output_tokens"], usage.oddities) == (50, ())


def test_input_that_is_missing_is_estimated_without_output() -> None:
    usage = read(b'{"model": "gpt-5", "usage": {"completion_tokens": 7}}', JSON)

    assert usage is not None
    assert usage.units == {"input_tokens": ESTIMATED_INPUT, "output_tokens": 7}
    assert (usage.is_estimate, usage.oddities) == (True, ("missing_units",))


def test_two_messages_in_one_stream_are_noted() -> None:
    start = {"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 5}}}
    end = {"type": "message_delta", "usage": {"output_tokens": 7}}

    usage = read(sse(start, start, end), SSE)

    assert usage is not None
    assert usage.units == {"input_tokens": 5, "output_tokens": 7}
    assert usage.oddities == ("several_usages",)


@pytest.mark.parametrize(
    ("cost", "nano", "oddities"),
    [
        ("0.00014", 140_000, ()),
        ("1.4e-4", 140_000, ()),
        ("0", 0, ()),
        ("12", 12_000_000_000, ()),
        ("0.1000000000000000055511151231257827", 100_000_000, ()),
        ("0.0000000015", 2, ()),
        ("0.0000000004", 0, ()),
        ('"0.25"', 250_000_000, ("text_cost",)),
        ('"free"', None, ("text_cost", "malformed_cost")),
        ('"NaN"', None, ("text_cost", "malformed_cost")),
        ('"1_0"', None, ("text_cost", "malformed_cost")),
        ('"\u0661"', None, ("text_cost", "malformed_cost")),
        ("true", None, ("malformed_cost",)),
        ("[1]", None, ("malformed_cost",)),
        ("-0.5", None, ("negative_cost",)),
        ("1e300", None, ("huge_cost",)),
        ("1000001", None, ("huge_cost",)),
        ('{"total_cost": 0.006}', 6_000_000, ()),
        ('{"input_tokens_cost": 0.006}', None, ()),
        ('{"total_cost": 0.006, "currency": "EUR"}', None, ("foreign_currency",)),
        ('0.006, "currency": "eur"', None, ("foreign_currency",)),
        ('0.006, "currency": "usd"', 6_000_000, ()),
        ('0.006, "currency": 7', None, ("foreign_currency",)),
        ("null", None, ()),
    ],
)
def test_a_reported_cost_is_read_from_its_text(
    cost: str, nano: int | None, oddities: tuple[str, ...]
) -> None:
    body = b'{"model":"m","usage":{"prompt_tokens":10,"completion_tokens":2,"cost":%b}}'

    usage = read(body % cost.encode(), JSON)

    assert usage is not None
    assert usage.cost == nano
    assert usage.oddities == oddities
    assert usage.units == {"input_tokens": 10, "output_tokens": 2}


def test_a_cost_without_units_is_exact() -> None:
    usage = read(b'{"data":[],"usage":{"cost_in_usd_ticks":200000000}}', JSON)

    assert usage == CallUsage({}, cost=20_000_000)


@pytest.mark.parametrize("name", ["gpt-5", "x" * 300])
def test_the_model_is_read_from_the_answer(name: str) -> None:
    assert of(SMALL, model=name).model == name


@pytest.mark.parametrize("name", ["", "x" * 301, 5, None, ["gpt-5"]], ids=str)
def test_a_model_that_is_no_name_is_ignored(name: Any) -> None:
    assert of(SMALL, model=name).model is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"<html>usage</html>",
        b'{"usage"',
        b'{"usage":{"prompt_tokens":1}} trailing',
        b'{"model":"\xff","usage":{"prompt_tokens":"\xff"}}',
        b"[" * 100_000,
        b'{"usage":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"usage":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}",
        b"data: {" + b"\n\ndata: " * 500,
        b'data: {"usage": {"prompt_tokens": ' + b"9" * 5000 + b"}}\n\n",
    ],
    ids=lambda body: body[:30],
)
@pytest.mark.parametrize("media_type", [JSON, SSE, "", "text/html"])
def test_any_body_is_survived(body: bytes, media_type: str) -> None:
    for is_complete in (True, False):
        read(body, media_type, is_complete=is_complete)
        read(body, media_type, RequestFacts(), cuts=range(1, min(len(body), 300), 7))
