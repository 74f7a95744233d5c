"""The official openai SDK for Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai

from tests.sdk.content import FILE
from tests.sdk.setup import Setup

MESSAGES: Any = [{"role": "user", "content": "Hello, wörld"}]


def call(setup: Setup) -> object:
    with setup.python() as client:
        made = client.chat.completions.create(model="gpt-5-mini", messages=MESSAGES)
        return made.choices[0].message.content


def stream(setup: Setup) -> object:
    with setup.python() as client:
        events = client.chat.completions.create(model="gpt-5-mini", messages=MESSAGES, stream=True)
        return [event.choices[0].delta.content for event in events]


def upload(setup: Setup) -> object:
    with setup.python() as client:
        return client.files.create(file=("data.jsonl", FILE), purpose="fine-tune").bytes


def pages(setup: Setup) -> object:
    with setup.python() as client:
        return [file.id for file in client.files.list(limit=2)]


def error(setup: Setup) -> object:
    with setup.python() as client:
        return raised(lambda: client.models.retrieve("none"))


def refused(setup: Setup) -> object:
    with setup.python() as client:
        return raised(client.with_options(max_retries=0).models.list)


def raised(act: Callable[[], object]) -> object:
    try:
        act()
    except openai.APIStatusError as problem:
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
ENVIRONMENT = "from openai import OpenAI\n\nclient = OpenAI()"
