"""LiteLLM, which calls the APIs itself or with the providers' SDKs."""

from __future__ import annotations

from typing import Any

from .shared import raised

MESSAGES = [{"role": "user", "content": "Hello, wörld"}]


def call(client: Any, _: Any) -> object:
    return client(messages=MESSAGES).choices[0].message.content


def retried(client: Any, _: Any) -> object:
    # LiteLLM retries only with this argument.
    return client(messages=MESSAGES, num_retries=2).choices[0].message.content


def stream(client: Any, _: Any) -> object:
    events = client(messages=MESSAGES, stream=True)
    words = [event.choices[0].delta.content for event in events]
    return [word for word in words if word]


def error(client: Any, _: Any) -> object:
    model = client.keywords["model"].partition("/")[0] + "/none"
    return raised(lambda: client(model=model, messages=MESSAGES, max_retries=0))


def refused(client: Any, _: Any) -> object:
    return raised(lambda: client(messages=MESSAGES, max_retries=0))


FEATURES = {
    "call": call,
    "stream": stream,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
