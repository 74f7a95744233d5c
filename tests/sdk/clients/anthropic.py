"""The official anthropic SDK for Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic

from tests.sdk.content import FILE
from tests.sdk.setup import Setup

ASKED: Any = {
    "model": "claude-0",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hello, wörld"}],
}


def call(setup: Setup) -> object:
    with setup.python() as client:
        return client.messages.create(**ASKED).content[0].text


def stream(setup: Setup) -> object:
    with setup.python() as client, client.messages.stream(**ASKED) as events:
        return list(events.text_stream)


def upload(setup: Setup) -> object:
    with setup.python() as client:
        return client.beta.files.upload(file=("data.jsonl", FILE)).size_bytes


def pages(setup: Setup) -> object:
    with setup.python() as client:
        return [model.id for model in client.models.list(limit=2)]


def error(setup: Setup) -> object:
    with setup.python() as client:
        return raised(lambda: client.models.retrieve("none"))


def refused(setup: Setup) -> object:
    with setup.python() as client:
        return raised(client.with_options(max_retries=0).models.list)


def raised(act: Callable[[], object]) -> object:
    try:
        act()
    except anthropic.APIStatusError as problem:
        return [type(problem).__name__, problem.status_code]
    return None


FEATURES = {
    "call": call,
    "environment": call,
    "stream": stream,
    "upload": upload,
    "pages": pages,
    "retry_429": call,
    "retry_5xx": call,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
ENVIRONMENT = "from anthropic import Anthropic\n\nclient = Anthropic()"
