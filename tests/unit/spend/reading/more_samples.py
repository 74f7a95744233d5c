"""Samples of OpenAI's other endpoints, Anthropic and Gemini."""

from __future__ import annotations

import json
from typing import Any

from api.spend.usage import RequestFacts
from tests.unit.spend.reading.samples import JSON, SSE, Sample, sse

EMBEDDING_FACTS = RequestFacts(model="asked-for", body_bytes=400, max_output=0, kind="embedding")
MEDIA_FACTS = RequestFacts(model="asked-for", body_bytes=400, kind="media")


def whole(
    name: str,
    provider: str,
    flavor: str,
    document: dict[str, Any],
    units: dict[str, int],
    **more: Any,
) -> Sample:
    """Return a sample that is one JSON document."""
    body = json.dumps(document).encode()
    return Sample(name, body, JSON, units, provider, flavor, usage=document, **more)


RESPONSES_USAGE = {
    "input_tokens": 328,
    "input_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 30},
    "output_tokens": 52,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 380,
}
RESPONSES_UNITS = {
    "input_tokens": 328,
    "output_tokens": 52,
    "cache_read_tokens": 100,
    "cache_write_tokens": 30,
    "output_reasoning_tokens": 12,
}


def responses_stream(last: str) -> bytes:
    """Return a stream of the Responses API with this last event."""
    names = ["response.created", "response.output_text.delta", "response.output_text.done", last]
    response: dict[str, Any] = {"id": "resp_1", "model": "gpt-5", "usage": None, "output": []}
    return sse(
        {"type": names[0], "response": response},
        {"type": names[1], "delta": "It rains.", "output_index": 0},
        {"type": names[2], "text": "It rains.", "output_index": 0},
        {"type": last, "response": {**response, "usage": RESPONSES_USAGE}},
        names=names,
    )


ANTHROPIC_START = {
    "input_tokens": 25,
    "cache_creation_input_tokens": 1000,
    "cache_read_input_tokens": 2000,
    "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
    "output_tokens": 1,
    "service_tier": "standard",
}
ANTHROPIC_END = {"output_tokens": 91, "server_tool_use": {"web_search_requests": 2}}
ANTHROPIC_UNITS = {
    "input_tokens": 3025,
    "output_tokens": 91,
    "cache_read_tokens": 2000,
    "cache_write_tokens": 1000,
    "cache_write_5m_tokens": 400,
    "cache_write_1h_tokens": 600,
    "web_searches": 2,
}
ANTHROPIC_WHOLE = {"model": "claude-sonnet-4-5", "usage": {**ANTHROPIC_START, **ANTHROPIC_END}}
_DELTA = {"type": "text_delta", "text": "It rains."}
ANTHROPIC_STREAM = sse(
    {
        "type": "message_start",
        "message": {"model": "claude-sonnet-4-5", "content": [], "usage": ANTHROPIC_START},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": _DELTA},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": ANTHROPIC_END},
    {"type": "message_stop"},
    names=[
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "message_delta",
        "message_stop",
    ],
)

GEMINI_USAGE = {
    "promptTokenCount": 300,
    "cachedContentTokenCount": 64,
    "candidatesTokenCount": 40,
    "thoughtsTokenCount": 25,
    "toolUsePromptTokenCount": 11,
    "totalTokenCount": 376,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 42},
        {"modality": "IMAGE", "tokenCount": 258},
    ],
    "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 64}],
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}],
    "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 11}],
}
GEMINI_UNITS = {
    "input_tokens": 311,
    "output_tokens": 65,
    "cache_read_tokens": 64,
    "cache_text_read_tokens": 64,
    "input_text_tokens": 53,
    "input_image_tokens": 258,
    "input_tool_tokens": 11,
    "input_text_tool_tokens": 11,
    "output_audio_tokens": 40,
    "output_reasoning_tokens": 25,
}


def gemini(text: str, usage: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    """Return one answer of Gemini, or one chunk of a stream."""
    candidate: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}}
    if reason is not None:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"}


