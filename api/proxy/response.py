"""Delivers the upstream's response, buffered if it is short or cannot be streamed, else streamed.

A call is recorded before its buffered response is returned, or before its stream ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from api.errors import Problem, ServerStopping
from api.http.errors import ResponseTooLarge, TransportError
from api.http.fields import DIGESTS
from api.http.pool import ConnectionPool
from api.http.timeouts import Timeouts
from api.limits.status import LimitStatus
from api.pools import PoolKey
from api.proxy.call_context import Attempt, CallContext, Forwarded, log_entry, server_timing
from api.proxy.exchange import to_problem
from api.proxy.ratelimit_headers import ratelimit_headers
from api.proxy.recording import Recorder, call_record
from api.proxy.response_headers import ISOLATION_HEADERS, clean_response_headers
from api.proxy.streamed_body import StreamedBody
from api.proxy.url_rewriting import UrlMapping
from api.proxy_status import proxy_status
from api.quota.headers import read_quota
from api.raw_request import RawRequest, is_host
from api.secret import Secret
from api.stopping import check, server_stopping

if TYPE_CHECKING:
    from api.proxy.body_decoding import DecodedBody
    from api.proxy.json_url_rewriting import JsonUrlRewriter

# Bytes. A response with a declared length up to this is buffered.
_BUFFERED = 65_536


class ProxyResponse(msgspec.Struct, frozen=True):
    """A response to the caller. Its body is bytes, or an iterator of pieces as they arrive."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]


class CallLimits(msgspec.Struct, frozen=True):
    """The limits of one call.

    `timeouts` are for the exchange with the upstream, which ends after `seconds` in all.
    `request_bytes` and `response_bytes` are the largest bodies. None means no limit.
    """

    timeouts: Timeouts
    seconds: float | None
    request_bytes: int
    response_bytes: int | None

    def from_now(self, deadline: float | None = None) -> Timeouts:
        """Return the timeouts of an exchange that starts now.

        `deadline` is a time of `time.monotonic()` at which it ends in any case.
        """
        timeouts = self.timeouts
        if deadline is not None:
            timeouts = timeouts.until(deadline)
        return timeouts if self.seconds is None else timeouts.until(monotonic() + self.seconds)


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
        timeouts: Timeouts,
    ) -> ProxyResponse:
        """Return the response to the caller, and record the call unless it is streamed.

        `rules` are the limits that were counted. Raises Problem if the response cannot be
        delivered.
        """
        answered = forwarded.answered
        response, key, request = answered.response, answered.key, answered.request
        assert response is not None and request is not None
        mapping = self.mapping(raw, call, answered)
        sent = response.headers
        body: DecodedBody | None = None
        if raw.undoes_coding and _is_coded(sent):
            from api.proxy.body_decoding import decoded

            sent, body = decoded(response)
        if call.spend is not None:
            call.spend.begin_response(response.status, sent)
        headers = clean_response_headers(sent, mapping)
        rewriter = None
        if key.url_fields or key.further_hosts:
            # Imported only for APIs in whose bodies URLs are rewritten, to keep cold starts short.
            from api.proxy.further_url_rewriting import further_url_rewriter
            from api.proxy.json_url_rewriting import json_url_rewriter

            rewriter = json_url_rewriter(
                key.url_fields,
                response.status,
                sent,
                mapping,
                further_url_rewriter(key.further_hosts, raw.headers, mapping, request.further),
            )
            if rewriter is not None:
                headers = [field for field in headers if field[0].lower() not in DIGESTS]
        headers += ISOLATION_HEADERS
        headers += ratelimit_headers(rules, answered.reading, response.headers, self._clock())
        headers.append(server_timing(call, forwarded.attempts))
        for_body = timeouts.for_body()
        delivery = _Delivery(self, raw, call, forwarded, bytes_in, body, rewriter, for_body)
        return delivery.deliver(headers)

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
        host, provider = prepared.request.base.host, prepared.key.provider
        simulated = simulated_response(dialect, host, now, provider, call.api_name)
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

    def mapping(self, raw: RawRequest, call: CallContext, answered: Attempt) -> UrlMapping:
        """Return how URLs of the upstream become URLs of the proxy in this call."""
        request, auth = answered.request, answered.key.auth
        assert request is not None
        proxy = raw.api_root or f"{self._origin(raw)}/proxy/{call.api_name}"
        return UrlMapping(
            base=request.base,
            target=request.target,
            proxy=proxy if request.further is None else proxy + request.further.segment,
            secret=request.credential.secret,
            extra_secrets=tuple(secret for _, secret in request.credential.extra_headers),
            query_name=auth.name if auth.scheme == "query" else None,
            basic=auth if auth.scheme == "basic" else None,
            upload_query=_upload_query(call, answered.key),
        )

    def _origin(self, raw: RawRequest) -> str:
        if self._public_url is not None:
            return self._public_url
        return f"{raw.scheme}://{raw.host}" if is_host(raw.host) else ""


