"""The time limits of an exchange: one for each operation, and a time at which all of it ends."""

from __future__ import annotations

from math import inf
from time import monotonic

import msgspec

from api.errors import TimeLimit
from api.http.errors import ConnectTimeout, TransportTimeout


class Timeouts(msgspec.Struct, frozen=True):
    """Limits in seconds. Each but `stream` applies to one operation and starts again with the next.

    `connect` is until a connection is open, with TLS. `send` is until the peer takes more of the
    request, `first_byte` from the end of the request until the head of the response is complete,
    `idle` until more of the response's body arrives. `stream` is for a whole body, in either
    direction.

    `end` is a time of `time.monotonic()` at which every operation ends, and `end_limit` the limit
    that it stands for.
    """

    connect: float
    send: float
    first_byte: float
    idle: float
    stream: float = inf
    end: float = inf
    end_limit: TimeLimit = "total"

    @classmethod
    def overall(cls, end: float) -> Timeouts:
        """Return timeouts without limits for operations, which all end at `end`."""
        return cls(inf, inf, inf, inf, end=end)

    def until(self, end: float, limit: TimeLimit = "total") -> Timeouts:
        """Return the same limits with an earlier end. A later one changes nothing."""
        if end >= self.end:
            return self
        return msgspec.structs.replace(self, end=end, end_limit=limit)

    def for_body(self) -> Timeouts:
        """Return the limits of a body that starts now."""
        return self.until(monotonic() + self.stream, "stream")

    def postponed(self, seconds: float) -> Timeouts:
        """Return the same limits with a later end, for seconds that do not count."""
        return msgspec.structs.replace(self, end=self.end + seconds)

    def after_waiting(self, seconds: float) -> Timeouts:
        """Return what is left for another attempt, after one waited this long for a response."""
        return msgspec.structs.replace(self, first_byte=max(0.0, self.first_byte - seconds))

    def deadline(self, seconds: float) -> float:
        """Return when an operation that may take `seconds` from now on must end."""
        return min(self.end, monotonic() + seconds)

    def exceeded(self, limit: TimeLimit, deadline: float) -> TransportTimeout:
        """Return the error of an operation that did not end by its `deadline`."""
        kind = ConnectTimeout if limit == "connect" else TransportTimeout
        return kind("deadline passed", limit=limit if deadline < self.end else self.end_limit)
