"""huggingface_hub, Hugging Face's official SDK: chat through the router, models of the Hub."""

from __future__ import annotations

import importlib
from typing import Any

from .shared import raised

MESSAGES = [{"role": "user", "content": "Hello, wörld"}]
MODEL = "meta-llama/Llama-3.1-8B-Instruct"


def call(client: Any, _: Any) -> object:
    return client.chat_completion(MESSAGES, model=MODEL).choices[0].message.content


def stream(client: Any, _: Any) -> object:
    events = client.chat_completion(MESSAGES, model=MODEL, stream=True)
    return [event.choices[0].delta.content for event in events]


def hub(context: Any) -> Any:
    """Return a client of the Hub, another API."""
    made = importlib.import_module("huggingface_hub").HfApi
    return made(endpoint=context.others["huggingface"], token=context.token)


def pages(_: Any, context: Any) -> object:
    return [model.id for model in hub(context).list_models(limit=5)]


def follow(_: Any, context: Any) -> object:
    return hub(context).model_info("ada/old-name").id


FEATURES = {
    "call": call,
    "stream": stream,
    "pages": pages,
    "follow": follow,
    "error": lambda _, context: raised(lambda: hub(context).model_info("ada/none")),
    "limit": lambda client, _: raised(lambda: call(client, _)),
    "revoked": lambda client, _: raised(lambda: call(client, _)),
}
