"""The product in this process with other settings, another clock, or callers from elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from api.aws_lambda.handler import handle
from api.settings import read_settings
from api.wiring import Storage, build_app, build_storage
from api.wsgi import App
from tests.support.clients import LambdaClient

# These live as long as the tests, so that no socket of theirs is left to the collector.
_kept: list[object] = []


class Clock:
    """A clock that stands still until it is moved; epoch seconds."""

    def __init__(self, now: float | None = None) -> None:
        self.now = time.time() if now is None else now

    def __call__(self) -> float:
        return self.now


def keep(*made: object) -> None:
    """Let what holds connections live as long as the tests."""
    _kept.extend(made)


def another_app(
    environment: Mapping[str, str], clock: Callable[[], float] = time.time, **changes: str
) -> App:
    """The application with `changes` to its settings."""
    app = build_app(read_settings({**environment, **changes}), clock=clock)
    _kept.append(app)
    return app


def storage_of(environment: Mapping[str, str]) -> Storage:
    """The table under the product, to look at what rests there or to prepare it."""
    storage = build_storage(read_settings(environment))
    _kept.append(storage)
    return storage


def door(app: App, source: str = "203.0.113.7") -> LambdaClient:
    """A way in for callers from one address."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        event["requestContext"]["http"]["sourceIp"] = source
        return handle(app, event, context)

    return LambdaClient(handler)
