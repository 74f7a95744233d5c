"""google-genai, Google's official SDK."""

from __future__ import annotations

import io
from typing import Any

from .shared import FILE, raised

MODEL = "gemini-0"
# The SDK does not retry by default.
RETRYING = {"http_options": {"retry_options": {"attempts": 2, "initial_delay": 0.1}}}


def call(client: Any, _: Any) -> object:
    return client.models.generate_content(model=MODEL, contents="Hello, wörld").text


def retried(client: Any, _: Any) -> object:
    asked = {"model": MODEL, "contents": "Hello, wörld", "config": RETRYING}
    return client.models.generate_content(**asked).text


def stream(client: Any, _: Any) -> object:
    parts = client.models.generate_content_stream(model=MODEL, contents="Hello, wörld")
    return [part.text for part in parts]


def upload(client: Any, _: Any) -> object:
    config = {"mime_type": "application/octet-stream"}
    return client.files.upload(file=io.BytesIO(FILE), config=config).size_bytes


def pages(client: Any, _: Any) -> object:
    return [model.name for model in client.models.list(config={"page_size": 2})]


def error(client: Any, _: Any) -> object:
    return raised(lambda: client.models.get(model="none"))


FEATURES = {
    "call": call,
    "environment": call,
    "stream": stream,
    "upload": upload,
    "pages": pages,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": error,
    "limit": lambda client, _: raised(lambda: call(client, _)),
    "revoked": lambda client, _: raised(lambda: call(client, _)),
}
