"""What a call adds to the usage of its API."""

from __future__ import annotations

import msgspec

from api.proxy.usage_counts import usage_counters
from api.services.latency import bucket
from api.storage.requests import LogEntry

CALL = LogEntry("r1", 0.0, "test", "GET", "api.example.com:443", "/x", 200, 5000, upstream_ms=40)


def test_the_latency_of_a_call_is_its_duration() -> None:
    counters = usage_counters(CALL)
    assert (counters["ms"], counters[bucket(5000)]) == (5000, 1)


def test_the_time_that_a_websocket_is_open_is_no_latency() -> None:
    counters = usage_counters(msgspec.structs.replace(CALL, status=101, websocket=True))
    assert (counters["n"], counters["ms"], counters[bucket(40)]) == (1, 40, 1)
