"""The level of a request's log line tells failures of the product from those of upstreams.

An alarm of the deployed stack counts the lines of level error.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pytest

from api.errors import Problem, StorageUnavailable
from api.proxy.response import ProxyResponse
from api.raw_request import RawRequest
from api.wsgi import App
from tests.support.logged import logged


class FixedProxy:
    """A proxy whose calls all end in the same way."""

    def __init__(self, outcome: int | Exception) -> None:
        self._outcome = outcome

    def handle(self, _raw: RawRequest, _request_id: str) -> ProxyResponse:
        if isinstance(self._outcome, int):
            return ProxyResponse(self._outcome, [], b"")
        raise self._outcome


def level_of_last_request(app: App, path: str) -> str:
    request = RawRequest(
        "GET", path, "", [], io.BytesIO(), 0, "127.0.0.1", "http", "localhost", None, True
    )
    with logged() as events:
        app.proxy(request)
        (line,) = [event for event in events() if event["event"] == "request"]
    level: str = line["level"]
    return level


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        *[(status, "info") for status in (200, 404, 429, 500, 502, 503, 504, 529)],
        *[
            (Problem(code, "It failed."), "info")
            for code in (
                "unknown_api", "rate_limited", "connect_failed", "tls_failed", "upstream_timeout",
                "upstream_reset", "upstream_malformed", "response_too_large",
            )
        ],
        *[
            (Problem(code, "It failed."), "error")
            for code in ("internal_error", "storage_failed", "usage_not_recorded")
        ],
        (StorageUnavailable("no response"), "error"),
        (ZeroDivisionError(), "error"),
    ],
    ids=repr,
)  # fmt: skip
def test_only_the_product_s_own_failures_are_logged_as_errors(
    outcome: int | Exception, level: str
) -> None:
    proxy: Any = FixedProxy(outcome)
    app = App(proxy, lambda: None)  # type: ignore[arg-type, return-value]
    assert level_of_last_request(app, "/proxy/test/x") == level


@pytest.mark.parametrize(
    ("status", "level"),
    [("200 OK", "info"), ("500 Oh", "error"), ("502 B", "info"), ("503 S", "error")],
)
def test_failures_of_the_api_are_logged_as_errors(status: str, level: str) -> None:
    def api(_environ: Any, start: Any) -> Iterable[bytes]:
        start(status, [])
        return [b""]

    app: Any = App(FixedProxy(200), lambda: api)  # type: ignore[arg-type]
    with logged() as events:
        app({"PATH_INFO": "/api/me", "REQUEST_METHOD": "GET"}, lambda *_: None)
        (line,) = [event for event in events() if event["event"] == "request"]
    assert line["level"] == level
