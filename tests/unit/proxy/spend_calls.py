"""A call to a priced API, as the proxy describes it before the call is sent."""

from __future__ import annotations

import io

from api.credentials import AuthScheme
from api.pools import PoolKey
from api.proxy.call_spend import CallSpend
from api.proxy.price_sources import PriceSources
from api.proxy.request_body import BodyReader
from api.raw_request import RawRequest

KEY = PoolKey("k", "https://api.openai.com", AuthScheme("bearer"), "s")
NOW = 1_780_000_000


def spend_of(method: str, path: str, body: bytes, sources: PriceSources) -> CallSpend:
    """Return what a call costs whose body was read."""
    raw = RawRequest(
        method=method,
        raw_path=f"/proxy/openai{path}",
        raw_query="",
        headers=[("Content-Type", "application/json")],
        body=io.BytesIO(body),
        length=len(body),
        source="127.0.0.1",
        scheme="http",
        host="localhost",
        caller=None,
        streaming=True,
    )
    reading = BodyReader(raw, 1 << 30)
    spend = CallSpend(sources, "ada", raw, path, reading, NOW)
    spend.request_body(reading.read_start())
    return spend
