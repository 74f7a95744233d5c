"""The steps of a proxied call. Each step has its own module.

find token -> authorize (read trip, limits) -> choose key -> build request -> send -> read quota
           -> rewrite URLs -> record (write trip) -> respond
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic, perf_counter

from api.errors import Problem
from api.logs import log_event
from api.proxy.authorization import Authorization, Authorizer, CallRejected, Identity
from api.proxy.call_context import Attempt, CallContext, log_entry
from api.proxy.forwarding import CallerRequest, Forwarder
from api.proxy.recording import Recorder, call_record
from api.proxy.request_body import BodyReader
from api.proxy.response import CallLimits, ProxyResponse, Responder
from api.proxy_status import add_proxy_status
from api.raw_request import RawRequest
from api.services.token_codec import mask_tokens

_PREFIX = "/proxy/"
# Problems of callers who are not authenticated, and failures of the recording itself.
_NOT_RECORDED = frozenset({"usage_not_recorded", "authentication_required"})


class Proxy:
    """Handles proxied calls.

    `clock` returns epoch seconds. `chance` returns a random number from 0 up to 1; a call of a
    token with simulated rate limiting is rejected if the number is below the token's share.
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
    ) -> None:
        self._authorizer = authorizer
        self._forwarder = forwarder
        self._responder = responder
        self._recorder = recorder
        self._limits = limits
        self._clock = clock
        self._chance = chance

    def handle(self, raw: RawRequest, request_id: str) -> ProxyResponse:
        """Return the response to a request under `/proxy/`.

        Raises Problem; every problem has a Proxy-Status header.
        """
        try:
            return self._handle(raw, request_id)
        except Problem as problem:
            add_proxy_status(problem)
            raise

    def _handle(self, raw: RawRequest, request_id: str) -> ProxyResponse:
        started = perf_counter()
        if not raw.raw_path.startswith(_PREFIX):
            raise Problem("invalid_path", "The path must start with /proxy/, without escapes.")
        api_name, slash, rest = raw.raw_path[len(_PREFIX) :].partition("/")
        path = slash + rest
        identity = self._authorizer.identify(raw, path)
        call = CallContext(
            request_id=request_id,
            username=identity.username,
            token_id=identity.token_id,
            method=raw.method,
            api_name=api_name[:64],
            path=mask_tokens(path),
            at=self._clock(),
            started=started,
        )
        try:
            authorization = self._authorizer.authorize(identity, api_name, raw.method, path)
        except CallRejected as rejection:
            self._record_rejection(call, rejection)
            raise rejection.problem from None
        return self._forward(raw, path, call, identity, authorization)

    def _forward(
        self,
        raw: RawRequest,
        path: str,
        call: CallContext,
        identity: Identity,
        authorization: Authorization,
    ) -> ProxyResponse:
        body = BodyReader(raw, self._limits.request_bytes)
        attempts: Sequence[Attempt] = ()
        try:
            start = body.read_start()
            deadline = monotonic() + self._limits.timeout
            read_more = None if body.is_complete else body.read
            caller_request = CallerRequest(raw, path, start, read_more)
            prepared = self._forwarder.prepare(identity, authorization, caller_request)
            attempts = (prepared,)
            if prepared.problem is not None:
                raise prepared.problem
            limits = authorization.limits
            if self._simulates(authorization):
                return self._responder.simulate(raw, call, prepared, limits, body.bytes_read)
            forwarded = self._forwarder.send(
                identity, authorization, caller_request, prepared, deadline
            )
            attempts = forwarded.attempts
            if forwarded.answered.problem is not None:
                raise forwarded.answered.problem
            return self._responder.respond(raw, call, forwarded, limits, body.bytes_read, deadline)
        except Problem as problem:
            self._record_problem(call, attempts, problem, body.bytes_read)
            raise

    def _simulates(self, authorization: Authorization) -> bool:
        """Return whether this call is rejected for testing."""
        token = authorization.token
        simulated = token.simulated_limits if token is not None else None
        return simulated is not None and self._chance() < simulated.share

    def _record_rejection(self, call: CallContext, rejection: CallRejected) -> None:
        problem = rejection.problem
        entry = log_entry(call, (), None, status=problem.status, bytes_in=0, problem=problem.code)
        if rejection.authorization.pool is None:
            self._recorder.record_unknown_api(call.username, entry, rejection.give_back_ops)
        else:
            self._recorder.record(call.username, call_record(entry), rejection.give_back_ops)

    def _record_problem(
        self, call: CallContext, attempts: Sequence[Attempt], problem: Problem, bytes_in: int
    ) -> None:
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
            return
        entry = log_entry(
            call,
            attempts,
            answered,
            status=problem.status,
            bytes_in=bytes_in,
            problem=problem.code,
        )
        self._recorder.record(call.username, call_record(entry, attempts))
