"""Samples of chat completions: OpenAI and the APIs that are compatible with it."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.spend.reading.samples import JSON, SSE, Sample, sse


def chat(model: str, usage: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """Return a whole chat completion."""
    message = {"role": "assistant", "content": "It rains \u2614 in \u6771\u4eac."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "model": model, "choices": [choice], "usage": usage, **more}


def chunk(model: str, text: str | None, **more: Any) -> dict[str, Any]:
    """Return a chunk of a streamed chat completion, the one at the end for None."""
    choices: list[Any] = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    return {"id": "1", "model": model, "choices": [] if text is None else choices, **more}


OPENAI = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 10},
    "completion_tokens_details": {
        "reasoning_tokens": 192,
        "audio_tokens": 7,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
OPENAI_UNITS = {
    "input_tokens": 2006,
    "output_tokens": 300,
    "cache_read_tokens": 1920,
    "input_audio_tokens": 10,
    "output_audio_tokens": 7,
    "output_reasoning_tokens": 192,
}
DEEPSEEK = {
    "prompt_tokens": 120,
    "completion_tokens": 50,
    "total_tokens": 170,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 20},
    "prompt_cache_hit_tokens": 64,
    "prompt_cache_miss_tokens": 56,
}
DEEPSEEK_UNITS = {
    "input_tokens": 120,
    "output_tokens": 50,
    "cache_read_tokens": 64,
    "output_reasoning_tokens": 20,
}
GROQ = {
    "queue_time": 0.03,
    "prompt_tokens": 18,
    "prompt_time": 0.0007,
    "completion_tokens": 556,
    "completion_time": 0.46,
    "total_tokens": 574,
    "total_time": 0.46,
}
XAI = {
    "prompt_tokens": 32,
    "completion_tokens": 9,
    "total_tokens": 135,
    "prompt_tokens_details": {
        "text_tokens": 32,
        "audio_tokens": 0,
        "image_tokens": 0,
        "cached_tokens": 6,
    },
    "completion_tokens_details": {
        "reasoning_tokens": 94,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
    "num_sources_used": 0,
}
XAI_UNITS = {
    "input_tokens": 32,
    "output_tokens": 103,
    "cache_read_tokens": 6,
    "output_reasoning_tokens": 94,
}
OPENROUTER = {
    "prompt_tokens": 3329,
    "completion_tokens": 53,
    "total_tokens": 3382,
    "cost": 0.00219855123,
    "is_byok": False,
    "prompt_tokens_details": {"cached_tokens": 3211, "cache_write_tokens": 115},
    "cost_details": {"upstream_inference_cost": None},
    "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0},
}
OPENROUTER_UNITS = {
    "input_tokens": 3329,
    "output_tokens": 53,
    "cache_read_tokens": 3211,
    "cache_write_tokens": 115,
}
PERPLEXITY = {
    "prompt_tokens": 33,
    "completion_tokens": 7163,
    "total_tokens": 7196,
    "citation_tokens": 20016,
    "num_search_queries": 18,
    "reasoning_tokens": 73997,
    "cost": {"input_tokens_cost": 0.0, "output_tokens_cost": 0.057, "total_cost": 0.409},
}
PERPLEXITY_UNITS = {
    "input_tokens": 33,
    "output_tokens": 101176,
    "output_reasoning_tokens": 73997,
    "output_citation_tokens": 20016,
    "web_searches": 18,
}
SMALL = {"prompt_tokens": 31, "completion_tokens": 12, "total_tokens": 43}
SMALL_UNITS = {"input_tokens": 31, "output_tokens": 12}

GROQ_UNITS = {"input_tokens": 18, "output_tokens": 556}
TICKS = {**XAI, "cost_in_usd_ticks": 37756004}
TOGETHER = {**SMALL, "cached_tokens": 5}
TOGETHER_UNITS = {**SMALL_UNITS, "cache_read_tokens": 5}

_WHOLE: tuple[tuple[str, str, str, str, dict[str, Any], dict[str, int], int | None], ...] = (
    ("openai", "openai", "chat", "gpt-5", OPENAI, OPENAI_UNITS, None),
    ("azure", "azure", "chat", "gpt-4o-2024-11-20", OPENAI, OPENAI_UNITS, None),
    ("mistral", "mistral", "default", "mistral-large-latest", SMALL, SMALL_UNITS, None),
    ("groq", "groq", "default", "openai/gpt-oss-20b", GROQ, GROQ_UNITS, None),
    ("deepseek", "deepseek", "chat", "deepseek-reasoner", DEEPSEEK, DEEPSEEK_UNITS, None),
    ("xai", "x-ai", "chat", "grok-4", XAI, XAI_UNITS, None),
    ("xai ticks", "x-ai", "chat", "grok-4", TICKS, XAI_UNITS, 3775600),
    ("openrouter", "openrouter", "chat", "anthropic/claude", OPENROUTER, OPENROUTER_UNITS, 2198551),
    ("perplexity", "perplexity", "default", "sonar", PERPLEXITY, PERPLEXITY_UNITS, 409_000_000),
    ("fireworks", "fireworks", "chat", "accounts/fireworks/models/x", SMALL, SMALL_UNITS, None),
    ("together", "", "", "meta-llama/x", TOGETHER, TOGETHER_UNITS, None),
)  # fmt: skip

CHAT_SAMPLES = [
    Sample(
        name,
        json.dumps(chat(model, usage), ensure_ascii=False).encode(),
        JSON,
        units,
        provider,
        flavor,
        {"model": model, "usage": usage},
        model=model,
        cost=cost,
    )
    for name, provider, flavor, model, usage, units, cost in _WHOLE
] + [
    Sample(
        f"{name} stream",
        sse(
            chunk(model, "It rains", usage=None),
            chunk(model, " in \u6771\u4eac.", usage=None),
            chunk(model, None, usage=usage),
            done=True,
        ),
        SSE,
        units,
        provider,
        flavor,
        {"model": model, "usage": usage},
        model=model,
        cost=cost,
    )
    for name, provider, flavor, model, usage, units, cost in _WHOLE
]

CHAT_SAMPLES += [
    Sample(
        "groq stream with its own member",
        sse(
            chunk("llama", "Hi", x_groq={"id": "req_1"}),
            chunk("llama", "", x_groq={"id": "req_1", "usage": GROQ}),
            done=True,
        ),
        SSE,
        {"input_tokens": 18, "output_tokens": 556},
        "groq",
        "default",
        {"model": "llama", "usage": GROQ},
        model="llama",
    ),
    Sample(
        "usage in each chunk, CRLF",
        sse(
            chunk("grok-4", "Hi", usage={**XAI, "completion_tokens": 1, "total_tokens": 127}),
            chunk("grok-4", " there", usage={**XAI, "completion_tokens": 5, "total_tokens": 131}),
            chunk("grok-4", ".", usage=XAI),
            end="\r\n\r\n",
            done=True,
        ),
        SSE,
        XAI_UNITS,
        "x-ai",
        "chat",
        {"model": "grok-4", "usage": XAI},
        model="grok-4",
    ),
    Sample(
        "usage in the choice",
        sse(
            {"model": "kimi-k2", "choices": [{"delta": {"content": "Hi"}}]},
            {"model": "kimi-k2", "choices": [{"finish_reason": "stop", "usage": SMALL}]},
            done=True,
        ),
        SSE,
        SMALL_UNITS,
        model="kimi-k2",
    ),
    Sample(
        "service tier",
        json.dumps(chat("gpt-5", SMALL, service_tier="flex")).encode(),
        JSON,
        SMALL_UNITS,
        "openai",
        "chat",
        {"model": "gpt-5", "usage": SMALL},
        model="gpt-5",
        context={"service_tier": "flex"},
    ),
]  # fmt: skip
