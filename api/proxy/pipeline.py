"""The steps of a proxied call. Each step has its own module.

find token -> authorize (read trip, limits) -> choose key -> build request -> send -> read quota
           -> rewrite URLs -> record (write trip) -> respond
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from api.client_family import client_family
from api.errors import Problem, ServerStopping
from api.logs import log_event
from api.pools import Pool
from api.proxy.authorization import Authorization, Authorizer, CallRejected
from api.proxy.call_context import Attempt, CallContext, log_entry
from api.proxy.call_spend import CallSpend
from api.proxy.caller_request import CallerRequest
from api.proxy.forwarding import Forwarder
from api.proxy.identity import Identity
from api.proxy.own_credentials import without_tokens
from api.proxy.price_sources import PriceSources
from api.proxy.recording import Recorder, call_record
from api.proxy.request_body import BodyReader
from api.proxy.request_overrides import check_overrides
from api.proxy.response import CallLimits, ProxyResponse, Responder
from api.proxy_status import add_proxy_status
from api.raw_request import RawRequest
from api.stopping import Hold, check, server_stopping

if TYPE_CHECKING:
    from api.proxy.call_slots import CallSlots, Slot

_PREFIX = "/proxy/"
# Problems of callers who are not authenticated, and failures of the recording itself.
_NOT_RECORDED = frozenset({"usage_not_recorded", "authentication_required"})


class Proxy:
    """Handles proxied calls.

    `clock` returns epoch seconds. `chance` returns a random number from 0 up to 1; a call of a
    token with simulated rate limiting is rejected if the number is below the token's share. `slots`
    limits the calls in progress; None means no limit. `prices` has the prices of APIs.
    """

    def __init__(
        self,
        authorizer: Authorizer,
        forwarder: Forwarder,
        responder: Responder,
        recorder: Recorder,
        limits: CallLimits,
        clock: Callable[[], float],
        chance: Callable[[], float],
        slots: CallSlots | None,
        prices: PriceSources,
    ) -> None:
        self._authorizer = authorizer
        self._forwarder = forwarder
        self._responder = responder
        self._recorder = recorder
        self._limits = limits
        self._clock = clock
        self._chance = chance
        self._slots = slots
        self._prices = prices

    def handle(self, raw: RawRequest, request_id: str) -> ProxyResponse:
        """Return the response to a request under `/proxy/`.

        Raises Problem; every problem has a Proxy-Status header.
        """
        try:
            return self._handle(raw, request_id)
        except Problem as problem:
            add_proxy_status(problem)
            raise
        except ServerStopping:  # before the caller was known
            stopped = server_stopping(is_repeatable=True)
            add_proxy_status(stopped)
            raise stopped from None

    def _handle(self, raw: RawRequest, request_id: str) -> ProxyResponse:
        started = perf_counter()
        if not raw.raw_path.startswith(_PREFIX):
            raise Problem("invalid_path", "The path must start with /proxy/, without escapes.")
        api_name, slash, rest = raw.raw_path[len(_PREFIX) :].partition("/")
        path = slash + rest
        body = BodyReader(raw, self._limits.request_bytes)
        identity = self._authorizer.identify(raw, path, body)
        at = self._clock()
        spend = CallSpend(self._prices, identity.username, raw, path, body, at)
        call = CallContext(
            request_id=request_id,
            identity=identity,
            method=raw.method,
            api_name=api_name[:64],
            path=without_tokens(path),
            at=at,
            started=started,
            client=client_family(raw.headers),
        )
        if self._authorizer.expects_budgets(identity, api_name):
            # The bound needs it. A slow caller must not delay a stop of the server.
            with contextlib.suppress(Problem):
                body.read_start()
        with Hold():  # so that what the call counted in limits is known
            self._recorder.require_writable()
            authorization, slot = None, None
            try:
                authorization = self._authorizer.authorize(
                    identity,
                    api_name,
                    raw.method,
                    path,
                    spend,
                    is_websocket=raw.websocket is not None,
                )
                slot = self._take_slot(identity, authorization, api_name)
                if spend.begin(authorization.usable_pool):
                    call = msgspec.structs.replace(call, spend=spend)
            except CallRejected as rejection:
                _name_api(rejection.problem, rejection.authorization.pool)
                self._record_rejection(call, rejection)
                raise rejection.problem from None
            except BaseException:
                if slot is not None:
                    slot.release()
                if authorization is not None and authorization.budgets is not None:
                    authorization.budgets.ledger.abandon(authorization.budgets)
                raise
        if slot is None:
            return self._forward(raw, path, body, call, identity, authorization)
        try:
            response = self._forward(raw, path, body, call, identity, authorization)
        except BaseException:
            slot.release()
            raise
        if isinstance(response.body, bytes):
            slot.release()
            return response
        return msgspec.structs.replace(response, body=slot.held(response.body))

    def _take_slot(
        self, identity: Identity, authorization: Authorization, api_name: str
    ) -> Slot | None:
        """Return the call's place among those in progress. Raises CallRejected."""
        if self._slots is None:
            return None
        try:
            return self._slots.acquire(identity.username, api_name, identity.token_id)
        except Problem as problem:
            raise self._authorizer.rejection(problem, authorization) from None

    def _forward(
        self,
        raw: RawRequest,
        path: str,
        body: BodyReader,
        call: CallContext,
        identity: Identity,
        authorization: Authorization,
    ) -> ProxyResponse:
        attempts: Sequence[Attempt] = ()
        open_call = self._recorder.open_calls.register(call, authorization.budgets)
        open_call.request_body = body
        open_call.note = authorization.note
        try:
            check()
            start = body.read_start()
            timeouts = self._limits.from_now(raw.deadline)
            read_more = None if body.is_complete else body.read
            check_overrides(
                authorization.token, raw.headers, raw.raw_query, start, body.is_complete
            )
            reads_response, while_waiting = False, None
            if call.spend is not None:
                start = call.spend.request_body(start)
                reads_response = call.spend.reads_response
                while_waiting = call.spend.prepare
            caller_request = CallerRequest(
                raw, path, start, read_more, reads_response, while_waiting
            )
            prepared = self._forwarder.prepare(identity, authorization, caller_request)
            attempts = (prepared,)
            open_call.host, open_call.key_id = prepared.host, prepared.key.key_id
            if prepared.problem is not None:
                raise prepared.problem
            limits = authorization.limits
            if self._simulates(authorization):
                return self._responder.simulate(raw, call, prepared, limits, body.bytes_read)
            if prepared.probed is not None:
                attempts = ()  # If another call probes the key, nothing is sent with it.
            forwarded = self._forwarder.send(
                identity, authorization, caller_request, prepared, timeouts
            )
            attempts = forwarded.attempts
            if forwarded.answered.problem is not None:
                raise forwarded.answered.problem
            return self._responder.respond(raw, call, forwarded, limits, body.bytes_read, timeouts)
        except (ServerStopping, Problem) as error:
            problem = error if isinstance(error, Problem) else _stopped(attempts)
            try:
                self._record_problem(call, authorization.pool, attempts, problem, body.bytes_read)
            except BaseException:
                self._recorder.forget(call)  # unless the record has ended it
                raise
            if problem is error:
                raise
            raise problem from None
        except BaseException:
            self._recorder.forget(call)
            raise

    def _simulates(self, authorization: Authorization) -> bool:
        """Return whether this call is rejected for testing."""
        token = authorization.token
        simulated = token.simulated_limits if token is not None else None
        return simulated is not None and self._chance() < simulated.share

    def _record_rejection(self, call: CallContext, rejection: CallRejected) -> None:
        problem = rejection.problem
        entry = log_entry(call, (), None, status=problem.status, bytes_in=0, problem=problem.code)
        note = rejection.authorization.note
        with rejection.giving_back():
            if rejection.authorization.pool is None:
                self._recorder.record_unknown_api(
                    call.username, entry, rejection.give_back_ops, note
                )
            else:
                self._recorder.record(
                    call.username, call_record(entry), rejection.give_back_ops, note
                )

    def _record_problem(
        self,
        call: CallContext,
        pool: Pool | None,
        attempts: Sequence[Attempt],
        problem: Problem,
        bytes_in: int,
    ) -> None:
        _name_api(problem, pool)
        answered = attempts[-1] if attempts else None
        if problem.code == "address_refused":
            log_event(
                "address_refused",
                level="warning",
                user=call.username,
                api_name=call.api_name,
                host=answered.host if answered is not None else "",
                reason=getattr(problem.__cause__, "reason", ""),
            )
        if problem.code in _NOT_RECORDED:
            self._recorder.forget(call)
            return
        entry = log_entry(
            call,
            attempts,
            answered,
            status=problem.status,
            bytes_in=bytes_in,
            problem=problem.code,
            time_limit=problem.time_limit,
        )
        cost = None
        if call.spend is not None:
            was_sent = any(one.was_sent and one.seconds is not None for one in attempts)
            cost = call.spend.finish(is_complete=False, was_sent=was_sent)
        self._recorder.record(call.username, call_record(entry, attempts, cost=cost))


def _name_api(problem: Problem, pool: Pool | None) -> None:
    """Add the called API to a problem, so that its response has the provider's error shape."""
    if pool is not None and pool.keys:
        key = pool.keys[0]
        problem.provider = key.provider
        problem.host = urlsplit(key.base_url).hostname or ""


def _stopped(attempts: Sequence[Attempt]) -> Problem:
    """Close what the attempts left open. Return the problem for a call that the stop ended."""
    is_repeatable = True
    for attempt in attempts:
        if attempt.response is not None:
            attempt.response.connection.close()
        if attempt.seconds is not None and attempt.request is not None:
            is_repeatable = is_repeatable and attempt.request.is_idempotent
    return server_stopping(is_repeatable=is_repeatable)
