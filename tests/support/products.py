"""The product in this process with other settings, another clock or other client addresses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from api.aws_lambda.handler import handle
from api.settings import read_settings
from api.wiring import Storage, build_app, build_storage
from tests.support.clients import LambdaClient

# These live as long as the tests, so that the garbage collector never finds an open socket.
_kept: list[object] = []


class Clock:
    """A clock that moves only when `now` is set; epoch seconds."""

    def __init__(self, now: float | None = None) -> None:
        self.now = time.time() if now is None else now

    def __call__(self) -> float:
        return self.now


def keep(*made: object) -> None:
    """Keep objects with open connections alive until the tests end."""
    _kept.extend(made)


def another_app(
    environment: Mapping[str, str], clock: Callable[[], float] = time.time, **changes: str
) -> Flask:
    """Build the application with `changes` to its settings."""
    app = build_app(read_settings({**environment, **changes}), clock=clock)
    _kept.append(app)
    return app


def storage_of(environment: Mapping[str, str]) -> Storage:
    """Return the storage of the product, to read or prepare its items."""
    storage = build_storage(read_settings(environment))
    _kept.append(storage)
    return storage


def lambda_client(app: Flask, source: str = "203.0.113.7") -> LambdaClient:
    """Return a client of the Lambda handler around `app`, whose requests come from `source`."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        event["requestContext"]["http"]["sourceIp"] = source
        return handle(app, event, context)

    return LambdaClient(handler)