GEMINI_WHOLE = gemini("It rains.", GEMINI_USAGE, "STOP")
GEMINI_CHUNKS = (
    gemini("It ", {"promptTokenCount": 300, "candidatesTokenCount": 2, "totalTokenCount": 302}),
    gemini("rains.", GEMINI_USAGE, "STOP"),
)
_GEMINI: dict[str, Any] = {
    "provider": "google",
    "flavor": "default",
    "usage": GEMINI_WHOLE,
    "model": "gemini-2.5-flash",
}
IMAGE_USAGE = {
    "total_tokens": 1100,
    "input_tokens": 70,
    "output_tokens": 1030,
    "input_tokens_details": {"text_tokens": 20, "image_tokens": 50},
}
TRANSCRIPTION_USAGE = {
    "type": "tokens",
    "input_tokens": 14,
    "input_token_details": {"text_tokens": 4, "audio_tokens": 10},
    "output_tokens": 45,
    "total_tokens": 59,
}
TRANSCRIPTION_UNITS = {
    "input_tokens": 14,
    "output_tokens": 45,
    "input_text_tokens": 4,
    "input_audio_tokens": 10,
}
EMBEDDINGS = {
    "model": "text-embedding-3-small",
    "data": [{"embedding": [0.25, -0.5] * 4, "index": index} for index in range(2)],
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}

MORE_SAMPLES = [
    whole(
        "responses",
        "openai",
        "responses",
        {"id": "resp_1", "model": "gpt-5", "output": [], "usage": RESPONSES_USAGE},
        RESPONSES_UNITS,
        model="gpt-5",
    ),
    *(
        Sample(
            f"{last} stream",
            responses_stream(last),
            SSE,
            RESPONSES_UNITS,
            "openai",
            "responses",
            {"usage": RESPONSES_USAGE},
            model="gpt-5",
        )
        for last in ("response.completed", "response.incomplete", "response.failed")
    ),
    whole(
        "embeddings",
        "openai",
        "embeddings",
        EMBEDDINGS,
        {"input_tokens": 8, "output_tokens": 0},
        facts=EMBEDDING_FACTS,
        model="text-embedding-3-small",
    ),
    whole(
        "images",
        "openai",
        "images",
        {"created": 1, "data": [{"b64_json": "iVBORw0KGgo" * 3}], "usage": IMAGE_USAGE},
        {
            "input_tokens": 70,
            "output_tokens": 1030,
            "input_text_tokens": 20,
            "input_image_tokens": 50,
        },
        facts=MEDIA_FACTS,
    ),
    whole(
        "transcription",
        "azure",
        "realtime",
        {"text": "It rains.", "usage": TRANSCRIPTION_USAGE, "response": {}},
        TRANSCRIPTION_UNITS,
        facts=MEDIA_FACTS,
    ),
    whole(
        "transcription by duration",
        "openai",
        "live",
        {"text": "It rains.", "usage": {"type": "duration", "seconds": 9}},
        {"audio_seconds": 9},
        facts=MEDIA_FACTS,
    ),
    whole("anthropic", "anthropic", "default", ANTHROPIC_WHOLE, ANTHROPIC_UNITS),
    Sample(
        "anthropic stream",
        ANTHROPIC_STREAM,
        SSE,
        ANTHROPIC_UNITS,
        "anthropic",
        "default",
        ANTHROPIC_WHOLE,
        model="claude-sonnet-4-5",
    ),
    Sample("gemini", json.dumps(GEMINI_WHOLE).encode(), JSON, GEMINI_UNITS, **_GEMINI),
    Sample("gemini stream", sse(*GEMINI_CHUNKS, end="\r\n\r\n"), SSE, GEMINI_UNITS, **_GEMINI),
    Sample(
        "gemini array",
        json.dumps(GEMINI_CHUNKS, indent=1).encode(),
        JSON,
        GEMINI_UNITS,
        **_GEMINI,
    ),
]
