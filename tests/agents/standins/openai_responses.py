"""OpenAI's Responses API with tools.

Sources: https://platform.openai.com/docs/api-reference/responses, /responses-streaming.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.agents.standins.events import event, event_stream
from tests.agents.standins.openai_chat import SECRET
from tests.agents.standins.script import Asked, Script, ToolCall
from tests.sdk.standins.base import bearer, json_answer
from tests.sdk.standins.openai import LIMITS, error
from tests.support.upstream import Answer, Received

_USAGE = {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 6,
          "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18}  # fmt: skip


def answer(received: Received, script: Script) -> Answer | None:
    """Return the response to a request, None if the path is not of this API."""
    if received.target.partition("?")[0] != "/v1/responses":
        return None
    if bearer(received) != SECRET:
        return error(401, "Incorrect API key provided.", "invalid_api_key")
    if received.method != "POST":
        return error(405, "Method not allowed.", None)
    wanted = json.loads(received.body)
    reply = script.reply(_asked(wanted))
    if wanted.get("stream"):
        return event_stream(lambda: _stream(wanted["model"], reply, script))
    item = _item(reply, "completed")
    if not isinstance(reply, ToolCall):
        item["content"] = [_part("".join(reply))]
    body = {**_shell(wanted["model"], "completed"), "output": [item], "usage": _USAGE}
    return json_answer(body, headers=LIMITS)


def _asked(wanted: dict[str, Any]) -> Asked:
    last = wanted["input"][-1] if isinstance(wanted["input"], list) else {}
    result = last.get("output") if str(last.get("type", "")).endswith("_output") else None
    if isinstance(result, list):
        result = "".join(part.get("text", "") for part in result)
    return Asked(
        tuple(tool.get("name", tool["type"]) for tool in wanted.get("tools") or []),
        result,
        bool(wanted.get("stream")),
        "/v1/responses",
    )


def _shell(model: str, status: str) -> dict[str, Any]:
    return {"id": "resp_67ccd2bed1ec8190b14f964abc054267", "object": "response",
            "created_at": 1741476542, "status": status, "error": None, "model": model,
            "incomplete_details": None, "output": [], "parallel_tool_calls": True,
            "usage": None}  # fmt: skip


def _item(reply: ToolCall | tuple[str, ...], status: str) -> dict[str, Any]:
    if isinstance(reply, ToolCall):
        return {"id": "fc_67ca09c6bedc8190a7abfec07b1a1332", "type": "function_call",
                "status": status, "call_id": "call_unLAR8MvFNptuiZK6K6HCy5k", "name": reply.name,
                "arguments": json.dumps(reply.arguments)}  # fmt: skip
    return {"id": "msg_67ccd2bf17f0819081ff3bb2cf6508e6", "type": "message", "status": status,
            "role": "assistant", "content": []}  # fmt: skip


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def _stream(model: str, reply: ToolCall | tuple[str, ...], script: Script) -> Iterator[bytes]:
    number = -1

    def send(kind: str, **members: object) -> bytes:
        nonlocal number
        number += 1
        return event({"type": kind, **members, "sequence_number": number}, kind)

    yield send("response.created", response=_shell(model, "in_progress"))
    yield send("response.in_progress", response=_shell(model, "in_progress"))
    item = _item(reply, "in_progress")
    place: dict[str, Any] = {"item_id": item["id"], "output_index": 0}
    done = _item(reply, "completed")
    if isinstance(reply, ToolCall):
        text = item["arguments"]
        yield send("response.output_item.added", output_index=0, item={**item, "arguments": ""})
        for part in (text[:5], text[5:]):
            yield send("response.function_call_arguments.delta", **place, delta=part)
        yield send("response.function_call_arguments.done", **place, arguments=text)
    else:
        yield send("response.output_item.added", output_index=0, item=item)
        place["content_index"] = 0
        yield send("response.content_part.added", **place, part=_part(""))
        for word in script.paced(reply):
            yield send("response.output_text.delta", **place, delta=word)
        text = "".join(reply)
        yield send("response.output_text.done", **place, text=text)
        yield send("response.content_part.done", **place, part=_part(text))
        done["content"] = [_part(text)]
    yield send("response.output_item.done", output_index=0, item=done)
    ended = {**_shell(model, "completed"), "output": [done], "usage": _USAGE}
    yield send("response.completed", response=ended)
