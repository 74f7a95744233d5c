"""discord.py, a library that Discord's documentation names."""

from __future__ import annotations

import asyncio
import importlib
import io
from collections.abc import Awaitable, Callable
from typing import Any

from .shared import FILE, raised


def signed_in(client: Any, context: Any, act: Callable[[], Awaitable[object]]) -> object:
    """Sign in, run a call and close the connection."""

    async def run() -> object:
        async with client:
            await client.login(context.token)
            return await act()

    return asyncio.run(run())


def call(client: Any, context: Any) -> object:
    async def name() -> object:
        return client.user.name

    return signed_in(client, context, name)


def retried(client: Any, context: Any) -> object:
    """Return the same with the first request of signing in only."""

    async def run() -> object:
        async with client:
            return (await client.http.static_login(context.token))["username"]

    return asyncio.run(run())


def upload(client: Any, context: Any) -> object:
    async def send() -> object:
        file = importlib.import_module("discord").File(io.BytesIO(FILE), "data.bin")
        channel = client.get_partial_messageable(1)
        # Its own number of the message is random.
        message = await channel.send("Hello, wörld", file=file, nonce=1)
        return message.attachments[0].size

    return signed_in(client, context, send)


def error(client: Any, context: Any) -> object:
    return raised(lambda: signed_in(client, context, lambda: client.fetch_channel(404)))


def limit(client: Any, context: Any) -> object:
    # Otherwise it waits for the end of the limit and tries again.
    once = type(client)(intents=client.intents, max_ratelimit_timeout=30)
    return raised(lambda: call(once, context))


FEATURES = {
    "call": call,
    "upload": upload,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": error,
    "limit": limit,
    "revoked": lambda client, context: raised(lambda: call(client, context)),
}
