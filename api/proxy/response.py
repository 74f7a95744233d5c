"""Delivers the upstream's response, buffered if it is short or cannot be streamed, else streamed.

A call is recorded before its buffered response is returned, or before its stream ends.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from api.errors import StorageUnavailable
from api.http.errors import CallerGone, ResponseTooLarge, TransportError
from api.http.pool import ConnectionPool
from api.limits.status import LimitStatus
from api.logs import log_event
from api.proxy.call_context import Attempt, CallContext, Forwarded, log_entry, server_timing
from api.proxy.exchange import to_problem
from api.proxy.ratelimit_headers import ratelimit_headers
from api.proxy.recording import Recorder, call_record, new_key_states
from api.proxy.response_headers import ISOLATION_HEADERS, clean_response_headers
from api.proxy.url_rewriting import UrlMapping
from api.proxy_status import proxy_status
from api.quota.headers import read_quota
from api.raw_request import RawRequest

if TYPE_CHECKING:
    from api.proxy.json_url_rewriting import JsonUrlRewriter

# Bytes. A response with a declared length up to this is buffered.
_BUFFERED = 65_536
_HOST = re.compile(r"[A-Za-z0-9.\[\]:-]{1,255}")


class ProxyResponse(msgspec.Struct, frozen=True):
    """A response to the caller. Its body is bytes, or an iterator of pieces as they arrive."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]


class CallLimits(msgspec.Struct, frozen=True):
    """The limits of one call.

    `timeout` is in seconds, until the response begins and between two of its pieces.
    `stream_timeout` is the time for a whole stream in seconds. `request_bytes` and `response_bytes`
    are the largest bodies; None means no limit.
    """

    timeout: float
    stream_timeout: float
    request_bytes: int
    response_bytes: int | None


class Responder:
    """Delivers responses.

    `public_url` is the dashboard's URL if it differs from the request's Host. `clock` returns epoch
    seconds.
    """

    def __init__(
        self,
        connections: ConnectionPool,
        recorder: Recorder,
        limits: CallLimits,
        public_url: str | None,
        clock: Callable[[], float],
    ) -> None:
        self.connections = connections
        self.recorder = recorder
        self.limits = limits
        self._public_url = public_url
        self._clock = clock

    def respond(
        self,
        raw: RawRequest,
        call: CallContext,
        forwarded: Forwarded,
        rules: Sequence[LimitStatus],
        bytes_in: int,
        deadline: float,
    ) -> ProxyResponse:
        """Return the response to the caller, and record the call unless it is streamed.

        `rules` are the limits that were counted. `deadline` is a time of `time.monotonic()` and
        applies to a buffered body. Raises Problem if the response cannot be delivered.
        """
        answered = forwarded.answered
        response, request = answered.response, answered.request
        assert response is not None and request is not None
        key = answered.key
        mapping = UrlMapping(
            base=request.base,
            target=request.target,
            proxy=raw.api_root or f"{self._origin(raw)}/proxy/{call.api_name}",
            secret=request.secret,
            query_name=key.auth.name if key.auth.scheme == "query" else None,
            username=key.auth.username,
        )
        headers = clean_response_headers(response.headers, mapping)
        rewriter = None
        if key.url_fields:
            # Imported only for APIs with `url_fields`, to keep cold starts short.
            from api.proxy.json_url_rewriting import DIGESTS, json_url_rewriter

            rewriter = json_url_rewriter(key.url_fields, response.status, response.headers, mapping)
            if rewriter is not None:
                headers = [field for field in headers if field[0].lower() not in DIGESTS]
        headers += ISOLATION_HEADERS
        headers += ratelimit_headers(rules, answered.reading, response.headers, self._clock())
        headers.append(server_timing(call, forwarded.attempts))
        delivery = _Delivery(self, raw, call, forwarded, bytes_in, rewriter)
        return delivery.deliver(headers, deadline)

    def simulate(
        self,
        raw: RawRequest,
        call: CallContext,
        prepared: Attempt,
        rules: Sequence[LimitStatus],
        bytes_in: int,
    ) -> ProxyResponse:
        """Return the provider's own rate-limit error without calling the API. Record the call."""
        # Imported only if a token simulates rate limiting, to keep cold starts short.
        from api.quota.simulated_limits import simulated_response

        assert prepared.request is not None
        now, dialect = self._clock(), prepared.key.rate_limit_dialect
        simulated = simulated_response(dialect, prepared.request.base.host, now)
        reading = read_quota(simulated.headers, simulated.status, now, dialect)
        headers = [*simulated.headers, *ISOLATION_HEADERS]
        headers += ratelimit_headers(rules, reading, simulated.headers, now)
        headers += proxy_status("http_request_denied", "rehearsal")
        headers += [server_timing(call, ()), ("Content-Length", str(len(simulated.body)))]
        body = b"" if raw.method == "HEAD" else simulated.body
        entry = log_entry(
            call,
            (),
            prepared,
            status=simulated.status,
            bytes_in=bytes_in,
            bytes_out=len(body),
            simulated=True,
        )
        self.recorder.record(call.username, call_record(entry))
        return ProxyResponse(simulated.status, headers, body)

    def _origin(self, raw: RawRequest) -> str:
        if self._public_url is not None:
            return self._public_url
        return f"{raw.scheme}://{raw.host}" if _HOST.fullmatch(raw.host) else ""


