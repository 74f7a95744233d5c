"""replicate, Replicate's official SDK."""

from __future__ import annotations

import importlib
import io
from typing import Any

from .shared import FILE, raised

MODEL = "meta/meta-llama-3-8b-instruct"
INPUT = {"prompt": "Hello, wörld"}


def call(client: Any, _: Any) -> object:
    return "".join(client.run(MODEL, input=INPUT))


def retried(client: Any, _: Any) -> object:
    # The SDK repeats only requests that change nothing.
    return "".join(client.predictions.get("prediction-0").output)


def upload(client: Any, _: Any) -> object:
    return client.files.create(io.BytesIO(FILE), filename="data.bin").size


def pages(client: Any, _: Any) -> object:
    paginate = importlib.import_module("replicate.pagination").paginate
    return [one.id for page in paginate(client.predictions.list) for one in page]


def follow(client: Any, _: Any) -> object:
    prediction = client.models.predictions.create(MODEL, input=INPUT)
    prediction.wait()
    return "".join(prediction.output)


def refused(client: Any, _: Any) -> object:
    return raised(lambda: client.models.predictions.create(MODEL, input=INPUT))


FEATURES = {
    "call": call,
    "environment": call,
    "upload": upload,
    "pages": pages,
    "follow": follow,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": lambda client, _: raised(lambda: client.predictions.get("none")),
    "limit": refused,
    "revoked": refused,
}
