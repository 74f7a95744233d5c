"""python-telegram-bot, a library that Telegram's documentation names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .shared import FILE, raised


def run(client: Any, act: Callable[[], Awaitable[Any]]) -> Any:
    """Run a call and close the connection."""

    async def running() -> object:
        try:
            return await act()
        finally:
            await client.shutdown()

    return asyncio.run(running())


def call(client: Any, _: Any) -> object:
    return run(client, client.get_me).username


def upload(client: Any, _: Any) -> object:
    sent = run(client, lambda: client.send_document(1, FILE, filename="data.bin"))
    return sent.document.file_size


FEATURES = {
    "call": call,
    "upload": upload,
    "error": lambda client, _: raised(lambda: run(client, lambda: client.get_chat(404))),
    "limit": lambda client, _: raised(lambda: call(client, _)),
    "revoked": lambda client, _: raised(lambda: call(client, _)),
}