def _upload_query(call: CallContext, key: PoolKey) -> Secret | None:
    """Return the query parameter with the caller's token, None if the API takes no such one."""
    for location in key.credential_locations:
        if location.startswith("query:") and call.token_id is not None:
            return Secret(f"{location[6:]}={call.identity.found.text}")
    return None


class _Delivery:
    """Delivers one response."""

    def __init__(
        self,
        responder: Responder,
        raw: RawRequest,
        call: CallContext,
        forwarded: Forwarded,
        bytes_in: int,
        decoded_body: DecodedBody | None,
        rewriter: JsonUrlRewriter | None,
        timeouts: Timeouts,
    ) -> None:
        response = forwarded.answered.response
        assert response is not None
        self.connection = response.connection if decoded_body is None else decoded_body
        self.caller = raw.caller
        self.rewriter = rewriter
        self.timeouts = timeouts
        self.max_bytes = responder.limits.response_bytes
        self.spend = call.spend
        self._is_decoded = decoded_body is not None
        self._connections = responder.connections
        self._recorder = responder.recorder
        self._raw = raw
        self._call = call
        self._forwarded = forwarded
        self._response = response
        self._bytes_in = bytes_in
        self._states_recorded = False

    def deliver(self, headers: list[tuple[str, str]]) -> ProxyResponse:
        """Return the response with `headers`. Raises Problem if a buffered body cannot be read."""
        response, rewriter = self._response, self.rewriter
        length = None if self._is_decoded else _declared_length(response.headers)
        if self._raw.method == "HEAD" or response.status in (204, 304):
            self.release()
            self.record(0)
            if length is not None and response.status != 204 and rewriter is None:
                headers.append(("Content-Length", str(length)))
            return ProxyResponse(response.status, headers, b"")
        is_short = length is not None and length <= _BUFFERED
        # Nobody knows how long a body is before it is decoded.
        is_whole = self.connection.finished and not self._is_decoded
        if is_short or is_whole or not self._raw.streaming:
            body = self._buffered(length)
            self.record(len(body))
            headers.append(("Content-Length", str(len(body))))
            return ProxyResponse(response.status, headers, body)
        if self.max_bytes is not None and length is not None and length > self.max_bytes:
            raise self._failed(ResponseTooLarge("declared"))
        self._states_recorded = self._recorder.record_key_states(
            self._call, self._forwarded.attempts
        )
        if rewriter is not None:
            length = None
        elif length is not None:
            headers.append(("Content-Length", str(length)))
        open_call = self._recorder.open_calls.get(self._call.request_id)
        if open_call is not None:
            answered = self._forwarded.answered
            open_call.begin_response(response.status, answered.host, answered.key.key_id)
        return ProxyResponse(response.status, headers, StreamedBody(self, length, open_call))

    def record(
        self, bytes_out: int, problem: str | None = None, time_limit: str | None = None
    ) -> None:
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
            time_limit=time_limit,
        )
        cost = self.spend.finish(is_complete=problem is None) if self.spend is not None else None
        record = call_record(entry, attempts, with_states=not self._states_recorded, cost=cost)
        self._recorder.record(call.username, record)

    def release(self) -> None:
        """Return the connection to the pool, which closes it unless its response is complete."""
        self._connections.release(self._response.connection)

    def _buffered(self, length: int | None) -> bytes:
        limit = self.max_bytes
        parts = []
        size = 0
        try:
            check()
            if limit is not None and length is not None and length > limit:
                raise ResponseTooLarge("declared")
            while data := self.connection.read_body(self.timeouts, self.caller):
                size += len(data)
                if limit is not None and size > limit:
                    raise ResponseTooLarge("counted")
                parts.append(data)
                if self.spend is not None:
                    self.spend.observe(data)
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            if self.rewriter is not None:
                body = self.rewriter.rewrite(body)
                if limit is not None and len(body) > limit:
                    raise ResponseTooLarge("with rewritten URLs")
        except TransportError as error:
            raise self._failed(error) from error
        except ServerStopping:
            self.connection.close()
            request = self._forwarded.answered.request
            repeatable = request is not None and request.is_idempotent
            raise server_stopping(is_repeatable=repeatable) from None
        self.release()
        return body

    def _failed(self, error: TransportError) -> Problem:
        """Close the connection, and return the problem of a body that cannot be delivered."""
        self.connection.close()
        return to_problem(error, self._forwarded.answered.request)


def _is_coded(headers: Sequence[tuple[str, str]]) -> bool:
    return any(len(name) == 16 and name.lower() == "content-encoding" for name, _ in headers)


def _declared_length(headers: Sequence[tuple[str, str]]) -> int | None:
    for name, value in headers:
        if len(name) == 14 and name.lower() == "content-length" and value.isdigit():
            return int(value)
    return None
