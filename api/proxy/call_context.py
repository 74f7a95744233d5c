"""A proxied call and its attempts: the facts for its log entry and Server-Timing."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from api.errors import Problem
from api.pools import PoolKey
from api.proxy.upstream_request import UpstreamRequest, UpstreamResponse
from api.quota.key_state import KeyState
from api.quota.windows import QuotaReading
from api.storage.requests import MAX_PATH, LogEntry

if TYPE_CHECKING:
    from api.proxy.call_spend import CallSpend
    from api.proxy.identity import Identity


class CallContext(msgspec.Struct, frozen=True):
    """The facts about a call that are known before it is authorized.

    `api_name` and `path` are as requested, the path without tokens. `at` is epoch seconds,
    `started` a time of `time.perf_counter()`. `client` is the family of the calling program.
    `spend` is what the call costs, None if its API has no prices.
    """

    request_id: str
    identity: Identity
    method: str
    api_name: str
    path: str
    at: float
    started: float
    client: str | None = None
    spend: CallSpend | None = None

    @property
    def username(self) -> str:
        """The user whose call it is."""
        return self.identity.username

    @property
    def token_id(self) -> str | None:
        """The id of the personal access token, None for a session."""
        return self.identity.token_id


class KeyReading(msgspec.Struct, frozen=True):
    """The quota that a response reports for the key in `slot`, one of the pool item's `slots`."""

    key_id: str
    slot: int
    slots: int
    reading: QuotaReading


class Attempt(msgspec.Struct, frozen=True):
    """One key that was tried, with the response or the problem that prevented one.

    `seconds` is how long the upstream took, None if nothing was sent. `reading` is the quota that
    the response reports; `stored_reading` and `state` are the parts that the call's record stores.
    `probed` is the key's stored state if the attempt probes a held key. `was_sent` is False if the
    upstream cannot have received the request.
    """

    key: PoolKey
    host: str
    seconds: float | None = None
    request: UpstreamRequest | None = None
    response: UpstreamResponse | None = None
    problem: Problem | None = None
    reading: QuotaReading | None = None
    stored_reading: KeyReading | None = None
    state: KeyState | None = None
    probed: KeyState | None = None
    was_sent: bool = True


class Forwarded(msgspec.Struct, frozen=True):
    """The attempts of a call, and the one whose response or problem the caller gets."""

    attempts: tuple[Attempt, ...]
    answered: Attempt


def log_entry(
    call: CallContext,
    attempts: Sequence[Attempt],
    answered: Attempt | None,
    *,
    status: int,
    bytes_in: int,
    bytes_out: int = 0,
    problem: str | None = None,
    time_limit: str | None = None,
    simulated: bool = False,
) -> LogEntry:
    """Return the log entry of a call that ends now. `answered` is the attempt to report."""
    seconds = upstream_seconds(attempts)
    return LogEntry(
        request_id=call.request_id,
        at=round(call.at, 3),
        api_name=call.api_name,
        method=call.method,
        host=answered.host if answered is not None else "",
        path=loggable_path(call.path),
        status=status,
        duration_ms=round((perf_counter() - call.started) * 1000),
        upstream_ms=None if seconds is None else round(seconds * 1000),
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        token_id=call.token_id,
        key_id=answered.key.key_id if answered is not None and not simulated else None,
        problem=problem,
        time_limit=time_limit,
        simulated=simulated,
        client=call.client,
    )


def server_timing(call: CallContext, attempts: Sequence[Attempt]) -> tuple[str, str]:
    """Return Server-Timing: milliseconds spent in the proxy itself and waiting for the upstream."""
    upstream = upstream_seconds(attempts) or 0.0
    proxy = perf_counter() - call.started - upstream
    return "Server-Timing", f"proxy;dur={proxy * 1000:.1f}, upstream;dur={upstream * 1000:.1f}"


def upstream_seconds(attempts: Sequence[Attempt]) -> float | None:
    """Return how long all attempts waited for the upstream, None if nothing was sent."""
    waited = [attempt.seconds for attempt in attempts if attempt.seconds is not None]
    return sum(waited) if waited else None


def loggable_path(path: str) -> str:
    """Return a path for the log: no query, printable ASCII, at most 480 characters."""
    text = path if path.isascii() else path.encode("ascii", "backslashreplace").decode("ascii")
    return text if len(text) <= MAX_PATH else text[: MAX_PATH - 3] + "..."
