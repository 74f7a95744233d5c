"""groq, Groq's official SDK."""

from __future__ import annotations

from typing import Any

from .shared import FILE, raised

ASKED: Any = {
    "model": "openai/gpt-oss-20b",
    "messages": [{"role": "user", "content": "Hello, wörld"}],
}


def call(client: Any, _: Any) -> object:
    return client.chat.completions.create(**ASKED).choices[0].message.content


def stream(client: Any, _: Any) -> object:
    events = client.chat.completions.create(**ASKED, stream=True)
    return [event.choices[0].delta.content for event in events]


def upload(client: Any, _: Any) -> object:
    return client.files.create(file=("data.jsonl", FILE), purpose="batch").bytes


def refused(client: Any, _: Any) -> object:
    return raised(client.with_options(max_retries=0).models.list)


FEATURES = {
    "call": call,
    "environment": call,
    "stream": stream,
    "upload": upload,
    "retry_429": call,
    "retry_5xx": call,
    "error": lambda client, _: raised(lambda: client.models.retrieve("none")),
    "limit": refused,
    "revoked": refused,
}
