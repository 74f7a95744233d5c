"""Mistral AI: chat completions, server-sent events, uploads as forms.

Sources: https://docs.mistral.ai/api, and the types of the official SDKs, which are made from
Mistral's own description.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.sdk.standins.events import TEXT, WORDS, event, streamed
from tests.support.upstream import Answer, Received

LIMITS = [
    ("mistral-correlation-id", "01234567-89ab-cdef-0123-456789abcdef"),
    ("x-ratelimit-limit-req-minute", "60"),
    ("x-ratelimit-remaining-req-minute", "59"),
]
USAGE = {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9}
COMPLETION = {"id": "cmpl-0123456789", "created": 1_764_500_000, "model": "mistral-small-latest"}


class Mistral(Standin):
    """api.mistral.ai."""

    slug = "mistral"
    secret = "0123456789abcdefghijklmnopqrstuv"
    results: ClassVar[Mapping[str, object]] = {
        "call": TEXT,
        "stream": [*WORDS, ""],
        "upload": len(FILE),
    }

    def refusal(self) -> Answer:
        return json_answer({"detail": "Unauthorized"}, 401, LIMITS)

    def limited(self, seconds: int) -> Answer:
        return error(429, "rate_limited", "Rate limit exceeded", [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return error(503, "internal_server_error", "Service unavailable.")

    def answer(self, received: Received) -> Answer:
        path = received.target.partition("?")[0]
        call = (received.method, path)
        if call == ("POST", "/v1/chat/completions"):
            wanted = json.loads(received.body)
            if wanted["model"] == "none":
                return error(404, "invalid_model", "Invalid model: none")
            if wanted.get("stream"):
                return streamed([*events(), b"data: [DONE]\n\n"], LIMITS)
            message = {"role": "assistant", "content": TEXT, "tool_calls": None}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            body = {**COMPLETION, "object": "chat.completion", "choices": [choice], "usage": USAGE}
            return json_answer(body, headers=LIMITS)
        if call == ("POST", "/v1/files"):
            body = {
                "id": "497f6eca-6276-4993-bfeb-53cbbbba6f09",
                "object": "file",
                "bytes": len(form_field(received, "file")),
                "created_at": 1_764_500_000,
                "filename": "data.jsonl",
                "purpose": "fine-tune",
                "sample_type": "instruct",
                "source": "upload",
            }
            return json_answer(body, headers=LIMITS)
        if call == ("GET", "/v1/models"):
            return json_answer({"object": "list", "data": []}, headers=LIMITS)
        return error(404, "invalid_model", "Model not found")


def events() -> Iterator[bytes]:
    """Return a completion as events."""
    for number, word in enumerate([*WORDS, ""]):
        last = number == len(WORDS)
        choice: dict[str, Any] = {
            "index": 0,
            "delta": {"content": word} | ({"role": "assistant"} if number == 0 else {}),
            "finish_reason": "stop" if last else None,
        }
        body = {**COMPLETION, "object": "chat.completion.chunk", "choices": [choice]}
        yield event({**body, "usage": USAGE} if last else body)


def error(status: int, kind: str, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {"object": "error", "message": message, "type": kind, "param": None, "code": "1000"}
    return json_answer(body, status, [*LIMITS, *(headers or [])])
