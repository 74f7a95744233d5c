"""The record that describes a rate-limit dialect: how a provider reports and enforces quota."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

WAIT = 2
"""Seconds that every simulated response asks to wait. Short, so that a test can continue soon."""

JSON = "application/json"

Scope = Literal["key", "model", "route", "resource", "endpoint"]


class SimulatedResponse(msgspec.Struct, frozen=True):
    """A provider's rate-limit error: status, header fields including Content-Type, and body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class RateLimitDialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a provider reports its quota. Each module of `api.quota.dialects` holds one record.

    `scope` is what a window counts. If it is not the key, an exhausted window does not exhaust the
    key. A 402 or 429 still does, except if the scope is a single endpoint. Retry-After always does.
    An exhausted key comes last in its pool. Calls are refused, for at most 60 s, only after a 429
    of a dialect whose scope is the key (`api.quota.limit_scope`).

    `key_windows` names the windows that count all requests of a key, if a provider has others too.
    A response that reports only other windows does not exhaust the key unless it has a retry time
    of its own.

    `reset_in_milliseconds`: a numeric reset is milliseconds from now. `only_retry_after`: all other
    header fields are ignored.

    `simulated_response` takes the epoch second and returns the provider's rate-limit error, so that
    the provider's own SDK raises its own exception. None means the error of `generic`.
    """

    name: str
    scope: Scope = "key"
    key_windows: frozenset[str] = frozenset()
    reset_in_milliseconds: bool = False
    only_retry_after: bool = False
    simulated_response: Callable[[int], SimulatedResponse] | None = None


def json_response(
    status: int,
    headers: list[tuple[str, str]],
    body: Any,
    media_type: str = f"{JSON}; charset=utf-8",
) -> SimulatedResponse:
    """Return a simulated response with a JSON body."""
    return SimulatedResponse(
        status, [("Content-Type", media_type), *headers], msgspec.json.encode(body)
    )
