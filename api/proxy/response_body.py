"""Bringing an answer to the caller: whole where it is short or has to be, else piece by piece as it
comes.

Recorded before the answer is returned; of a stream, before its end is (product.md, point 8).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from api.errors import Problem, StorageUnavailable
from api.http.connection import Connection
from api.http.errors import CallerGone, ResponseTooLarge, TransportError
from api.http.pool import ConnectionPool
from api.logs import log_event
from api.proxy.call_context import CallContext
from api.proxy.exchange import to_problem
from api.proxy.recording import Recorder
from api.quota.windows import QuotaReading

if TYPE_CHECKING:
    from api.proxy.json_url_rewriting import BodyLinks

# An answer of a declared length up to this is read whole before it is returned.
_WHOLE = 65_536


class ProxyResponse(msgspec.Struct, frozen=True):
    """An answer: its body whole, or an iterator of pieces as they come."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]


class CallLimits(msgspec.Struct, frozen=True):
    """What a call may take: seconds until the answer begins (and between two of its pieces),
    seconds in all, bytes in and out (None: no limit).
    """

    timeout: float
    stream_timeout: float
    request_bytes: int
    response_bytes: int | None


class UpstreamResponse(msgspec.Struct, frozen=True):
    """An upstream's answer whose body is still to be read, and what it said of its limits.

    `deadline` (of `time.monotonic()`) is the call's, for a body that is read before returning.
    """

    connection: Connection
    status: int
    headers: list[tuple[str, str]]
    observation: QuotaReading | None
    deadline: float


class ResponseDelivery:
    """Delivers one answer and records the call."""

    def __init__(
        self,
        connections: ConnectionPool,
        recorder: Recorder,
        limits: CallLimits,
        trace: CallContext,
    ) -> None:
        self._connections = connections
        self._recorder = recorder
        self._limits = limits
        self._trace = trace

    def reply(
        self,
        username: str,
        answer: UpstreamResponse,
        headers: list[tuple[str, str]],
        links: BodyLinks | None = None,
    ) -> ProxyResponse:
        """The answer to the caller, the links in its body led back by `links`.

        Raises Problem when it cannot be brought whole.
        """
        length = _length(answer.headers)
        if self._trace.wire.method == "HEAD" or answer.status in (204, 304):
            self._connections.release(answer.connection)
            self._record(username, answer)
            if length is not None and answer.status != 204 and links is None:
                headers.append(("Content-Length", str(length)))
            return ProxyResponse(answer.status, headers, b"")
        short = length is not None and length <= _WHOLE
        if short or answer.connection.finished or not self._trace.wire.streaming:
            body = self._buffered(answer, length, links)
            self._trace.bytes_out = len(body)
            self._record(username, answer)
            headers.append(("Content-Length", str(len(body))))
            return ProxyResponse(answer.status, headers, body)
        self._record_key_states(username, answer)
        if links is not None:
            return ProxyResponse(
                answer.status, headers, self._streamed(username, answer, None, links)
            )
        if length is not None:
            headers.append(("Content-Length", str(length)))
        return ProxyResponse(answer.status, headers, self._streamed(username, answer, length))

    def _buffered(
        self, answer: UpstreamResponse, length: int | None, links: BodyLinks | None
    ) -> bytes:
        connection = answer.connection
        most = self._limits.response_bytes
        parts = []
        size = 0
        try:
            if most is not None and length is not None and length > most:
                raise ResponseTooLarge("declared")
            while data := connection.read_body(answer.deadline, self._trace.wire.caller):
                size += len(data)
                if most is not None and size > most:
                    raise ResponseTooLarge("counted")
                parts.append(data)
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            if links is not None:
                body = links.whole(body)
                if most is not None and len(body) > most:
                    raise ResponseTooLarge("with links led back")
        except CallerGone as error:
            connection.close()
            raise Problem("caller_gone", "The caller hung up.") from error
        except TransportError as error:
            connection.close()
            raise to_problem(error) from error
        self._connections.release(connection)
        return body

    def _streamed(
        self,
        username: str,
        answer: UpstreamResponse,
        length: int | None,
        links: BodyLinks | None = None,
    ) -> Iterator[bytes]:
        """The body as it comes. Of a declared length the last piece waits for the record; without
        one the end does, since only then is the answer complete for the caller."""
        connection, trace = answer.connection, self._trace
        end = monotonic() + self._limits.stream_timeout
        ended = "caller_gone"
        last = b""
        try:
            data = connection.take()
            if not data:
                yield b""  # The head goes out at once.
            while True:
                if not data:
                    pause = min(end, monotonic() + self._limits.timeout)
                    data = connection.read_body(pause, trace.wire.caller)
                if not data:
                    break
                if links is not None:
                    data = links.feed(data)
                trace.bytes_out += len(data)
                if length is not None and trace.bytes_out >= length:
                    last = data
                    break
                if data:
                    yield data
                data = b""
            if links is not None:
                last = links.finish()
                trace.bytes_out += len(last)
            ended = ""
        except CallerGone:
            raise
        except TransportError as error:
            ended = to_problem(error).code
            log_event("stream_ended_early", level="warning", reason=ended)
            raise
        finally:
            if ended:
                connection.close()
            elif not connection.finished:
                connection.read_body(monotonic() + 1.0)
                self._connections.release(connection)
            else:
                self._connections.release(connection)
            self._record(username, answer, ended or None)
        if last:
            yield last

    def _record_key_states(self, username: str, answer: UpstreamResponse) -> None:
        """A stream may last an hour; others should not find a spent key that long."""
        if self._trace.key_states:
            # What cannot be written now is written with the rest, at the stream's end.
            with contextlib.suppress(StorageUnavailable):
                self._recorder.record_key_states(username, self._trace.outcome(answer.status))
                self._trace.key_states.clear()

    def _record(self, username: str, answer: UpstreamResponse, problem: str | None = None) -> None:
        self._recorder.record(username, self._trace.outcome(answer.status, problem))


def _length(headers: list[tuple[str, str]]) -> int | None:
    for name, value in headers:
        if len(name) == 14 and name.lower() == "content-length" and value.isdigit():
            return int(value)
    return None
