"""What becomes known of a call while it is on its way, for its log entry and its Server-Timing."""

from __future__ import annotations

from time import perf_counter

from api.pools import KeyState, PoolKey
from api.proxy.recording import Outcome, Seen, loggable
from api.raw_request import RawRequest
from api.storage.requests import LogEntry


class CallContext:
    """One call. `path` is without tokens, `at` in epoch seconds."""

    def __init__(
        self, wire: RawRequest, api_name: str, path: str, request_id: str, at: float
    ) -> None:
        self.started = perf_counter()
        self.at = at
        self.wire = wire
        self.request_id = request_id
        self.api_name = api_name
        self.path = path
        self.host = ""
        self.key_id: str | None = None
        self.token_id: str | None = None
        self.bytes_in = 0
        self.bytes_out = 0
        self.upstream_seconds: float | None = None
        self.seen: dict[str, Seen] = {}  # by key, the one whose answer is handed on last
        self.key_states: dict[str, tuple[PoolKey, KeyState]] = {}
        self.rehearsed = False

    def outcome(self, status: int, problem: str | None = None) -> Outcome:
        """What there is to record as of now."""
        return Outcome(
            self.entry(status, problem), tuple(self.seen.values()), tuple(self.key_states.values())
        )

    def entry(self, status: int, problem: str | None = None) -> LogEntry:
        """The log entry as of now."""
        upstream = self.upstream_seconds
        return LogEntry(
            request_id=self.request_id,
            at=round(self.at, 3),
            api_name=self.api_name,
            method=self.wire.method,
            host=self.host,
            path=loggable(self.path),
            status=status,
            duration_ms=round((perf_counter() - self.started) * 1000),
            upstream_ms=None if upstream is None else round(upstream * 1000),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            token_id=self.token_id,
            key_id=self.key_id,
            problem=problem,
            simulated=self.rehearsed,
        )

    def timing(self) -> tuple[str, str]:
        """Server-Timing: how long the proxy itself and the upstream took, in milliseconds."""
        upstream = self.upstream_seconds or 0.0
        own = perf_counter() - self.started - upstream
        return "Server-Timing", f"proxy;dur={own * 1000:.1f}, upstream;dur={upstream * 1000:.1f}"
