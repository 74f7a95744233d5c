"""OpenAI, by its published OpenAPI description and its guides to rate limits and errors.

Sources: tests/sdk/published/openai.json; https://platform.openai.com/docs/guides/error-codes;
https://platform.openai.com/docs/guides/rate-limits.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import (
    Fields,
    Standin,
    bearer,
    form_field,
    json_answer,
    published,
)
from tests.sdk.standins.openai_responses import response, streamed_response
from tests.support.upstream import Answer, Received

SECRET = "sk-proj-0123456789abcdefghij"
PUBLISHED = published("openai")
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
FILES = [f"file-{number}" for number in range(5)]


class OpenAi(Standin):
    """The API at its own server."""

    slug = "openai"
    secret = SECRET
    results: ClassVar[Mapping[str, object]] = {
        "call": "".join(WORDS),
        "stream": [*WORDS, None],
        "upload": len(FILE),
        "pages": FILES,
    }

    def knows(self, received: Received) -> bool:
        return bearer(received) == SECRET

    def refusal(self) -> Answer:
        return error(401, "Incorrect API key provided.", "invalid_api_key")

    def limited(self, seconds: int) -> Answer:
        message = "Rate limit reached for gpt-5-mini."
        return error(429, message, "rate_limit_exceeded", [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return error(503, "The server is currently overloaded.", None)

    def answer(self, received: Received) -> Answer:
        return answer_of(received)


def answer(received: Received, _connection: socket.socket) -> Answer:
    """Serve the API in a place of a shared upstream."""
    if bearer(received) != SECRET:
        return error(401, "Incorrect API key provided.", "invalid_api_key")
    return answer_of(received)


def answer_of(received: Received) -> Answer:
    """Return the API's response to an authenticated request."""
    path, _, query = received.target.partition("?")
    call = (received.method, path.partition("/v1")[2])
    if call in (("POST", "/chat/completions"), ("POST", "/responses")):
        wanted = json.loads(received.body)
        if wanted["model"] == "none":
            return error(404, "The model `none` does not exist.", "model_not_found")
        if call[1] == "/responses":
            respond = streamed_response if wanted.get("stream") else response
            return respond(WORDS, LIMITS)
        return streamed() if wanted.get("stream") else completion(wanted)
    if call == ("POST", "/files"):
        return uploaded(received)
    if call == ("GET", "/models"):
        return json_answer(PUBLISHED["GET /models"], headers=LIMITS)
    if call == ("GET", "/files"):
        return files(parse_qs(query))
    return error(404, f"Invalid URL ({received.method} {path})", None)


def error(status: int, message: str, code: str | None, headers: Fields | None = None) -> Answer:
    """Return an error in the API's format."""
    kind = "requests" if status == 429 else "invalid_request_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return json_answer(body, status, [*LIMITS, *(headers or [])])


def completion(wanted: dict[str, Any]) -> Answer:
    """Return a complete completion."""
    body = {**PUBLISHED["POST /chat/completions"], "model": wanted["model"]}
    [choice] = body["choices"]
    message = {**choice["message"], "content": "".join(WORDS)}
    return json_answer({**body, "choices": [{**choice, "message": message}]}, headers=LIMITS)


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    """Return a server-sent event with a part of a completion."""
    body = dict(PUBLISHED["POST /chat/completions (stream)"][0])
    [choice] = body["choices"]
    body["choices"] = [{**choice, "delta": delta, "finish_reason": finish}]
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def streamed() -> Answer:
    """Return a streamed completion."""

    def pieces() -> Iterator[bytes]:
        for word in WORDS:
            event = chunk({"content": word})
            # Split events anywhere, even within a character.
            yield event[: len(event) - 9]
            yield event[len(event) - 9 :]
        yield chunk({}, "stop") + b"data: [DONE]\n\n"

    kind = ("Content-Type", "text/event-stream; charset=utf-8")
    return Answer(200, [kind, *LIMITS], b"", pieces=pieces)


def uploaded(received: Received) -> Answer:
    """Return the file object of an upload, with the number of received bytes."""
    size = len(form_field(received, "file"))
    purpose = form_field(received, "purpose").decode()
    body = {**PUBLISHED["POST /files"], "bytes": size, "purpose": purpose}
    return json_answer(body, headers=LIMITS)


def files(query: dict[str, list[str]]) -> Answer:
    """Return a page of two of five files with a cursor."""
    after = query.get("after", [""])[0]
    start = FILES.index(after) + 1 if after else 0
    page = FILES[start : start + 2]
    [like, *_] = PUBLISHED["GET /files"]["data"]
    return json_answer(
        {
            "object": "list",
            "data": [{**like, "id": name} for name in page],
            "has_more": start + 2 < len(FILES),
            "first_id": page[0],
            "last_id": page[-1],
        },
        headers=LIMITS,
    )
