"""Answers shaped like OpenAI's, for the official SDK.

Source of the shapes: https://platform.openai.com/docs/api-reference.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from tests.support.upstream import Answer, Received

SECRET = "sk-proj-0123456789abcdefghij"
JSON = ("Content-Type", "application/json")
LIMITS = [
    ("x-request-id", "req_0123456789abcdef"),
    ("openai-organization", "org-1"),
    ("openai-processing-ms", "210"),
    ("openai-version", "2020-10-01"),
    ("x-ratelimit-limit-requests", "10000"),
    ("x-ratelimit-remaining-requests", "9999"),
    ("x-ratelimit-reset-requests", "8.64s"),
]
WORDS = ["Hel", "lo, ", "wörld", " — 你好", "!"]


def answer(received: Received, _connection: socket.socket) -> Answer:
    """What the API would say."""
    if received.get("Authorization") != f"Bearer {SECRET}":
        return error(401, "Incorrect API key provided.", "invalid_api_key")
    path, _, query = received.target.partition("?")
    call = (received.method, path.partition("/v1")[2])
    if call == ("POST", "/chat/completions"):
        wanted = json.loads(received.body)
        return streamed(wanted) if wanted.get("stream") else completion(wanted)
    if call == ("POST", "/files"):
        return uploaded(received)
    if call == ("GET", "/models"):
        return json_answer({"object": "list", "data": [model(name) for name in ("a", "b")]})
    if call == ("GET", "/files"):
        return files(parse_qs(query))
    return error(404, f"Invalid URL ({received.method} {path})", None)


def json_answer(body: object, status: int = 200, headers: list[tuple[str, str]] = []) -> Answer:  # noqa: B006
    return Answer(status, [JSON, *LIMITS, *headers], json.dumps(body).encode())


def error(
    status: int, message: str, code: str | None, headers: list[tuple[str, str]] | None = None
) -> Answer:
    body = {"error": {"message": message, "type": "requests", "param": None, "code": code}}
    return json_answer(body, status, headers or [])


def completion(wanted: dict[str, Any]) -> Answer:
    message = {"role": "assistant", "content": "".join(WORDS), "refusal": None}
    return json_answer(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_780_000_200,
            "model": wanted["model"],
            "choices": [
                {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            ],
            "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
        }
    )


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_780_000_200,
        "model": "gpt-5-mini",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def streamed(_wanted: dict[str, Any]) -> Answer:
    def pieces() -> Iterator[bytes]:
        for word in WORDS:
            event = chunk({"content": word})
            # An event may be cut anywhere, within a character too.
            yield event[: len(event) - 9]
            yield event[len(event) - 9 :]
        yield chunk({}, "stop") + b"data: [DONE]\n\n"

    return Answer(200, [("Content-Type", "text/event-stream; charset=utf-8"), *LIMITS], b"",
                  pieces=pieces)  # fmt: skip


def uploaded(received: Received) -> Answer:
    assert (received.get("Content-Type") or "").startswith("multipart/form-data; boundary=")
    return json_answer(
        {
            "id": "file-1",
            "object": "file",
            "bytes": len(received.body),
            "created_at": 1_780_000_200,
            "filename": "data.jsonl",
            "purpose": "fine-tune",
            "status": "processed",
        }
    )


def model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 1_780_000_200, "owned_by": "openai"}


def files(query: dict[str, list[str]]) -> Answer:
    """Five files, two a page, as a cursor page."""
    names = [f"file-{i}" for i in range(5)]
    after = query.get("after", [""])[0]
    start = names.index(after) + 1 if after else 0
    page = names[start : start + 2]
    return json_answer(
        {
            "object": "list",
            "data": [
                {
                    "id": name,
                    "object": "file",
                    "bytes": 1,
                    "created_at": 1_780_000_200,
                    "filename": name,
                    "purpose": "fine-tune",
                    "status": "processed",
                }
                for name in page
            ],
            "has_more": start + 2 < len(names),
            "first_id": page[0],
            "last_id": page[-1],
        }
    )