class _Delivery:
    """Delivers one response."""

    def __init__(
        self,
        responder: Responder,
        raw: RawRequest,
        call: CallContext,
        forwarded: Forwarded,
        bytes_in: int,
        rewriter: JsonUrlRewriter | None,
    ) -> None:
        response = forwarded.answered.response
        assert response is not None
        self.connection = response.connection
        self.caller = raw.caller
        self.limits = responder.limits
        self.rewriter = rewriter
        self._connections = responder.connections
        self._recorder = responder.recorder
        self._raw = raw
        self._call = call
        self._forwarded = forwarded
        self._response = response
        self._bytes_in = bytes_in
        self._states_recorded = False

    def deliver(self, headers: list[tuple[str, str]], deadline: float) -> ProxyResponse:
        """Return the response with `headers`. Raises Problem if a buffered body cannot be read."""
        response, rewriter = self._response, self.rewriter
        length = _declared_length(response.headers)
        if self._raw.method == "HEAD" or response.status in (204, 304):
            self.release()
            self.record(0)
            if length is not None and response.status != 204 and rewriter is None:
                headers.append(("Content-Length", str(length)))
            return ProxyResponse(response.status, headers, b"")
        is_short = length is not None and length <= _BUFFERED
        if is_short or self.connection.finished or not self._raw.streaming:
            body = self._buffered(length, deadline)
            self.record(len(body))
            headers.append(("Content-Length", str(len(body))))
            return ProxyResponse(response.status, headers, body)
        self._record_key_states()
        if rewriter is not None:
            length = None
        elif length is not None:
            headers.append(("Content-Length", str(length)))
        return ProxyResponse(response.status, headers, _StreamedBody(self, length))

    def record(self, bytes_out: int, problem: str | None = None) -> None:
        """Record the call. Raises Problem(usage_not_recorded)."""
        call, forwarded = self._call, self._forwarded
        attempts = forwarded.attempts
        entry = log_entry(
            call,
            attempts,
            forwarded.answered,
            status=self._response.status,
            bytes_in=self._bytes_in,
            bytes_out=bytes_out,
            problem=problem,
        )
        record = call_record(entry, attempts)
        if self._states_recorded:
            record = msgspec.structs.replace(record, key_states=())
        self._recorder.record(call.username, record)

    def release(self) -> None:
        """Return the connection to the pool, which closes it unless its response is complete."""
        self._connections.release(self.connection)

    def _record_key_states(self) -> None:
        """Record key states at the start of a stream, so that other calls skip an exhausted key.

        A stream may last an hour.
        """
        states = new_key_states(self._forwarded.attempts)
        if states:
            # If this fails, the states are stored with the call at the end of the stream.
            with contextlib.suppress(StorageUnavailable):
                self._recorder.record_key_states(self._call.username, self._call.api_name, states)
                self._states_recorded = True

    def _buffered(self, length: int | None, deadline: float) -> bytes:
        limit = self.limits.response_bytes
        parts = []
        size = 0
        try:
            if limit is not None and length is not None and length > limit:
                raise ResponseTooLarge("declared")
            while data := self.connection.read_body(deadline, self.caller):
                size += len(data)
                if limit is not None and size > limit:
                    raise ResponseTooLarge("counted")
                parts.append(data)
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            if self.rewriter is not None:
                body = self.rewriter.rewrite(body)
                if limit is not None and len(body) > limit:
                    raise ResponseTooLarge("with rewritten URLs")
        except TransportError as error:
            self.connection.close()
            raise to_problem(error) from error
        self.release()
        return body


class _StreamedBody:
    """Yields the body as it arrives, and records the call before the caller can see its end.

    With a declared length, the last piece is returned after the call is recorded. Without one, the
    end of the stream is.
    """

    def __init__(self, delivery: _Delivery, length: int | None) -> None:
        self._delivery = delivery
        self._length = length
        self._end = monotonic() + delivery.limits.stream_timeout
        self._bytes_out = 0
        self._started = False
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        try:
            return self._next()
        except CallerGone:
            self._finish("caller_gone")
            raise
        except TransportError as error:
            problem = to_problem(error).code
            log_event("stream_ended_early", level="warning", reason=problem)
            self._finish(problem)
            raise
        except StopIteration:
            raise
        except BaseException:
            self._finish("caller_gone")
            raise

    def close(self) -> None:
        """End the stream. If it is not complete, the caller is gone (PEP 3333)."""
        self._finish("caller_gone")

    def _next(self) -> bytes:
        connection, rewriter = self._delivery.connection, self._delivery.rewriter
        while True:
            if not self._started:
                self._started = True
                data = connection.take()
                if not data:
                    return b""  # The server sends the head at once.
            else:
                deadline = min(self._end, monotonic() + self._delivery.limits.timeout)
                data = connection.read_body(deadline, self._delivery.caller)
            if not data:
                return self._last(rewriter.finish() if rewriter is not None else b"")
            if rewriter is not None:
                data = rewriter.feed(data)
            if self._length is not None and self._bytes_out + len(data) >= self._length:
                return self._last(data)
            if data:
                self._bytes_out += len(data)
                return data

    def _last(self, data: bytes) -> bytes:
        """Record the call, then return its last piece. Raises StopIteration if that is empty."""
        self._bytes_out += len(data)
        self._finish(None)
        if not data:
            raise StopIteration
        return data

    def _finish(self, problem: str | None) -> None:
        """End the exchange and record the call, once. Costs a database trip."""
        if self._ended:
            return
        self._ended = True
        connection = self._delivery.connection
        try:
            if problem is not None:
                connection.close()
            else:
                if not connection.finished:
                    connection.read_body(monotonic() + 1.0)
                self._delivery.release()
        finally:
            self._delivery.record(self._bytes_out, problem)


def _declared_length(headers: Sequence[tuple[str, str]]) -> int | None:
    for name, value in headers:
        if len(name) == 14 and name.lower() == "content-length" and value.isdigit():
            return int(value)
    return None
