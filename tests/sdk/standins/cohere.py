"""Cohere: chat of version 2, server-sent events with types, data sets as forms.

Sources: https://docs.cohere.com/reference/chat, /reference/chat-stream, /reference/create-dataset,
/reference/errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import ClassVar

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.sdk.standins.events import TEXT, WORDS, event, streamed
from tests.support.upstream import Answer, Received

LIMITS = [
    ("x-endpoint-monthly-call-limit", "1000"),
    ("x-trial-endpoint-call-limit", "20"),
    ("x-trial-endpoint-call-remaining", "19"),
    ("x-debug-trace-id", "0123456789abcdef0123456789abcdef"),
]
_TOKENS = {"input_tokens": 3, "output_tokens": 6}
USAGE = {"billed_units": _TOKENS, "tokens": _TOKENS}


class Cohere(Standin):
    """api.cohere.com."""

    slug = "cohere"
    secret = "0123456789abcdefghijklmnopqrstuvwxyzABCD"
    results: ClassVar[Mapping[str, object]] = {
        "call": TEXT,
        "stream": WORDS,
        "upload": f"data-{len(FILE)}-bytes",
    }

    def refusal(self) -> Answer:
        return error(401, "invalid api token")

    def limited(self, seconds: int) -> Answer:
        message = "You are using a Trial key, which is limited to 20 API calls / minute."
        return error(429, message, [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return error(503, "upstream service unavailable")

    def answer(self, received: Received) -> Answer:
        path = received.target.partition("?")[0]
        call = (received.method, path)
        if call == ("POST", "/v2/chat"):
            wanted = json.loads(received.body)
            if wanted["model"] == "none":
                return error(404, "model 'none' not found")
            if wanted.get("stream"):
                return streamed(events(), LIMITS)
            content = [{"type": "text", "text": TEXT}]
            body = {
                "id": "c14c80c3-18eb-4519-9460-6c92edd8cfb4",
                "finish_reason": "COMPLETE",
                "message": {"role": "assistant", "content": content},
                "usage": USAGE,
            }
            return json_answer(body, headers=LIMITS)
        if call == ("POST", "/v1/datasets"):
            size = len(form_field(received, "data"))
            return json_answer({"id": f"data-{size}-bytes"}, headers=LIMITS)
        if call == ("GET", "/v1/models"):
            return json_answer({"models": []}, headers=LIMITS)
        return error(404, f"{path.rpartition('/')[2]} not found")


def events() -> Iterator[bytes]:
    """Return an answer as events."""
    start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    identity = "29f14a5a-11de-4cae-9800-25e4747408ea"
    parts: list[tuple[str, dict[str, object]]] = [
        ("message-start", {"id": identity, "delta": {"message": start}}),
        ("content-start", {"index": 0, "delta": delta({"type": "text", "text": ""})}),
        *(("content-delta", {"index": 0, "delta": delta({"text": word})}) for word in WORDS),
        ("content-end", {"index": 0}),
        ("message-end", {"delta": {"finish_reason": "COMPLETE", "usage": USAGE}}),
    ]
    for kind, members in parts:
        yield event({"type": kind, **members}, kind)


def delta(content: dict[str, str]) -> dict[str, object]:
    """Return what an event adds to the content."""
    return {"message": {"content": content}}


def error(status: int, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {"id": "e1a2b3c4-0000-4000-8000-000000000000", "message": message}
    return json_answer(body, status, [*LIMITS, *(headers or [])])
