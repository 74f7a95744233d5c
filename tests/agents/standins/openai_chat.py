"""OpenAI's chat completions with tools.

Sources: https://platform.openai.com/docs/api-reference/chat, /guides/function-calling.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.agents.standins.events import event, event_stream
from tests.agents.standins.script import Asked, Script, ToolCall
from tests.sdk.standins.base import bearer, json_answer
from tests.sdk.standins.openai import LIMITS, error
from tests.support.upstream import Answer, Received

SECRET = "sk-proj-" + "kZ4" * 40
_USAGE = {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18}


def answer(received: Received, script: Script) -> Answer | None:
    """Return the response to a request, None if the path is not of this API."""
    if received.target.partition("?")[0] != "/v1/chat/completions":
        return None
    if bearer(received) != SECRET:
        return error(401, "Incorrect API key provided.", "invalid_api_key")
    wanted = json.loads(received.body)
    reply = script.reply(_asked(wanted))
    if wanted.get("stream"):
        has_usage = (wanted.get("stream_options") or {}).get("include_usage", False)
        return event_stream(lambda: _stream(wanted["model"], reply, script, has_usage))
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if isinstance(reply, ToolCall):
        message["tool_calls"] = [_call(reply)]
    else:
        message["content"] = "".join(reply)
    choice = {"index": 0, "message": message, "finish_reason": _reason(reply), "logprobs": None}
    body = {**_shell(wanted["model"], ""), "choices": [choice], "usage": _USAGE}
    return json_answer(body, headers=LIMITS)


def _asked(wanted: dict[str, Any]) -> Asked:
    last = wanted["messages"][-1]
    content = last.get("content") or ""
    if not isinstance(content, str):
        content = "".join(part.get("text", "") for part in content)
    return Asked(
        tuple(tool["function"]["name"] for tool in wanted.get("tools") or []),
        content if last["role"] == "tool" else None,
        bool(wanted.get("stream")),
        "/v1/chat/completions",
    )


def _shell(model: str, suffix: str) -> dict[str, Any]:
    return {"id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "created": 1741569952,
            "object": f"chat.completion{suffix}", "model": model}  # fmt: skip


def _call(reply: ToolCall) -> dict[str, Any]:
    function = {"name": reply.name, "arguments": json.dumps(reply.arguments)}
    return {"id": "call_abc123", "type": "function", "function": function}


def _reason(reply: ToolCall | tuple[str, ...]) -> str:
    return "tool_calls" if isinstance(reply, ToolCall) else "stop"


def _stream(
    model: str, reply: ToolCall | tuple[str, ...], script: Script, has_usage: bool
) -> Iterator[bytes]:
    shell = _shell(model, ".chunk")

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return event({**shell, "choices": [choice], **({"usage": None} if has_usage else {})})

    yield chunk({"role": "assistant", "content": None if isinstance(reply, ToolCall) else ""})
    if isinstance(reply, ToolCall):
        call = {"index": 0, **_call(reply)}
        text = call["function"]["arguments"]
        start = {**call, "function": {"name": reply.name, "arguments": ""}}
        yield chunk({"tool_calls": [start]})
        for part in (text[:5], text[5:]):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
    else:
        for word in script.paced(reply):
            yield chunk({"content": word})
    yield chunk({}, _reason(reply))
    if has_usage:
        yield event({**shell, "choices": [], "usage": _USAGE})
    yield event("[DONE]")
