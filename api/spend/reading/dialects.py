"""Turns the usage object of any provider into units.

The dialect is told by the names of the members, so that it also fits compatible APIs. What members
mean follows genai-prices' extractors; tests compare the two.
"""

from __future__ import annotations

from api.spend.reading.counts import UsageCounts
from api.spend.reading.gemini_usage import gemini_units, interaction_units

Units = dict[str, int]

_CACHED = (
    ("prompt_tokens_details", "cached_tokens"),
    ("prompt_cache_hit_tokens",),  # DeepSeek
    ("cached_tokens",),  # Moonshot, Together, Anthropic's compatible API
    ("cached_prompt_text_tokens",),  # xAI
    ("cache_read_input_tokens",),  # Databricks
)
_PERPLEXITY = ("citation_tokens", "num_search_queries", "search_context_size")


def read_units(counts: UsageCounts, model: str | None) -> Units | None:
    """Return the units of a usage object, or None if it has no member that is known.

    `model` is the model that the response or the request names.
    """
    usage = counts.usage
    if "promptTokenCount" in usage or "totalTokenCount" in usage or "candidatesTokenCount" in usage:
        return gemini_units(counts)
    if isinstance(usage.get("billed_units"), dict) or isinstance(usage.get("tokens"), dict):
        return _cohere_units(counts)
    if "inputTokens" in usage or "outputTokens" in usage:
        return _bedrock_units(counts, "Tokens")
    if "inputTokenCount" in usage or "outputTokenCount" in usage:
        return _bedrock_units(counts, "TokenCount")
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        return _chat_units(counts, model)
    if "input_tokens" in usage or "output_tokens" in usage:
        return _input_output_units(counts)
    if "total_input_tokens" in usage or "total_output_tokens" in usage:
        return interaction_units(counts)
    if "total_tokens" in usage:
        # Voyage: embeddings have input only.
        return _kept(input_tokens=counts.get("total_tokens"))
    if "pages_processed" in usage:
        return _kept(input_document_pages=counts.get("pages_processed"))
    if "seconds" in usage:
        return _kept(audio_seconds=counts.get("seconds", is_fraction_normal=True))
    if "prompt_eval_count" in usage or "eval_count" in usage:
        return _kept(
            input_tokens=counts.get("prompt_eval_count"), output_tokens=counts.get("eval_count")
        )
    if "prompt_token_count" in usage or "generation_token_count" in usage:
        return _kept(
            input_tokens=counts.get("prompt_token_count"),
            output_tokens=counts.get("generation_token_count"),
        )
    if "inputTextTokenCount" in usage:
        return _kept(input_tokens=counts.get("inputTextTokenCount"))
    return None


def _chat_units(counts: UsageCounts, model: str | None) -> Units:
    """Read the usage of OpenAI's chat completions and of APIs that are compatible with it."""
    details = "completion_tokens_details"
    output = counts.get("completion_tokens")
    reasoning = counts.first((details, "reasoning_tokens"), ("reasoning_tokens",))
    units = _kept(
        input_tokens=counts.get("prompt_tokens"),
        cache_read_tokens=counts.first(*_CACHED),
        cache_write_tokens=counts.get("prompt_tokens_details", "cache_write_tokens"),
        input_audio_tokens=counts.get("prompt_tokens_details", "audio_tokens"),
        output_audio_tokens=counts.get(details, "audio_tokens"),
        output_reasoning_tokens=reasoning,
        output_tokens=output,
        audio_seconds=counts.get("prompt_audio_seconds", is_fraction_normal=True),
    )
    if output is None:
        total, prompt = counts.get("total_tokens"), counts.get("prompt_tokens")
        if total is not None and prompt is not None and total >= prompt:
            units["output_tokens"] = total - prompt
    elif any(name in counts.usage for name in _PERPLEXITY):
        citations = counts.get("citation_tokens")
        units |= _kept(
            output_tokens=output + (counts.get("reasoning_tokens") or 0) + (citations or 0),
            output_citation_tokens=citations,
            web_searches=counts.get("num_search_queries"),
        )
    elif reasoning and _excludes_reasoning(counts, output, reasoning, model):
        units["output_tokens"] = output + reasoning
    return units


