"""Decides whether a caller may make a call. The same database trip counts limits and reserves what
the call may cost.

A token's text contains its limit. limit_cache.py remembers from the last call whether that limit
was changed and whether the API has a policy. Both are compared with what the trip reads, so a limit
that another process set applies from the first call on; that call costs one more trip.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from api.aws.json_client import Operation
from api.errors import Problem, StorageError
from api.limits.policies import Policy
from api.limits.rules import LimitRule
from api.limits.status import LimitStatus
from api.pools import Pool
from api.proxy.address_check import AddressCheck
from api.proxy.authorization_trips import AuthorizationTrip, AuthorizationTrips
from api.proxy.identity import Callers, Identity
from api.proxy.limit_cache import LimitCache
from api.proxy.process_budgets import ProcessBudgets
from api.proxy.rate_limiter import Counted, RateLimiter, limit_problem, limit_status
from api.proxy.ratelimit_headers import ratelimit_headers
from api.proxy.request_body import BodyReader
from api.proxy.scope import scope_problem
from api.proxy.token_notes import TokenNote, token_note
from api.raw_request import RawRequest
from api.services.accounts.sessions import SessionService, authentication_required
from api.services.limits.token_limits import current_token_rule, embedded_rule
from api.services.token_codec import TokenCodec
from api.services.token_validity import require_valid
from api.spend.budgets import CallBounds
from api.storage.authorization_reads import AuthorizationRead, ItemKey, authorization_keys
from api.storage.limits import Limits
from api.storage.table import Table
from api.storage.tokens import Token

if TYPE_CHECKING:
    from api.proxy.budget_updates import SettleUpdate
    from api.proxy.call_budgets import CallBudgets


class Authorization(msgspec.Struct, frozen=True):
    """The result of the read trip, and the limits that were counted.

    `token` is None for a session; `pool` is None if the user has no such API. `limits` are limits
    and budgets. `counted` has the outcome of each count, `budgets` what is reserved, None without a
    budget. `note` is what the record stores about the token, None for nothing.
    """

    username: str
    token: Token | None
    pool: Pool | None
    limits: tuple[LimitStatus, ...] = ()
    counted: Counted = ()
    budgets: CallBudgets | None = None
    note: TokenNote | None = None

    @property
    def usable_pool(self) -> Pool:
        """The pool of an authorized call, which always has one."""
        assert self.pool is not None
        return self.pool


class CallRejected(Exception):
    """An authenticated caller's call is not allowed. `problem` is the response.

    `give_back_ops` undo what the call counted in other limits and reserved in budgets. They are
    sent with its log entry, in the context of `giving_back`.
    """

    def __init__(
        self,
        problem: Problem,
        authorization: Authorization,
        give_back_ops: list[Operation],
        ended: Sequence[SettleUpdate] = (),
    ) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.authorization = authorization
        self.give_back_ops = give_back_ops
        self._ended = ended

    @contextlib.contextmanager
    def giving_back(self) -> Iterator[None]:
        """Give back later what the call has reserved in budgets, if that fails now."""
        try:
            yield
        except BaseException:
            if self.authorization.budgets is not None:
                self.authorization.budgets.ledger.remember(self._ended)
            raise


class Authorizer:
    """Identifies callers and authorizes their calls. `clock` returns epoch seconds.

    With `is_grouped`, calls that come at the same time share a trip. Without `budgets`, no budget
    applies.
    """

    def __init__(
        self,
        table: Table,
        limits: Limits,
        token_codec: TokenCodec,
        sessions: SessionService,
        limit_cache: LimitCache,
        clock: Callable[[], float],
        *,
        budgets: ProcessBudgets | None = None,
        is_grouped: bool = False,
    ) -> None:
        self._table = table
        self._budgets = budgets
        self._trips = AuthorizationTrips(table, limits, is_grouped=is_grouped)
        self._limiter = RateLimiter(table, limits)
        self._callers = Callers(token_codec, sessions)
        self._sessions = sessions
        self._limit_cache = limit_cache
        self._clock = clock
        self._addresses = AddressCheck()

    def identify(self, request: RawRequest, path: str, body: BodyReader) -> Identity:
        """Return the caller. See `Callers.identify`."""
        return self._callers.identify(request, path, body)

    def authorize(
        self,
        identity: Identity,
        api_name: str,
        method: str,
        path: str,
        spend: CallBounds | None = None,
        *,
        is_websocket: bool = False,
    ) -> Authorization:
        """Read what the call needs, count it in every limit and reserve its cost in every budget.

        `spend` is asked only if a budget applies. None means that the call costs nothing.

        Raises Problem(authentication_required) for a token that is revoked or expired, and
        CallRejected for a call that the token does not cover or that exceeds a limit or a budget.
        """
        now = self._clock()
        budgets = None
        if not self._addresses.was_refused(identity):
            budgets = self._expected_budgets(identity, api_name, spend, now, is_websocket)
        try:
            authorization = self._count(identity, api_name, method, path, now, budgets)
            if budgets is None and not _has_budgets(authorization.pool, authorization.token):
                return authorization
            budgets = self._complete(authorization, spend, now, is_websocket)
            return self._with_budgets(authorization, budgets, now)
        except CallRejected:
            raise
        except BaseException:
            if budgets is not None:
                budgets.ledger.abandon(budgets)
            raise

    def _count(
        self,
        identity: Identity,
        api_name: str,
        method: str,
        path: str,
        now: float,
        budgets: CallBudgets | None,
    ) -> Authorization:
        """Read what the call needs, count it in every limit and reserve in the expected budgets.

        Raises what `authorize` raises.
        """
        username = identity.username
        in_token = embedded_rule(identity.payload)
        cached = self._cached_limit(identity, in_token)
        policy = self._limit_cache.policy(username, api_name)
        rules = _applicable_rules(identity, api_name, cached, policy, now)
        first: Sequence[LimitRule] = ()
        if not self._addresses.was_refused(identity):
            first = self._limiter.first_rules(username, rules, now)
        trip = AuthorizationTrip(username, self._keys(identity, api_name), first, now, budgets)
        self._trips.make(trip)
        records, counted = trip.records, trip.counted
        try:
            token = self._load_token(identity, records)
        except Problem as refused:
            unknown = Authorization(username, None, None, counted=counted, budgets=budgets)
            rejection = self.rejection(refused, unknown)
            if rejection.give_back_ops:
                with rejection.giving_back():
                    self._table.batch(rejection.give_back_ops)
            raise
        pool = records.pool
        authorization = Authorization(username, token, pool, counted=counted, budgets=budgets)
        problem = self._addresses.problem(token, identity)
        if problem is not None:
            raise self.rejection(problem, authorization)
        if identity.payload is not None:
            note = token_note(records, identity.payload.token_hash, identity.source)
            if note is not None:
                authorization = msgspec.structs.replace(authorization, note=note)
        problem = scope_problem(token, identity.found, pool, api_name, method, path)
        if problem is not None:
            raise self.rejection(problem, authorization)
        stored_policy = pool.policy if pool is not None else None
        if stored_policy != policy:
            self._limit_cache.set_policy(username, api_name, stored_policy)
        stored = current_token_rule(token, in_token) if token is not None else None
        if token is not None and stored != cached:
            self._limit_cache.set_token(token.token_id, in_token, stored)
        rules = _applicable_rules(identity, api_name, stored, stored_policy, now)
        counted = self._limiter.count_remaining(username, rules, counted, now)
        limits = tuple([limit_status(rule, count, now) for rule, count in counted])
        authorization = msgspec.structs.replace(authorization, limits=limits, counted=counted)
        problem = limit_problem(limits, stored_policy, identity.token_id, now)
        if problem is not None:
            self._limiter.remember_exhausted(username, counted, now)
            raise self.rejection(problem, authorization)
        return authorization

    def expects_budgets(self, identity: Identity, api_name: str) -> bool:
        """Return whether a budget applied to the last such call, so that one is asked for its
        bound.
        """
        reserver = self._budgets.reserver if self._budgets is not None else None
        return reserver is not None and reserver.expects(
            identity.username, api_name, identity.token_id
        )

    def _expected_budgets(
        self,
        identity: Identity,
        api_name: str,
        spend: CallBounds | None,
        now: float,
        is_websocket: bool,
    ) -> CallBudgets | None:
        if self._budgets is None or self._budgets.reserver is None:
            return None
        return self._budgets.reserver.expected(
            identity.username, api_name, identity.token_id, spend, now, is_websocket=is_websocket
        )

    def _complete(
        self,
        authorization: Authorization,
        spend: CallBounds | None,
        now: float,
        is_websocket: bool,
    ) -> CallBudgets | None:
        """Return what is reserved in the budgets that were read. Raises CallRejected."""
        assert self._budgets is not None
        try:
            return self._budgets.load().complete(
                authorization.budgets,
                authorization.username,
                authorization.usable_pool,
                authorization.token,
                spend,
                now,
                is_websocket=is_websocket,
            )
        except StorageError:
            raise
        except Problem as unreadable:  # The bound needs the body, which cannot be read.
            raise self.rejection(unreadable, authorization) from None

    def _with_budgets(
        self, authorization: Authorization, budgets: CallBudgets | None, now: float
    ) -> Authorization:
        """Return the authorization with what is reserved. Raises CallRejected."""
        if budgets is None:
            return msgspec.structs.replace(authorization, budgets=None)
        authorization = msgspec.structs.replace(
            authorization,
            budgets=budgets,
            limits=authorization.limits + budgets.statuses(now),
        )
        problem = budgets.problem(now)
        if problem is not None:
            raise self.rejection(problem, authorization)
        return authorization

    def rejection(self, problem: Problem, authorization: Authorization) -> CallRejected:
        """Return the rejection of a call that was authorized and counted, for another reason."""
        now = self._clock()
        problem.headers += tuple(ratelimit_headers(authorization.limits, None, (), now))
        give_back_ops = self._limiter.give_back_ops(
            authorization.username, authorization.counted, now
        )
        budgets = authorization.budgets
        ended = budgets.give_back() if budgets is not None else []
        give_back_ops += [update.operation() for update in ended]
        return CallRejected(problem, authorization, give_back_ops, ended)

    def revocation(
        self, identity: Identity, records: AuthorizationRead, api_name: str, method: str, path: str
    ) -> Problem | None:
        """Return why a call that was authorized before would not be with these records, or None.

        Limits are not counted.
        """
        try:
            token = self._load_token(identity, records)
        except Problem as problem:
            return problem
        return self._addresses.problem(token, identity) or scope_problem(
            token, identity.found, records.pool, api_name, method, path
        )

    def _cached_limit(self, identity: Identity, in_token: LimitRule | None) -> LimitRule | None:
        token_id = identity.token_id
        return None if token_id is None else self._limit_cache.token(token_id, in_token)

    def _keys(self, identity: Identity, api_name: str) -> list[ItemKey]:
        claims = identity.claims
        return authorization_keys(
            identity.username,
            api_name,
            token_id=identity.token_id,
            session_id=claims.session_id if claims is not None else None,
        )

    def _load_token(self, identity: Identity, records: AuthorizationRead) -> Token | None:
        """Return the stored token, None for a session. Raises Problem: authentication_required or
        second_factor_setup_required.
        """
        if identity.payload is not None:
            return require_valid(records.token, identity.payload.token_hash, self._clock())
        user = records.user
        if user is None or not self._sessions.is_active(user, records.session):
            raise authentication_required()
        self._sessions.require_second_factor(user)
        return None


def _applicable_rules(
    identity: Identity,
    api_name: str,
    token_limit: LimitRule | None,
    policy: Policy | None,
    now: float,
) -> list[LimitRule]:
    rules = [token_limit] if token_limit is not None else []
    if policy is not None:
        rules.append(policy.rule(api_name, identity.token_id, now))
    return rules


def _has_budgets(pool: Pool | None, token: Token | None) -> bool:
    """Return whether a budget applies to the call."""
    of_api = pool is not None and pool.spend.budgets
    return bool(of_api or (token is not None and token.budgets))
