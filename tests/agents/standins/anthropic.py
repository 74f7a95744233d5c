"""Anthropic's Messages API with tools.

Sources: https://platform.claude.com/docs/en/api/messages, /build-with-claude/streaming,
/agents-and-tools/tool-use, /api/messages-count-tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.agents.standins.events import event, event_stream
from tests.agents.standins.script import Asked, Script, ToolCall
from tests.sdk.standins.anthropic import LIMITS, error
from tests.sdk.standins.base import json_answer
from tests.support.upstream import Answer, Received

SECRET = "sk-ant-api03-" + "kZ4" * 30
_USAGE = {"input_tokens": 12, "output_tokens": 6, "cache_creation_input_tokens": 0,
          "cache_read_input_tokens": 0}  # fmt: skip


def answer(received: Received, script: Script) -> Answer | None:
    """Return the response to a request, None if the path is not of this API."""
    path = received.target.partition("?")[0]
    if path not in ("/v1/messages", "/v1/messages/count_tokens"):
        return None
    if received.get("x-api-key") != SECRET:
        return error(401, "authentication_error", "invalid x-api-key")
    if received.method != "POST":
        return error(405, "invalid_request_error", "Method Not Allowed")
    wanted = json.loads(received.body)
    if path.endswith("count_tokens"):
        return json_answer({"input_tokens": 12}, headers=LIMITS)
    reply = script.reply(_asked(wanted, path))
    if wanted.get("stream"):
        return event_stream(lambda: _stream(wanted["model"], reply, script))
    return _message(wanted["model"], reply)


def _asked(wanted: dict[str, Any], path: str) -> Asked:
    last = wanted["messages"][-1]["content"]
    results = [part for part in last if isinstance(part, dict) and part["type"] == "tool_result"]
    return Asked(
        tuple(tool["name"] for tool in wanted.get("tools", [])),
        _text(results[-1].get("content", "")) if results else None,
        bool(wanted.get("stream")),
        path,
    )


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _shell(model: str) -> dict[str, Any]:
    return {"id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "type": "message", "role": "assistant",
            "model": model, "content": [], "stop_reason": None, "stop_sequence": None,
            "usage": _USAGE}  # fmt: skip


def _block(reply: ToolCall | tuple[str, ...]) -> dict[str, Any]:
    if isinstance(reply, ToolCall):
        return {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": reply.name}
    return {"type": "text", "text": ""}


def _message(model: str, reply: ToolCall | tuple[str, ...]) -> Answer:
    block = _block(reply)
    if isinstance(reply, ToolCall):
        block["input"] = reply.arguments
    else:
        block["text"] = "".join(reply)
    reason = "tool_use" if isinstance(reply, ToolCall) else "end_turn"
    return json_answer({**_shell(model), "content": [block], "stop_reason": reason}, headers=LIMITS)


def _stream(model: str, reply: ToolCall | tuple[str, ...], script: Script) -> Iterator[bytes]:
    def send(kind: str, **members: object) -> bytes:
        return event({"type": kind, **members}, kind)

    yield send("message_start", message=_shell(model))
    block = _block(reply)
    if isinstance(reply, ToolCall):
        block["input"] = {}
    yield send("content_block_start", index=0, content_block=block)
    yield send("ping")
    if isinstance(reply, ToolCall):
        text = json.dumps(reply.arguments)
        for part in (text[:5], text[5:]):
            delta = {"type": "input_json_delta", "partial_json": part}
            yield send("content_block_delta", index=0, delta=delta)
    else:
        for word in script.paced(reply):
            delta = {"type": "text_delta", "text": word}
            yield send("content_block_delta", index=0, delta=delta)
    yield send("content_block_stop", index=0)
    reason = "tool_use" if isinstance(reply, ToolCall) else "end_turn"
    yield send(
        "message_delta",
        delta={"stop_reason": reason, "stop_sequence": None},
        usage=_USAGE,
    )
    yield send("message_stop")
