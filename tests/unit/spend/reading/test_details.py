"""Further members of usage objects, of batches, and of what selects another price."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.spend.usage import CallUsage, RequestFacts
from tests.unit.spend.reading.chat_samples import SMALL, SMALL_UNITS, chat
from tests.unit.spend.reading.more_samples import EMBEDDING_FACTS, gemini
from tests.unit.spend.reading.samples import ANY_FACTS, JSON, SSE, lines, read, sse, tokens


def of(document: Any, facts: RequestFacts = ANY_FACTS) -> CallUsage:
    usage = read(json.dumps(document).encode(), JSON, facts)
    assert usage is not None
    return usage


@pytest.mark.parametrize(
    ("document", "units"),
    [
        ({"usage": {"total_tokens": 10}}, {"input_tokens": 10}),
        (
            {"usage": {"prompt_tokens": 10, "total_tokens": 10}},
            {"input_tokens": 10, "output_tokens": 0},
        ),
        (
            {"prompt_token_count": 7, "generation_token_count": 8, "generation": "Hi"},
            {"input_tokens": 7, "output_tokens": 8},
        ),
        ({"inputTextTokenCount": 7, "embedding": [0.5]}, {"input_tokens": 7}),
        (
            {"usage": {"prompt_audio_seconds": 30, "prompt_tokens": 5, "completion_tokens": 0}},
            {
                "input_tokens": 5,
                "output_tokens": 0,
                "audio_seconds": 30,
            },
        ),
        (
            {"usage": {"tokens": {"input_tokens": 7, "output_tokens": 8}, "cached_tokens": 3}},
            {"input_tokens": 7, "output_tokens": 8, "cache_read_tokens": 3},
        ),
    ],
    ids=str,
)
def test_counts_under_other_names(document: dict[str, Any], units: dict[str, int]) -> None:
    assert of(document, EMBEDDING_FACTS).units == units


@pytest.mark.parametrize(
    ("model", "reasoning", "output"),
    [("gpt-5", 5, 12), ("grok-4", 5, 17), ("gpt-5", 20, 32)],
)
def test_reasoning_beside_the_output_without_a_total(
    model: str, reasoning: int, output: int
) -> None:
    """xAI counts reasoning beside the output, as anyone who counts more reasoning than output."""
    usage = {
        "prompt_tokens": 31,
        "completion_tokens": 12,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }

    assert of(chat(model, usage)).units == {
        "input_tokens": 31,
        "output_tokens": output,
        "output_reasoning_tokens": reasoning,
    }


def test_a_prompt_that_gemini_blocks_has_no_output() -> None:
    answer = {
        "promptFeedback": {"blockReason": "SAFETY"},
        "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7},
    }

    assert of(answer) == CallUsage({"input_tokens": 7, "output_tokens": 0})


@pytest.mark.parametrize(
    ("more", "context"),
    [
        ({"service_tier": "default"}, {}),
        ({"service_tier": "priority"}, {"service_tier": "priority"}),
        ({"service_tier": None}, {}),
        ({"usage": {**SMALL, "service_tier": "standard"}}, {}),
        ({"usage": {**SMALL, "service_tier": "batch"}}, {"processing": "batch"}),
        ({"usage": {**SMALL, "speed": "fast"}}, {"speed": "fast"}),
        ({"usage": {**SMALL, "speed": "standard"}}, {}),
        ({"usage": {**SMALL, "speed": 5}}, {}),
    ],
    ids=str,
)
def test_what_selects_another_price(more: dict[str, Any], context: dict[str, str]) -> None:
    usage = of({**chat("m", SMALL), **more})

    assert usage.context == context
    assert usage.units == SMALL_UNITS


def result(model: str, usage: Any) -> dict[str, Any]:
    return {"custom_id": "1", "response": {"body": {"model": model, "usage": usage}}}


def test_results_of_a_batch_are_added_up() -> None:
    body = lines(
        result("a", {**SMALL, "cost": 0.5}),
        result("b", {**SMALL, "cost": 0.25}),
        result("a", {"flops": 5}),
        result("a", "many"),
        {"custom_id": "2", "response": None, "error": {"code": "batch_expired"}},
    )

    usage = read(body, "application/octet-stream")

    assert usage == CallUsage(
        {name: 2 * count for name, count in SMALL_UNITS.items()},
        "a",
        750_000_000,
        oddities=("several_models", "missing_units", "malformed_usage"),
        context={"processing": "batch"},
    )


def test_results_of_gemini_batches_are_added_up() -> None:
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 4}
    body = lines(*({"key": str(key), "response": gemini("Hi", counts)} for key in range(3)))

    usage = read(body, "application/jsonl")

    assert usage is not None
    assert usage.units == {"input_tokens": 9, "output_tokens": 12}
    assert usage.context == {"processing": "batch"}


def test_a_download_that_is_cut_off_is_an_estimate() -> None:
    usage = read(lines(result("a", SMALL)), "application/octet-stream", is_complete=False)

    assert usage is not None
    assert usage.units == SMALL_UNITS
    assert usage.is_estimate


def test_a_file_without_results_is_no_estimate() -> None:
    asked = {"custom_id": "1", "method": "POST", "body": {"model": "gpt-5", "messages": [SMALL]}}
    facts = RequestFacts(kind="results")

    for body in (lines(asked, asked), b"Hello world\n" * 9, json.dumps(asked).encode(), b""):
        for is_complete in (True, False):
            assert read(body, "application/octet-stream", facts, is_complete=is_complete) is None


def test_gemini_wrapped_in_a_response_is_no_batch() -> None:
    first = {"promptTokenCount": 3, "candidatesTokenCount": 1}
    last = {"promptTokenCount": 3, "candidatesTokenCount": 4}
    body = sse({"response": gemini("Hi", first)}, {"response": gemini("Hi", last, "STOP")})

    usage = read(body, SSE)

    assert usage == CallUsage({"input_tokens": 3, "output_tokens": 4}, "gemini-2.5-flash")


@pytest.mark.parametrize("end", [b"\n\n", b"\n", b""])
def test_a_large_event_in_lines_at_the_end_of_a_stream(end: bytes) -> None:
    usage = json.dumps(SMALL).encode()
    lead = b'data: {"x": "%b",\n' % (b"x" * 70_000)
    body = lead + b'data: "choices": [],\ndata: "usage": %b}' % usage + end

    assert tokens(read(body, SSE)) == SMALL_UNITS
    assert tokens(read(body, SSE, cuts=range(1000, len(body), 1000))) == SMALL_UNITS


@pytest.mark.parametrize(("said", "counted"), [(50, 50), (1, 3)])
def test_an_interrupted_answer_has_at_least_what_was_said_and_delivered(
    said: int, counted: int
) -> None:
    counts = {"promptTokenCount": 3, "candidatesTokenCount": said}

    usage = read(sse(gemini("It rains.", counts)), SSE, is_complete=False)

    assert usage is not None
    assert usage.is_estimate
    assert usage.units == {"input_tokens": 3, "output_tokens": counted}


def test_a_modality_counts_once() -> None:
    details = [{"modality": "TEXT", "tokenCount": 4}] * 2 + [{"modality": "NEW", "tokenCount": 1}]
    counts = {"promptTokenCount": 4, "candidatesTokenCount": 1, "promptTokensDetails": details}

    assert of(gemini("Hi", counts, "STOP")).units["input_text_tokens"] == 4
