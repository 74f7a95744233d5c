"""Ends the calls in progress when the server stops, except in steps that must not be interrupted.

A few seconds before the server ends, it calls `begin` and then raises ServerStopping in the thread
or greenlet of each call, unless `is_held` says that it must wait. A database trip, the
authorization of a call and its recording are held: they take milliseconds, and a call that was cut
off in one could be counted or recorded twice, or not at all.
"""

from __future__ import annotations

import threading
from types import TracebackType

from api.errors import Problem, ServerStopping

# Seconds. A server that is started again needs a few.
_RETRY_AFTER = "5"

_held: dict[int, int] = {}
_begun = False


def begin() -> None:
    """Let no call begin anything that lasts: `check` raises from now on."""
    global _begun
    _begun = True


def check() -> None:
    """Raise ServerStopping if the server is ending the calls in progress."""
    if _begun:
        raise ServerStopping


def is_held(ident: int) -> bool:
    """Return whether the thread `ident` (of `threading.get_ident`) must not be interrupted now."""
    return ident in _held


class Hold:
    """A context in which the current thread must not be interrupted. Can be nested."""

    __slots__ = ("_ident",)

    def __enter__(self) -> None:
        # Greenlets have their own identifiers where gevent has replaced `threading`'s functions.
        ident = self._ident = threading.get_ident()
        _held[ident] = _held.get(ident, 0) + 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        depth = _held.pop(self._ident) - 1
        if depth:
            _held[self._ident] = depth


def server_stopping(*, is_repeatable: bool) -> Problem:
    """Return the problem for a call that the stop of the server ended before its response began.

    `is_repeatable` is false if the upstream may have carried out a request that must not be carried
    out twice. SDKs repeat a call after 503 unless a field tells them not to.
    """
    retry = "true" if is_repeatable else "false"
    return Problem(
        "server_stopping",
        "The server was stopped before the response was complete."
        + ("" if is_repeatable else " Check what the request did before you repeat it."),
        headers=(
            ("Retry-After", _RETRY_AFTER),
            ("x-should-retry", retry),
            ("Stripe-Should-Retry", retry),
        ),
    )
