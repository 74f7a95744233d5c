"""A proxied request's way, from the wire to the wire; each step is a function of its own module.

caller -> read trip and limits -> key -> address judged -> credential -> upstream
       -> headers cleaned, quota read, links led back -> record trip -> answer
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from time import monotonic, perf_counter

import msgspec

from api.errors import Problem
from api.http.errors import CallerGone, TransportError
from api.http.pool import ConnectionPool
from api.logs import log_event
from api.pools import Pool, PoolKey
from api.proxy import request_headers, response_headers
from api.proxy.authorization import Admission, Authorizer, CallRejected, Identity
from api.proxy.call_context import CallContext
from api.proxy.exchange import UpstreamRequest, add_proxy_status, proxy_status, send, to_problem
from api.proxy.key_selection import KeySelector, state_after
from api.proxy.ratelimit_headers import limit_fields, with_limits
from api.proxy.recording import Recorder, Seen
from api.proxy.request_body import read_body
from api.proxy.response_body import CallLimits, ProxyResponse, ResponseDelivery, UpstreamResponse
from api.proxy.token_extraction import (
    TOKEN,
    find_tokens,
    holds_token,
    is_allowed_location,
    without_token,
)
from api.proxy.url_rewriting import UrlMapping
from api.quota.consumption_rate import ConsumptionRates
from api.quota.headers import Observation, read
from api.raw_request import RawRequest
from api.secret import Secret
from api.services.accounts.sessions import authentication_required
from api.services.keys.cipher import Cipher, SecretUnreadable
from api.upstream.addresses import (
    RefusedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve_public,
)
from api.upstream.target import BaseUrl, InvalidBaseUrl, RefusedPath, join, parse_base_url

_PREFIX = "/proxy/"
# The upstream cannot have got the request: that of the key before it is all that was answered.
_NOT_SENT = frozenset({"address_refused", "connect_failed", "name_not_resolved", "tls_failed"})
_HOST = re.compile(r"[A-Za-z0-9.\[\]:-]{1,255}")


class _Call(msgspec.Struct, frozen=True):
    """A request for one key, but for its body. `base` has the credential in its path, if it goes
    there.
    """

    key: PoolKey
    base: BaseUrl
    target: str
    headers: list[tuple[str, str]]
    secret: Secret


class Proxy:
    """Carries out proxied calls. `clock` gives epoch seconds; `public_url` is our address from
    outside where it is not the Host that a request names; `chance` gives numbers from 0 up to 1,
    which decide what calls of a rehearsing token are refused."""

    def __init__(
        self,
        gate: Authorizer,
        selection: KeySelector,
        cipher: Cipher,
        resolver: Resolver,
        connections: ConnectionPool,
        recorder: Recorder,
        allowed: frozenset[str],
        limits: CallLimits,
        public_url: str | None,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._gate = gate
        self._selection = selection
        self._cipher = cipher
        self._resolver = resolver
        self._connections = connections
        self._recorder = recorder
        self._allowed = allowed
        self._limits = limits
        self._public_url = public_url
        self._clock = clock
        self._chance = chance
        self._paces = ConsumptionRates()

    def handle(self, wire: RawRequest, request_id: str) -> ProxyResponse:
        """Answer a request under `/proxy/`. Raises Problem, always with a Proxy-Status."""
        try:
            return self._handle(wire, request_id)
        except Problem as problem:
            add_proxy_status(problem)
            raise

    def _handle(self, wire: RawRequest, request_id: str) -> ProxyResponse:
        if not wire.raw_path.startswith(_PREFIX):
            raise Problem("invalid_path", "The path must begin with /proxy/, without an encoding.")
        api_name, slash, rest = wire.raw_path[len(_PREFIX) :].partition("/")
        path = slash + rest
        identity = self._gate.identify(find_tokens(wire, path))
        trace = CallContext(wire, api_name[:64], _without_tokens(path), request_id, self._clock())
        if identity.token is not None:
            trace.token_id = identity.token.token_id
        try:
            admission = self._gate.authorize(identity, api_name, wire.method, path)
        except CallRejected as refused:
            self._record_refusal(identity.username, trace, refused)
            raise with_limits(refused.problem, refused.admission.granted, self._clock()) from None
        try:
            return self._forward(identity, admission, trace, path)
        except Problem as problem:
            if problem.code == "address_refused":
                log_event(
                    "address_refused",
                    level="warning",
                    user=identity.username,
                    api_name=trace.api_name,
                    host=trace.host,
                    reason=getattr(problem.__cause__, "reason", ""),
                )
            if problem.code not in ("usage_not_recorded", "authentication_required"):
                self._recorder.record(
                    identity.username, trace.outcome(problem.status, problem.code)
                )
            raise

    def _record_refusal(self, username: str, trace: CallContext, refused: CallRejected) -> None:
        problem = refused.problem
        outcome = trace.outcome(problem.status, problem.code)
        if refused.admission.pool is None:
            self._recorder.record_denied(username, outcome.entry, refused.give_back_ops)
        else:
            self._recorder.record(username, outcome, refused.give_back_ops)

    def _forward(
        self, identity: Identity, admission: Admission, trace: CallContext, path: str
    ) -> ProxyResponse:
        assert admission.pool is not None
        body, more = read_body(trace.wire, trace, self._limits.request_bytes)
        deadline = monotonic() + self._limits.timeout
        calls = self._calls(identity, admission, trace, path)
        call = next(calls)
        rehearsal = admission.token.simulated_limits if admission.token is not None else None
        if rehearsal is not None and self._chance() < rehearsal.share:
            return self._rehearsed(admission, trace, call)
        answer = self._send(admission.pool, call, body, more, deadline, trace)
        if answer.status == 429 and more is None:
            second = self._second(admission.pool, calls, trace)
            if second is not None:
                try:
                    other = self._send(admission.pool, second, body, more, deadline, trace)
                except Problem as problem:
                    if problem.code not in _NOT_SENT:
                        answer.connection.close()
                        raise
                    trace.host, trace.key_id = call.base.host_and_port, call.key.key_id
                else:
                    answer.connection.close()
                    call, answer = second, other
        return self._reply(admission, trace, call, answer)

    def _calls(
        self, identity: Identity, admission: Admission, trace: CallContext, path: str
    ) -> Iterator[_Call]:
        """The request for each usable key, the best first. Raises Problem when there is none."""
        assert admission.pool is not None
        unreadable: SecretUnreadable | None = None
        none_yet = True
        for key in self._selection.candidates(admission.username, admission.pool):
            if not is_allowed_location(identity.find_tokens, key.auth, key.credential_locations):
                continue
            try:
                call = self._prepare(identity, admission, trace, key, path)
            except SecretUnreadable as error:
                unreadable = error
                continue
            none_yet = False
            yield call
        if none_yet and unreadable is None:
            raise authentication_required()
        if none_yet:
            raise Problem(
                "secret_unreadable", "The stored secret cannot be decrypted. Enter it again."
            ) from unreadable

    def _second(self, pool: Pool, calls: Iterator[_Call], trace: CallContext) -> _Call | None:
        """The request for the next key; None where there is none that this caller can use. A 429
        says more than the 401 of a key that is known to be refused.
        """
        first = trace.host, trace.key_id
        try:
            call = next(calls, None)
        except Problem:
            call = None
        if call is None or self._selection.refused(pool, call.key):
            trace.host, trace.key_id = first
            return None
        return call

    def _prepare(
        self, identity: Identity, admission: Admission, trace: CallContext, key: PoolKey, path: str
    ) -> _Call:
        """The request line and header fields for one key. Raises Problem, SecretUnreadable."""
        token = identity.find_tokens
        secret = self._cipher.open(admission.username, key.key_id, key.encrypted_key)
        try:
            base = _stored_base_url(key.base_url, self._allowed)
        except InvalidBaseUrl as error:
            raise Problem("address_refused", error.reason) from error
        trace.host, trace.key_id = base.host_and_port, key.key_id
        rest: str | None = path
        if token.place == "path":
            rest = without_token(path, base.prefix, token.text)
            if rest is None:
                raise authentication_required()
        assert rest is not None
        if holds_token(rest):
            raise Problem("invalid_path", "The path holds a token of the dashboard.")
        wire = trace.wire
        prefix, query, headers = request_headers.with_credential(
            key.auth,
            secret,
            base.prefix,
            request_headers.clean_query(
                wire.raw_query, key.auth, key.credential_locations, token.text
            ),
            request_headers.clean_headers(
                wire.headers, key.auth, key.credential_locations, token.text
            ),
        )
        if key.url_fields:
            headers = request_headers.with_codings(headers)
        if admission.token is not None and admission.token.methods:
            headers = [
                field
                for field in headers
                if field[0].lower() not in request_headers.METHOD_OVERRIDES
            ]
        filled = msgspec.structs.replace(base, prefix=prefix)
        try:
            target = join(filled, rest, query)
        except RefusedPath as error:
            raise Problem("invalid_path", error.reason) from error
        return _Call(key, filled, target, headers, secret)

    def _send(
        self,
        pool: Pool,
        call: _Call,
        body: bytes,
        more: Callable[[int], bytes] | None,
        deadline: float,
        trace: CallContext,
    ) -> UpstreamResponse:
        """One exchange with the upstream, up to the head of its answer."""
        request = UpstreamRequest(
            base=call.base,
            addresses=self._judge(call.base, deadline),
            method=trace.wire.method,
            target=call.target,
            headers=call.headers,
            body=body,
            length=len(body) if more is None else trace.wire.length,
            has_overflow=more,
        )
        started = perf_counter()
        try:
            connection, status, headers = send(
                self._connections, request, deadline, trace.wire.caller
            )
        except CallerGone as error:
            raise Problem("caller_gone", "The caller hung up.") from error
        except TransportError as error:
            raise to_problem(error) from error
        finally:
            trace.upstream_seconds = (trace.upstream_seconds or 0.0) + perf_counter() - started
        observation = self._observe(pool, call.key, status, headers, trace)
        return UpstreamResponse(connection, status, headers, observation, deadline)

    def _observe(
        self,
        pool: Pool,
        key: PoolKey,
        status: int,
        headers: list[tuple[str, str]],
        trace: CallContext,
    ) -> Observation | None:
        """What an answer says of its key's limits, also for the record."""
        now = self._clock()
        observation = read(headers, status, now, key.rate_limit_dialect)
        self._selection.observe(key, observation)
        state = state_after(
            status, observation, key.rate_limit_dialect, now, pool.states.get(key.key_id)
        )
        if state is not None:
            self._selection.note(key, state)
            trace.key_states[key.key_id] = key, state
        place = pool.slot(key.key_id)
        if observation is not None and observation.windows and place is not None:
            paces = self._paces.observe(key.key_id, observation.windows, now)
            trace.seen[key.key_id] = Seen(key.key_id, place, len(pool.keys), observation, paces)
        return observation

    def _judge(self, base: BaseUrl, deadline: float) -> tuple[str, ...]:
        allowed = base.host_and_port in self._allowed
        try:
            return resolve_public(self._resolver, base, allowed, min(5.0, deadline - monotonic()))
        except RefusedAddress as error:
            raise Problem(
                "address_refused",
                "The upstream's name leads to an address that may not be called.",
                headers=proxy_status("destination_ip_prohibited"),
            ) from error
        except ResolveFailed as error:
            raise Problem(
                "name_not_resolved",
                "The upstream's name could not be resolved.",
                headers=proxy_status("dns_error"),
            ) from error
        except ResolveTimeout as error:
            raise Problem(
                "upstream_timeout",
                "The upstream's name was not resolved in time.",
                headers=proxy_status("dns_timeout"),
            ) from error

    def _reply(
        self, admission: Admission, trace: CallContext, call: _Call, answer: UpstreamResponse
    ) -> ProxyResponse:
        wire = trace.wire
        way = UrlMapping(
            base=call.base,
            target=call.target,
            proxy=wire.door or f"{self._address_of(wire)}/proxy/{trace.api_name}",
            secret=call.secret,
            query_name=call.key.auth.name if call.key.auth.scheme == "query" else None,
            username=call.key.auth.username,
        )
        headers = response_headers.clean_headers(answer.headers, way)
        links = None
        if call.key.url_fields:
            # Loaded only for APIs that want it: a cold start does without.
            from api.proxy.json_url_rewriting import DIGESTS, body_links

            links = body_links(call.key.url_fields, answer.status, answer.headers, way)
            if links is not None:
                headers = [field for field in headers if field[0].lower() not in DIGESTS]
        headers += response_headers.OWN_HEADERS
        headers += limit_fields(
            admission.granted, answer.observation, answer.headers, self._clock()
        )
        headers.append(trace.timing())
        delivery = ResponseDelivery(self._connections, self._recorder, self._limits, trace)
        return delivery.reply(admission.username, answer, headers, links)

    def _rehearsed(self, admission: Admission, trace: CallContext, call: _Call) -> ProxyResponse:
        """The API's own kind of refusal, without asking it."""
        # Only loaded where somebody rehearses.
        from api.proxy.simulated_limits import simulated_response

        now = self._clock()
        trace.rehearsed, trace.key_id = True, None
        refused = simulated_response(call.key.rate_limit_dialect, call.base.host, now)
        headers = [*refused.headers, *response_headers.OWN_HEADERS]
        said = read(refused.headers, refused.status, now, call.key.rate_limit_dialect)
        headers += limit_fields(admission.granted, said, refused.headers, now)
        headers += proxy_status("http_request_denied", "rehearsal")
        headers += [trace.timing(), ("Content-Length", str(len(refused.body)))]
        body = b"" if trace.wire.method == "HEAD" else refused.body
        trace.bytes_out = len(body)
        self._recorder.record(admission.username, trace.outcome(refused.status))
        return ProxyResponse(refused.status, headers, body)

    def _address_of(self, wire: RawRequest) -> str:
        if self._public_url is not None:
            return self._public_url
        return f"{wire.scheme}://{wire.host}" if _HOST.fullmatch(wire.host) else ""


@lru_cache(maxsize=1024)
def _stored_base_url(text: str, allowed: frozenset[str]) -> BaseUrl:
    """A key's base URL, parsed and judged as when it was stored. Raises InvalidBaseUrl."""
    return parse_base_url(text, allowed, placeholder=True)


def _without_tokens(path: str) -> str:
    return TOKEN.sub("***", path) if "apd_" in path else path
