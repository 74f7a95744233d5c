"""cohere, Cohere's official SDK."""

from __future__ import annotations

from typing import Any

from .shared import FILE, raised

ASKED: Any = {
    "model": "command-a-03-2025",
    "messages": [{"role": "user", "content": "Hello, wörld"}],
}
ONCE = {"max_retries": 0}


def call(client: Any, _: Any) -> object:
    return client.chat(**ASKED).message.content[0].text


def stream(client: Any, _: Any) -> object:
    events = client.chat_stream(**ASKED)
    return [event.delta.message.content.text for event in events if event.type == "content-delta"]


def upload(client: Any, _: Any) -> object:
    data = ("data.jsonl", FILE)
    return client.datasets.create(name="data", type="embed-input", data=data).id


FEATURES = {
    "call": call,
    "environment": call,
    "stream": stream,
    "upload": upload,
    "retry_429": call,
    "retry_5xx": call,
    "error": lambda client, _: raised(lambda: client.models.get("none")),
    "limit": lambda client, _: raised(lambda: client.models.list(request_options=ONCE)),
    "revoked": lambda client, _: raised(lambda: client.models.list(request_options=ONCE)),
}
