"""What a caller gets when a proxied call fails inside the dashboard."""

from __future__ import annotations

import io
from typing import Any

import pytest

from api.raw_request import RawRequest
from api.wsgi import App


class BrokenProxy:
    """A proxy with a fault, perhaps after it has called the upstream."""

    def handle(self, _raw: RawRequest, _request_id: str) -> None:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("method", "fields", "expected"),
    [
        ("POST", [], "false"),
        ("PATCH", [], "false"),
        ("GET", [], None),
        ("GET", [("X-HTTP-Method-Override", "POST")], "false"),
    ],
)
def test_sdks_do_not_repeat_a_call_after_an_internal_error(
    method: str, fields: list[tuple[str, str]], expected: str | None
) -> None:
    proxy: Any = BrokenProxy()
    request = RawRequest(
        method, "/proxy/test/x", "", fields, io.BytesIO(), 0, "127.0.0.1", "http", "localhost",
        None, True,
    )  # fmt: skip

    response = App(proxy, lambda: None).proxy(request)  # type: ignore[arg-type, return-value]

    assert response.status == 500
    found = dict(response.headers)
    assert found.get("x-should-retry") == found.get("Stripe-Should-Retry") == expected
