"""The product in this process with other settings, another clock or another client IP."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from api.aws_lambda.handler import handle
from api.settings import read_settings
from api.wiring import Storage, build_app, build_storage
from api.wsgi import App
from tests.support.clients import LambdaClient

# Objects that live until the tests end, so that no socket is garbage-collected.
_kept: list[object] = []


class Clock:
    """A clock that stands still until a test sets it; the epoch seconds of now by default."""

    def __init__(self, now: float | None = None) -> None:
        self.now = time.time() if now is None else now

    def __call__(self) -> float:
        return self.now


def keep(*made: object) -> None:
    """Keep objects with connections alive until the tests end."""
    _kept.extend(made)


def another_app(
    environment: Mapping[str, str], clock: Callable[[], float] = time.time, **changes: str
) -> App:
    """Build the application with changed settings."""
    app = build_app(read_settings({**environment, **changes}), clock=clock)
    _kept.append(app)
    return app


def storage_of(environment: Mapping[str, str]) -> Storage:
    """Return the product's storage, to inspect or prepare items."""
    storage = build_storage(read_settings(environment))
    _kept.append(storage)
    return storage


def lambda_client(app: App, source: str = "203.0.113.7") -> LambdaClient:
    """Return a client of the function's handler with one client IP."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        event["requestContext"]["http"]["sourceIp"] = source
        return handle(app, event, context)

    return LambdaClient(handler)
