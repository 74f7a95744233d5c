"""The body of a response that is streamed to the caller."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from api.errors import ServerStopping
from api.http.connection import Connection, Watched
from api.http.errors import CallerGone, ResponseTooLarge, TransportError
from api.http.timeouts import Timeouts
from api.logs import log_event
from api.proxy.exchange import to_problem
from api.proxy.open_calls import OpenCall
from api.stopping import Hold, check

if TYPE_CHECKING:
    from api.proxy.body_decoding import DecodedBody
    from api.proxy.call_spend import CallSpend
    from api.proxy.json_url_rewriting import JsonUrlRewriter


class Delivery(Protocol):
    """A response that is being delivered: where its body comes from, and how it is recorded."""

    connection: Connection | DecodedBody
    max_bytes: int | None
    caller: Watched | None
    rewriter: JsonUrlRewriter | None
    spend: CallSpend | None
    timeouts: Timeouts

    def record(
        self, bytes_out: int, problem: str | None = None, time_limit: str | None = None
    ) -> None:
        """Record the call. Raises Problem(usage_not_recorded)."""

    def release(self) -> None:
        """Return the connection to the pool."""


class StreamedBody:
    """Yields the body as it arrives, and records the call before the caller can see its end.

    With a declared length, the last piece is returned after the call is recorded. Without one, the
    end of the stream is. Usage is read out of a piece when the next one is asked for, so that no
    piece waits for it.
    """

    def __init__(self, delivery: Delivery, length: int | None, open_call: OpenCall | None) -> None:
        self._delivery = delivery
        self._open_call = open_call
        self._length = length
        self._bytes_out = 0
        self._arrived = b""
        self._started = False
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        try:
            return self._next()
        except StopIteration:
            raise
        except BaseException as error:
            reason, time_limit = _reason_of(error)
            if isinstance(error, TransportError) and not isinstance(error, CallerGone):
                log_event(
                    "stream_ended_early", level="warning", reason=reason, time_limit=time_limit
                )
            self._finish(reason, time_limit)
            raise

    def close(self) -> None:
        """End the stream (PEP 3333).

        If it is not complete, the exception that the server handles now says why: the caller is
        gone or does not read, or the server stops.
        """
        self._finish(*_reason_of(sys.exception()))

    def _next(self) -> bytes:
        connection, rewriter = self._delivery.connection, self._delivery.rewriter
        while True:
            if self._arrived:
                self._observe()
            if not self._started:
                self._started = True
                data = connection.take()
                if not data:
                    return b""  # The server sends the head at once.
            else:
                check()
                data = connection.read_body(self._delivery.timeouts, self._delivery.caller)
            if not data:
                return self._last(rewriter.finish() if rewriter is not None else b"")
            if self._delivery.spend is not None:
                self._arrived = data
            if rewriter is not None:
                data = rewriter.feed(data)
            if self._length is not None and self._bytes_out + len(data) >= self._length:
                return self._last(data)
            if data:
                self._count(data)
                if self._open_call is not None:
                    self._open_call.bytes_out = self._bytes_out
                return data

    def _observe(self) -> None:
        """Read the usage in the piece that arrived last."""
        arrived, self._arrived = self._arrived, b""
        if self._delivery.spend is not None:
            self._delivery.spend.observe(arrived)

    def _last(self, data: bytes) -> bytes:
        """Record the call, then return its last piece. Raises StopIteration if that is empty."""
        self._count(data)
        self._finish(None)
        if not data:
            raise StopIteration
        return data

    def _count(self, data: bytes) -> None:
        size, limit = self._bytes_out + len(data), self._delivery.max_bytes
        if limit is not None and size > limit:
            raise ResponseTooLarge("counted")
        self._bytes_out = size

    def _finish(self, problem: str | None, time_limit: str | None = None) -> None:
        """End the exchange and record the call, once. Costs a database trip."""
        if self._ended:
            return
        self._ended = True
        connection = self._delivery.connection
        with Hold():
            try:
                if problem is not None:
                    connection.close()
                else:
                    if not connection.finished:
                        connection.read_body(self._delivery.timeouts.until(monotonic() + 1.0))
                    self._delivery.release()
            finally:
                if self._arrived:
                    self._observe()
                self._delivery.record(self._bytes_out, problem, time_limit)


def _reason_of(error: BaseException | None) -> tuple[str, str | None]:
    """Return the problem code of a stream that this exception ended, and the time limit, if any."""
    if isinstance(error, TransportError):
        problem = to_problem(error)
        return problem.code, problem.time_limit
    if isinstance(error, ServerStopping):
        return "server_stopping", None
    if isinstance(error, TimeoutError):
        return "caller_not_reading", None
    if isinstance(error, Exception) and not isinstance(error, OSError):
        return "internal_error", None
    return "caller_gone", None
