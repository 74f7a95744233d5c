"""LangChain's chat models, on top of the providers' SDKs."""

from __future__ import annotations

from typing import Any

from .shared import raised


def call(client: Any, _: Any) -> object:
    return client.invoke("Hello, wörld").text


def stream(client: Any, _: Any) -> object:
    return [part.text for part in client.stream("Hello, wörld") if part.text]


def error(client: Any, _: Any) -> object:
    return raised(lambda: changed(client, model="none").invoke("Hello"))


def refused(client: Any, _: Any) -> object:
    return raised(lambda: changed(client, max_retries=0).invoke("Hello"))


def changed(client: Any, **members: Any) -> Any:
    """Return the same chat model with other arguments."""
    given = {name: getattr(client, name) for name in client.model_fields_set}
    return type(client)(**given | members)


FEATURES = {
    "call": call,
    "stream": stream,
    "retry_429": call,
    "retry_5xx": call,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
