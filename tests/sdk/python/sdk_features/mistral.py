"""mistralai, Mistral's official SDK."""

from __future__ import annotations

import importlib
from typing import Any

from .shared import FILE, raised

ASKED: Any = {
    "model": "mistral-small-latest",
    "messages": [{"role": "user", "content": "Hello, wörld"}],
}


def call(client: Any, _: Any) -> object:
    return client.chat.complete(**ASKED).choices[0].message.content


def retried(client: Any, _: Any) -> object:
    # The SDK does not retry by default.
    retries = importlib.import_module("mistralai.client.utils.retries")
    backoff = retries.BackoffStrategy(100, 1000, 1.5, 10_000)
    config = retries.RetryConfig("backoff", backoff, False)
    return client.chat.complete(**ASKED, retries=config).choices[0].message.content


def stream(client: Any, _: Any) -> object:
    with client.chat.stream(**ASKED) as events:
        return [event.data.choices[0].delta.content for event in events]


def upload(client: Any, _: Any) -> object:
    file = {"file_name": "data.jsonl", "content": FILE}
    return client.files.upload(file=file, purpose="fine-tune").size_bytes


FEATURES = {
    "call": call,
    "stream": stream,
    "upload": upload,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": lambda client, _: raised(lambda: client.models.retrieve(model_id="none")),
    "limit": lambda client, _: raised(client.models.list),
    "revoked": lambda client, _: raised(client.models.list),
}
