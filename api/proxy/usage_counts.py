"""What a recorded call adds to the usage of its API."""

from __future__ import annotations

from api.proxy.cost_records import cost_counters
from api.services.latency import bucket
from api.storage.requests import LogEntry
from api.storage.usage_records import Counters


def usage_counters(entry: LogEntry) -> Counters:
    """Return what a call adds to the usage of its API."""
    # How long a WebSocket was open says nothing about latency. Its handshake does.
    milliseconds = (entry.upstream_ms or 0) if entry.websocket else entry.duration_ms
    counters: Counters = {
        "n": 1,
        f"s{min(5, max(1, entry.status // 100))}": 1,
        "ms": milliseconds,
        "bi": entry.bytes_in,
        "bo": entry.bytes_out,
        bucket(milliseconds): 1,
    }
    if entry.simulated:
        counters["h"] = 1
    elif entry.problem is not None and (
        entry.status == 429 or entry.problem == "too_many_api_calls"
    ):
        counters["r"] = 1
    elif entry.problem is not None and entry.status >= 500:
        counters["f"] = 1
    counters |= cost_counters(entry)
    return {name: value for name, value in counters.items() if value}
