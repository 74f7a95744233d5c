"""twilio, Twilio's official SDK."""

from __future__ import annotations

from typing import Any

from .shared import raised

MESSAGE = {"to": "+15005550010", "from_": "+15005550006", "body": "Hello, wörld"}


def call(client: Any, _: Any) -> object:
    made = client.messages.create(**MESSAGE)
    return [made.status, made.body]


def pages(client: Any, _: Any) -> object:
    return [message.sid for message in client.messages.list(page_size=2)]


def error(client: Any, _: Any) -> object:
    return raised(lambda: client.messages("SM404").fetch())


FEATURES = {
    "call": call,
    "pages": pages,
    "error": error,
    "limit": lambda client, _: raised(lambda: call(client, _)),
    "revoked": lambda client, _: raised(lambda: call(client, _)),
}
