"""Anthropic, as its API reference has it: messages, server-sent events, cursor pages, errors.

Sources: https://platform.claude.com/docs/en/api/messages, /build-with-claude/streaming,
/api/errors, /api/rate-limits; the types of the official SDKs, which are made from Anthropic's own
description.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, bearer, form_field, json_answer
from tests.support.upstream import Answer, Received

SECRET = "sk-ant-api03-0123456789abcdefghij"
WORDS = ["Hel", "lo, ", "wörld", " — 你好", "!"]
MODELS = [f"claude-{number}" for number in range(5)]
LIMITS = [
    ("request-id", "req_0123456789abcdef"),
    ("anthropic-organization-id", "00000000-0000-0000-0000-000000000000"),
    ("anthropic-ratelimit-requests-limit", "1000"),
    ("anthropic-ratelimit-requests-remaining", "999"),
    ("anthropic-ratelimit-requests-reset", "2099-01-01T00:00:00Z"),
    ("anthropic-ratelimit-tokens-limit", "100000"),
    ("anthropic-ratelimit-tokens-remaining", "99000"),
    ("anthropic-ratelimit-tokens-reset", "2099-01-01T00:00:00Z"),
]
MESSAGE: dict[str, Any] = {
    "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
    "type": "message",
    "role": "assistant",
    "model": "claude-0",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 6},
}


class Anthropic(Standin):
    """The API at its own server."""

    slug = "anthropic"
    secret = SECRET
    results: ClassVar[Mapping[str, object]] = {
        "call": "".join(WORDS),
        "stream": WORDS,
        "upload": len(FILE),
        "pages": MODELS,
    }

    def knows(self, received: Received) -> bool:
        return SECRET in (received.get("x-api-key"), bearer(received))

    def refusal(self) -> Answer:
        return error(401, "authentication_error", "invalid x-api-key")

    def limited(self, seconds: int) -> Answer:
        message = "This request would exceed your organization's rate limit."
        return error(429, "rate_limit_error", message, [("retry-after", str(seconds))])

    def broken(self) -> Answer:
        return error(529, "overloaded_error", "Overloaded", [("x-should-retry", "true")])

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        if received.get("anthropic-version") is None:
            return error(400, "invalid_request_error", "anthropic-version: header is required")
        call = (received.method, path)
        if call == ("POST", "/v1/messages"):
            wanted = json.loads(received.body)
            if wanted["model"] == "none":
                return error(404, "not_found_error", "model: none")
            return streamed() if wanted.get("stream") else message()
        if call == ("GET", "/v1/models"):
            return models(parse_qs(query))
        if call == ("POST", "/v1/files"):
            return uploaded(received)
        return error(404, "not_found_error", f"Not found: {path}")


def error(status: int, kind: str, message: str, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    body = {
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": "req_0123456789abcdef",
    }
    return json_answer(body, status, [*LIMITS, *(headers or [])])


def message() -> Answer:
    """Return a complete message."""
    content = [{"type": "text", "text": "".join(WORDS)}]
    return json_answer({**MESSAGE, "content": content, "stop_reason": "end_turn"}, headers=LIMITS)


def event(kind: str, **members: object) -> bytes:
    """Return a server-sent event."""
    data = json.dumps({"type": kind, **members}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def streamed() -> Answer:
    """Return a streamed message."""

    def pieces() -> Iterator[bytes]:
        yield event("message_start", message=MESSAGE)
        yield event(
            "content_block_start", index=0, content_block={"type": "text", "text": ""}
        ) + event("ping")
        for word in WORDS:
            delta = event(
                "content_block_delta", index=0, delta={"type": "text_delta", "text": word}
            )
            # Split events anywhere, even within a character.
            yield delta[:-7]
            yield delta[-7:]
        yield event("content_block_stop", index=0)
        yield event(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage={"output_tokens": 6},
        )
        yield event("message_stop")

    kind = ("Content-Type", "text/event-stream; charset=utf-8")
    return Answer(200, [kind, ("Cache-Control", "no-cache"), *LIMITS], b"", pieces=pieces)


def models(query: dict[str, list[str]]) -> Answer:
    """Return a page of two of five models with a cursor."""
    after = query.get("after_id", [""])[0]
    start = MODELS.index(after) + 1 if after else 0
    page = MODELS[start : start + 2]
    return json_answer(
        {
            "data": [
                {
                    "type": "model",
                    "id": name,
                    "display_name": name.title(),
                    "created_at": "2026-02-19T00:00:00Z",
                    "lifecycle": "active",
                }
                for name in page
            ],
            "has_more": start + 2 < len(MODELS),
            "first_id": page[0],
            "last_id": page[-1],
        },
        headers=LIMITS,
    )


def uploaded(received: Received) -> Answer:
    """Return the metadata of an upload, with the number of received bytes."""
    return json_answer(
        {
            "type": "file",
            "id": "file_011CNha8iCJcU1wXNR6q4V8w",
            "filename": "data.jsonl",
            "mime_type": "application/octet-stream",
            "size_bytes": len(form_field(received, "file")),
            "created_at": "2026-02-19T00:00:00Z",
            "downloadable": False,
        },
        headers=LIMITS,
    )
