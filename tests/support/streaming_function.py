"""The streaming function in this process or in one of its own, with a stand-in for the Runtime API.

A clock that tests move replaces the monotonic one, so that no test waits for a time limit.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pytest

from api.aws_lambda.runtime_api import RuntimeApi as Client
from api.aws_lambda.runtime_api import RuntimeApiFailed
from api.aws_lambda.streaming import UPSTREAM_TIMEOUT, serve_invocations
from api.http.waiting import SelectWaiting, Watch, set_waiting
from api.secret import Secret
from api.settings import Settings, read_settings
from api.wiring import build_app
from tests.support.function_url import url_event
from tests.support.products import keep
from tests.support.runtime_api import Invocation, RuntimeApi

ROOT = Path(__file__).resolve().parents[2]
WRAPPER = ROOT / "api" / "aws_lambda" / "streaming_wrapper"
_monotonic = time.monotonic
# The modules that have their own name for the monotonic clock.
_WITH_CLOCK = (
    "api.aws_lambda.runtime_api",
    "api.aws_lambda.streaming",
    "api.http.connection",
    "api.http.pool",
    "api.http.timeouts",
    "api.proxy.exchange",
    "api.proxy.response",
    "api.proxy.streamed_body",
)


class StreamingFunction:
    """The function, which serves one event after another. `api` is the stand-in."""

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api

    def call(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        *,
        token: str | None = None,
        **options: Any,
    ) -> Invocation:
        """Send a request to the function URL. `options` are those of `RuntimeApi.invoke`."""
        fields = list(headers)
        if token is not None:
            fields.append(("Authorization", f"Bearer {token}"))
        return self.api.invoke(url_event(method, target, fields, body), **options)


def streaming_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of a function without time limits of its own."""
    without = {name: value for name, value in environment.items() if "TIMEOUT" not in name}
    return read_settings(without, upstream_timeout=UPSTREAM_TIMEOUT)


@contextlib.contextmanager
def served(settings: Settings, cdn_secret: Secret | None = None) -> Iterator[StreamingFunction]:
    """Run the function in a thread of this process."""
    app = build_app(settings)
    keep(app)
    with RuntimeApi() as api:
        client = Client(api.address)

        def run() -> None:
            with contextlib.suppress(RuntimeApiFailed):
                serve_invocations(client, app, cdn_secret)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield StreamingFunction(api)
        finally:
            api.hang_up()
            thread.join(30)
            client.drop()
            assert not thread.is_alive()


@contextlib.contextmanager
def started(
    environment: Mapping[str, str], api: RuntimeApi, log: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the function as Lambda does: the wrapper gets the command of the Python runtime."""
    process = subprocess.Popen(
        [WRAPPER, sys.executable, "/var/runtime/bootstrap.py"],
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": api.address,
            **{name: value for name, value in environment.items() if "TIMEOUT" not in name},
        },
        stdout=log,
        stderr=log,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


class MovedClock(SelectWaiting):
    """The monotonic clock, and the seconds by which a test has moved it on."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self) -> float:
        return _monotonic() + self.moved

    def wait(self, watches: Sequence[Watch], seconds: float) -> Watch | None:
        """Wait as the product does, and notice that the clock was moved on."""
        end = self() + seconds
        while (ready := super().wait(watches, 0.005)) is None and self() < end:
            pass
        return ready


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[MovedClock]:
    """A clock in place of the monotonic one."""
    clock = MovedClock()
    monkeypatch.setattr("time.monotonic", clock)
    for module in _WITH_CLOCK:
        monkeypatch.setattr(f"{module}.monotonic", clock)
    set_waiting(clock)
    yield clock
    set_waiting(SelectWaiting())
