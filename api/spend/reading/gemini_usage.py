"""Turns Gemini's `usageMetadata` into units (https://ai.google.dev/api/generate-content)."""

from __future__ import annotations

from collections.abc import Iterator

from api.spend.reading.counts import UsageCounts

_MODALITIES = {
    "TEXT": "text",
    "AUDIO": "audio",
    "IMAGE": "image",
    "DOCUMENT": "image",
    "VIDEO": "video",
}


def gemini_units(counts: UsageCounts) -> dict[str, int]:
    """Return the units of a `usageMetadata`. Thoughts are output, prompts of tools are input."""
    tool = counts.get("toolUsePromptTokenCount")
    thoughts = counts.get("thoughtsTokenCount")
    # Gemini Live says `responseTokenCount`.
    output = counts.first(("candidatesTokenCount",), ("responseTokenCount",))
    prompt = counts.get("promptTokenCount")
    units: dict[str, int] = {}
    if prompt is not None or tool is not None:
        units["input_tokens"] = (prompt or 0) + (tool or 0)
    if output is not None or thoughts is not None:
        units["output_tokens"] = (output or 0) + (thoughts or 0)
    elif units and counts.get("totalTokenCount") is not None:
        # A prompt that was blocked, or an embedding: nothing was put out.
        units["output_tokens"] = 0
    for name, count in (
        ("cache_read_tokens", counts.get("cachedContentTokenCount")),
        ("output_reasoning_tokens", thoughts),
        ("input_tool_tokens", tool),
        *_by_modality(counts, "promptTokensDetails", "input_{}_tokens"),
        *_by_modality(counts, "cacheTokensDetails", "cache_{}_read_tokens"),
        *_by_modality(counts, "candidatesTokensDetails", "output_{}_tokens"),
        *_by_modality(counts, "responseTokensDetails", "output_{}_tokens"),
        *_by_modality(counts, "toolUsePromptTokensDetails", "input_{}_tokens"),
        *_by_modality(counts, "toolUsePromptTokensDetails", "input_{}_tool_tokens"),
    ):
        if count:
            units[name] = units.get(name, 0) + count
    return units


def interaction_units(counts: UsageCounts) -> dict[str, int]:
    """Return the units of a usage of Gemini's Interactions API, which are counted in the same way.

    https://ai.google.dev/api/interactions-api
    """
    tool = counts.get("total_tool_use_tokens")
    thoughts = counts.get("total_thought_tokens")
    prompt, output = counts.get("total_input_tokens"), counts.get("total_output_tokens")
    units: dict[str, int] = {}
    if prompt is not None or tool is not None:
        units["input_tokens"] = (prompt or 0) + (tool or 0)
    if output is not None or thoughts is not None:
        units["output_tokens"] = (output or 0) + (thoughts or 0)
    for name, count in (
        ("cache_read_tokens", counts.get("total_cached_tokens")),
        ("output_reasoning_tokens", thoughts),
        ("input_tool_tokens", tool),
    ):
        if count:
            units[name] = count
    return units


def _by_modality(counts: UsageCounts, member: str, unit: str) -> Iterator[tuple[str, int | None]]:
    details = counts.usage.get(member)
    seen: set[str] = set()
    for detail in details if isinstance(details, list) else []:
        modality = detail.get("modality") if isinstance(detail, dict) else None
        if isinstance(modality, str) and modality in _MODALITIES and modality not in seen:
            seen.add(modality)
            yield unit.format(_MODALITIES[modality]), counts.of(detail).get("tokenCount")
