"""OpenAI's Responses API, which newer clients call in place of chat completions.

Source: https://platform.openai.com/docs/api-reference/responses, and .../responses-streaming.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.sdk.standins.base import Fields, json_answer
from tests.support.upstream import Answer

RESPONSE: dict[str, Any] = {
    "id": "resp_0123456789abcdef",
    "object": "response",
    "created_at": 1_764_500_000,
    "status": "in_progress",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "model": "gpt-5-mini",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "service_tier": "default",
    "usage": None,
}
_USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 6,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 18,
}


def response(words: Sequence[str], headers: Fields) -> Answer:
    """Return a complete response."""
    return json_answer(_completed(words), headers=headers)


def streamed_response(words: Sequence[str], headers: Fields) -> Answer:
    """Return a response as server-sent events."""

    def pieces() -> Iterator[bytes]:
        place = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
        message = {**_message([]), "status": "in_progress", "content": []}
        yield _event(0, "response.created", response=RESPONSE)
        yield _event(1, "response.output_item.added", output_index=0, item=message)
        yield _event(2, "response.content_part.added", **place, part=_text([]))
        for number, word in enumerate(words, start=3):
            event = _event(number, "response.output_text.delta", **place, delta=word, logprobs=[])
            # Split events anywhere, even within a character.
            yield event[:-9]
            yield event[-9:]
        last = len(words) + 3
        yield _event(last, "response.output_item.done", output_index=0, item=_message(words))
        yield _event(last + 1, "response.completed", response=_completed(words))

    kind = ("Content-Type", "text/event-stream; charset=utf-8")
    return Answer(200, [kind, *headers], b"", pieces=pieces)


def _completed(words: Sequence[str]) -> dict[str, Any]:
    return {**RESPONSE, "status": "completed", "output": [_message(words)], "usage": _USAGE}


def _message(words: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "message",
        "id": "msg_0",
        "status": "completed",
        "role": "assistant",
        "content": [_text(words)],
    }


def _text(words: Sequence[str]) -> dict[str, Any]:
    return {"type": "output_text", "text": "".join(words), "annotations": [], "logprobs": []}


def _event(number: int, kind: str, **members: object) -> bytes:
    body = {"type": kind, "sequence_number": number, **members}
    return f"event: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
