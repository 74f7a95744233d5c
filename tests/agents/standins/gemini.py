"""Gemini's generateContent and streamGenerateContent with function calls.

Sources: https://ai.google.dev/api/generate-content, https://ai.google.dev/gemini-api/docs/function-calling.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.agents.standins.events import event, event_stream
from tests.agents.standins.script import Asked, Script, ToolCall
from tests.sdk.standins.base import json_answer
from tests.support.upstream import Answer, Received

SECRET = "AIzaSy" + "kZ4" * 11
_USAGE = {"promptTokenCount": 12, "candidatesTokenCount": 6, "totalTokenCount": 18}


def answer(received: Received, script: Script) -> Answer | None:
    """Return the response to a request, None if the path is not of this API."""
    path, _, query = received.target.partition("?")
    if not path.startswith("/v1beta/models/"):
        return None
    if received.get("x-goog-api-key") != SECRET:
        return _error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT")
    model, _, call = path.removeprefix("/v1beta/models/").partition(":")
    if call == "countTokens":
        return json_answer({"totalTokens": 12})
    if call not in ("generateContent", "streamGenerateContent"):
        return _error(404, f"Not found: {path}", "NOT_FOUND")
    wanted = json.loads(received.body)
    is_stream = call == "streamGenerateContent"
    reply = script.reply(_asked(wanted, is_stream, path))
    if is_stream:
        assert "alt=sse" in query, query
        return event_stream(lambda: _stream(model, reply, script))
    return json_answer(_candidate(model, reply if isinstance(reply, ToolCall) else "".join(reply)))


def _error(status: int, message: str, name: str) -> Answer:
    body = {"error": {"code": status, "message": message, "status": name}}
    return json_answer(body, status)


def _asked(wanted: dict[str, Any], is_stream: bool, path: str) -> Asked:
    results = [
        part["functionResponse"]["response"]
        for part in wanted["contents"][-1]["parts"]
        if "functionResponse" in part
    ]
    return Asked(
        tuple(
            function["name"]
            for tool in wanted.get("tools") or []
            for function in tool.get("functionDeclarations") or []
        ),
        str(results[-1].get("output", results[-1])) if results else None,
        is_stream,
        path,
    )


def _candidate(model: str, reply: ToolCall | str, reason: str | None = "STOP") -> dict[str, Any]:
    if isinstance(reply, ToolCall):
        part: dict[str, Any] = {"functionCall": {"name": reply.name, "args": reply.arguments}}
    else:
        part = {"text": reply}
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [part]}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], "usageMetadata": _USAGE, "modelVersion": model,
            "responseId": "mAitaLmkHPPlz7IPvtfUqQ4"}  # fmt: skip


def _stream(model: str, reply: ToolCall | tuple[str, ...], script: Script) -> Iterator[bytes]:
    if isinstance(reply, ToolCall):
        yield event(_candidate(model, reply))
        return
    for word in script.paced(reply):
        yield event(_candidate(model, word, None))
    yield event(_candidate(model, ""))
