"""Pydantic AI's agents, on top of the providers' SDKs."""

from __future__ import annotations

import asyncio
from typing import Any

from .shared import raised


def call(client: Any, _: Any) -> object:
    return client.run_sync("Hello, wörld").output


def stream(client: Any, _: Any) -> object:
    async def run() -> object:
        async with client.run_stream("Hello, wörld") as answer:
            return [part async for part in answer.stream_text(delta=True, debounce_by=None)]

    return asyncio.run(run())


def error(client: Any, _: Any) -> object:
    return raised(
        lambda: client.run_sync(
            "Hello", model=type(client.model)("none", provider=client.model._provider)
        )
    )


def refused(client: Any, _: Any) -> object:
    client.model.client.max_retries = 0
    return raised(lambda: client.run_sync("Hello"))


FEATURES = {
    "call": call,
    "stream": stream,
    "retry_429": call,
    "retry_5xx": call,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
