"""Samples of Gemini's Interactions, Cohere, Bedrock and others, and of the results of batches."""

from __future__ import annotations

from tests.unit.spend.reading.more_samples import (
    ANTHROPIC_UNITS,
    ANTHROPIC_WHOLE,
    EMBEDDING_FACTS,
    MEDIA_FACTS,
    whole,
)
from tests.unit.spend.reading.samples import SSE, Sample, lines, sse

COHERE_USAGE = {
    "billed_units": {"input_tokens": 17, "output_tokens": 12},
    "tokens": {"input_tokens": 215, "output_tokens": 12},
}
COHERE_UNITS = {"input_tokens": 17, "output_tokens": 12}
BEDROCK_USAGE = {
    "inputTokens": 3,
    "outputTokens": 121,
    "totalTokens": 2072,
    "cacheReadInputTokens": 1712,
    "cacheWriteInputTokens": 236,
    "cacheDetails": [{"inputTokens": 236, "ttl": "5m"}],
}

FURTHER_SAMPLES = [
    whole(
        "gemini interactions",
        "",
        "",
        {
            "model": "gemini-3-flash",
            "usage": {
                "total_input_tokens": 9,
                "total_output_tokens": 779,
                "total_thought_tokens": 912,
                "total_tokens": 1700,
            },
        },
        {"input_tokens": 9, "output_tokens": 1691, "output_reasoning_tokens": 912},
    ),
    whole(
        "cohere v2",
        "cohere",
        "default",
        {"id": "1", "message": {"content": [{"text": "It rains."}]}, "usage": COHERE_USAGE},
        COHERE_UNITS,
    ),
    Sample(
        "cohere v2 stream",
        sse(
            {"type": "content-delta", "delta": {"message": {"content": {"text": "It rains."}}}},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": COHERE_USAGE}},
        ),
        SSE,
        COHERE_UNITS,
        "cohere",
        "default",
        {"usage": COHERE_USAGE},
    ),
    Sample(
        "cohere v1 stream",
        lines(
            {"is_finished": False, "event_type": "text-generation", "text": "It rains."},
            {"event_type": "stream-end", "response": {"text": "", "meta": COHERE_USAGE}},
        ),
        "application/stream+json",
        COHERE_UNITS,
        "cohere",
        "default",
        {"usage": COHERE_USAGE},
    ),
    whole(
        "cohere embeddings",
        "cohere",
        "embeddings",
        {"embeddings": {"float": [[0.5] * 9]}, "meta": {"billed_units": {"input_tokens": 4}}},
        {"input_tokens": 4},
        facts=EMBEDDING_FACTS,
    ),
    whole(
        "cohere rerank",
        "",
        "",
        {"results": [], "meta": {"billed_units": {"search_units": 1}}},
        {"rerank_searches": 1},
        facts=EMBEDDING_FACTS,
    ),
    whole(
        "bedrock",
        "aws",
        "default",
        {"output": {}, "usage": BEDROCK_USAGE},
        {
            "input_tokens": 1951,
            "output_tokens": 121,
            "cache_read_tokens": 1712,
            "cache_write_tokens": 236,
            "cache_write_5m_tokens": 236,
        },
    ),
    whole(
        "cloudflare",
        "cloudflare",
        "default",
        {"result": {"model": "@cf/m", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}},
        {"input_tokens": 3, "output_tokens": 4},
        model="@cf/m",
    ),
    whole(
        "mistral ocr",
        "mistral",
        "ocr",
        {"pages": [], "usage_info": {"pages_processed": 3, "doc_size_bytes": 100}},
        {"input_document_pages": 3},
        facts=MEDIA_FACTS,
    ),
    Sample(
        "ollama stream",
        lines(
            {"model": "llama3", "response": "It rains.", "done": False},
            {"model": "llama3", "done": True, "prompt_eval_count": 26, "eval_count": 298},
        ),
        "application/x-ndjson",
        {"input_tokens": 26, "output_tokens": 298},
        model="llama3",
    ),
    Sample(
        "openai batch results",
        lines(
            *(
                {
                    "custom_id": str(number),
                    "response": {
                        "status_code": 200,
                        "body": {"model": "gpt-5", "choices": [], "usage": usage},
                    },
                    "error": None,
                }
                for number, usage in enumerate(
                    [
                        {"prompt_tokens": 10, "completion_tokens": 5},
                        {"prompt_tokens": 30, "completion_tokens": 7},
                    ]
                )
            )
        ),
        "application/octet-stream",
        {"input_tokens": 40, "output_tokens": 12},
        model="gpt-5",
        context={"processing": "batch"},
    ),
    Sample(
        "anthropic batch results",
        lines(
            *(
                {"custom_id": "a", "result": {"type": "succeeded", "message": ANTHROPIC_WHOLE}}
                for _ in range(2)
            ),
            {"custom_id": "b", "result": {"type": "errored", "error": {"type": "invalid"}}},
        ),
        "application/x-jsonl",
        {name: 2 * count for name, count in ANTHROPIC_UNITS.items()},
        model="claude-sonnet-4-5",
        context={"processing": "batch"},
    ),
]