def _excludes_reasoning(
    counts: UsageCounts, output: int, reasoning: int, model: str | None
) -> bool:
    """Return whether `completion_tokens` leaves out the reasoning, as with xAI."""
    total, prompt = counts.get("total_tokens"), counts.get("prompt_tokens")
    if total is not None and prompt is not None:
        return total == prompt + output + reasoning
    return reasoning > output or (model or "").startswith("grok")


def _input_output_units(counts: UsageCounts) -> Units:
    """Read the usage of OpenAI's responses, images, transcriptions and realtime, and Anthropic's.

    Anthropic's `input_tokens` leave out what the cache holds.
    """
    cache_write = counts.get("cache_creation_input_tokens")
    cache_read = counts.get("cache_read_input_tokens")
    inner, outer = "input_tokens_details", "output_tokens_details"
    if "input_token_details" in counts.usage or "output_token_details" in counts.usage:
        inner, outer = "input_token_details", "output_token_details"
    fresh = counts.get("input_tokens")
    units = _kept(
        input_tokens=None if fresh is None else fresh + (cache_write or 0) + (cache_read or 0),
        output_tokens=counts.get("output_tokens"),
        cache_write_tokens=counts.first(
            ("cache_creation_input_tokens",), (inner, "cache_write_tokens")
        ),
        cache_write_5m_tokens=counts.get("cache_creation", "ephemeral_5m_input_tokens"),
        cache_write_1h_tokens=counts.get("cache_creation", "ephemeral_1h_input_tokens"),
        cache_read_tokens=counts.first(
            ("cache_read_input_tokens",),
            (inner, "cached_tokens"),
            (inner, "cache_read_input_tokens"),  # Perplexity
        ),
        input_text_tokens=counts.get(inner, "text_tokens"),
        input_audio_tokens=counts.get(inner, "audio_tokens"),
        input_image_tokens=counts.get(inner, "image_tokens"),
        output_text_tokens=counts.get(outer, "text_tokens"),
        output_audio_tokens=counts.get(outer, "audio_tokens"),
        output_image_tokens=counts.get(outer, "image_tokens"),
        output_reasoning_tokens=counts.first(
            (outer, "reasoning_tokens"), (outer, "thinking_tokens")
        ),
        web_searches=counts.first(
            ("server_tool_use", "web_search_requests"),
            ("tool_calls_details", "search_web", "invocation"),
        ),
        audio_seconds=counts.get("billable_audio_seconds", is_fraction_normal=True),
        input_text_messages=counts.get("input_text_messages"),
    )
    for kind in ("text", "audio", "image"):
        cached = counts.get(inner, "cached_tokens_details", f"{kind}_tokens")
        units |= _kept(**{f"cache_{kind}_read_tokens": cached})
    return units


def _cohere_units(counts: UsageCounts) -> Units:
    billed = "billed_units" if isinstance(counts.usage.get("billed_units"), dict) else "tokens"
    return _kept(
        input_tokens=counts.get(billed, "input_tokens"),
        output_tokens=counts.get(billed, "output_tokens"),
        rerank_searches=counts.get(billed, "search_units"),
        cache_read_tokens=counts.get("cached_tokens") if billed == "tokens" else None,
    )


def _bedrock_units(counts: UsageCounts, end: str) -> Units:
    """Read the usage of Bedrock's Converse, or its metrics of an invocation."""
    cache_read = counts.get(f"cacheReadInput{end}")
    cache_write = counts.get(f"cacheWriteInput{end}")
    fresh = counts.get(f"input{end}")
    units = _kept(
        input_tokens=None if fresh is None else fresh + (cache_read or 0) + (cache_write or 0),
        output_tokens=counts.get(f"output{end}"),
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
    )
    details = counts.usage.get("cacheDetails")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and detail.get("ttl") in ("5m", "1h"):
            written = counts.of(detail).get("inputTokens")
            units |= _kept(**{f"cache_write_{detail['ttl']}_tokens": written})
    return units


def _kept(**units: int | None) -> Units:
    """Return the units that are known. A detail of 0 says nothing."""
    return {
        name: count
        for name, count in units.items()
        if count or (count == 0 and name in ("input_tokens", "output_tokens"))
    }
