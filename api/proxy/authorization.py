"""Decides whether a caller may make a call, in one database trip that also counts limits.

A token's text contains its limit. limit_cache.py remembers from the last call whether that limit
was changed and whether the API has a policy. Both are compared with what the trip reads, so a limit
that another process set applies from the first call on; that call costs one more trip.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import msgspec

from api.aws.json_client import Operation
from api.errors import Problem
from api.limits.policies import Policy
from api.limits.rules import LimitRule
from api.limits.status import LimitStatus
from api.pools import Pool
from api.proxy.limit_cache import LimitCache
from api.proxy.rate_limiter import (
    Counted,
    RateLimiter,
    limit_problem,
    limit_status,
)
from api.proxy.ratelimit_headers import ratelimit_headers
from api.proxy.scope import scope_problem
from api.proxy.token_extraction import FoundToken, find_tokens
from api.raw_request import RawRequest
from api.services.accounts.claims import Claims
from api.services.accounts.sessions import SessionService, authentication_required
from api.services.limits.token_limits import current_token_rule, token_rule
from api.services.token_codec import TokenCodec, TokenPayload, token_hash
from api.storage.authorization_reads import (
    AuthorizationRead,
    authorization_op,
    authorization_read,
)
from api.storage.limits import Limits
from api.storage.table import Table
from api.storage.tokens import Token


class Identity(msgspec.Struct, frozen=True):
    """The caller as named by the token's text: `payload` of a personal access token, or `claims`
    of a session token.
    """

    found: FoundToken
    username: str
    payload: TokenPayload | None
    claims: Claims | None

    @property
    def token_id(self) -> str | None:
        """The id of the personal access token, None for a session."""
        return self.payload.token_id if self.payload is not None else None


class Authorization(msgspec.Struct, frozen=True):
    """The result of the read trip, and the limits that were counted.

    `token` is None for a session; `pool` is None if the user has no such API.
    """

    username: str
    token: Token | None
    pool: Pool | None
    limits: tuple[LimitStatus, ...] = ()

    @property
    def usable_pool(self) -> Pool:
        """The pool of an authorized call, which always has one."""
        assert self.pool is not None
        return self.pool


class CallRejected(Exception):
    """An authenticated caller's call is not allowed. `problem` is the response.

    `give_back_ops` undo what the call counted in other limits. They are sent with its log entry.
    """

    def __init__(
        self, problem: Problem, authorization: Authorization, give_back_ops: list[Operation]
    ) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.authorization = authorization
        self.give_back_ops = give_back_ops


class Authorizer:
    """Identifies callers and authorizes their calls. `clock` returns epoch seconds."""

    def __init__(
        self,
        table: Table,
        limits: Limits,
        token_codec: TokenCodec,
        sessions: SessionService,
        limit_cache: LimitCache,
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._limiter = RateLimiter(table, limits)
        self._token_codec = token_codec
        self._sessions = sessions
        self._limit_cache = limit_cache
        self._clock = clock

    def identify(self, request: RawRequest, path: str) -> Identity:
        """Return the caller, from the first token in the request that this server issued.

        `path` is the part after `/proxy/{api_name}`. Raises Problem(authentication_required).
        """
        for found in find_tokens(request, path):
            if found.text.startswith("apd_"):
                payload = self._token_codec.decode(found.text)
                if payload is not None:
                    return Identity(found, payload.username, payload, None)
            else:
                claims = self._sessions.read_access(found.text)
                if claims is not None:
                    return Identity(found, claims.username, None, claims)
        raise authentication_required()

    def authorize(self, identity: Identity, api_name: str, method: str, path: str) -> Authorization:
        """Read what the call needs and count it in every limit.

        Raises Problem(authentication_required) for a token that is revoked or expired, and
        CallRejected for a call that the token does not cover or that exceeds a limit.
        """
        username, now = identity.username, self._clock()
        in_token = _embedded_limit(identity.payload)
        cached = self._cached_limit(identity, in_token)
        policy = self._limit_cache.policy(username, api_name)
        rules = _applicable_rules(identity, api_name, cached, policy, now)
        first = self._limiter.first_rules(username, rules, now)
        answer, *outcomes = self._table.batch(
            [
                self._read_op(identity, api_name),
                *self._limiter.count_ops(username, first, now),
            ]
        )
        records = authorization_read(answer)
        counted = list(zip(first, outcomes, strict=True))
        try:
            token = self._load_token(identity, records)
        except Problem:
            give_back_ops = self._limiter.give_back_ops(username, counted, now)
            if give_back_ops:
                self._table.batch(give_back_ops)
            raise
        pool = records.pool
        authorization = Authorization(username, token, pool)
        problem = scope_problem(token, identity.found, pool, api_name, method, path)
        if problem is not None:
            raise self._rejection(problem, authorization, counted, now)
        stored_policy = pool.policy if pool is not None else None
        if stored_policy != policy:
            self._limit_cache.set_policy(username, api_name, stored_policy)
        stored = current_token_rule(token, in_token) if token is not None else None
        if token is not None and stored != cached:
            self._limit_cache.set_token(token.token_id, in_token, stored)
        rules = _applicable_rules(identity, api_name, stored, stored_policy, now)
        counted = self._limiter.count_remaining(username, rules, counted, now)
        limits = tuple(limit_status(rule, outcome, now) for rule, outcome in counted)
        authorization = msgspec.structs.replace(authorization, limits=limits)
        problem = limit_problem(limits, stored_policy, identity.token_id, now)
        if problem is not None:
            self._limiter.remember_exhausted(username, counted, now)
            raise self._rejection(problem, authorization, counted, now)
        return authorization

    def _cached_limit(self, identity: Identity, in_token: LimitRule | None) -> LimitRule | None:
        token_id = identity.token_id
        return None if token_id is None else self._limit_cache.token(token_id, in_token)

    def _rejection(
        self, problem: Problem, authorization: Authorization, counted: Counted, now: float
    ) -> CallRejected:
        problem.headers += tuple(ratelimit_headers(authorization.limits, None, (), now))
        give_back_ops = self._limiter.give_back_ops(authorization.username, counted, now)
        return CallRejected(problem, authorization, give_back_ops)

    def _read_op(self, identity: Identity, api_name: str) -> Operation:
        claims = identity.claims
        return authorization_op(
            self._table,
            identity.username,
            api_name,
            token_id=identity.token_id,
            session_id=claims.session_id if claims is not None else None,
        )

    def _load_token(self, identity: Identity, records: AuthorizationRead) -> Token | None:
        """Return the stored token, None for a session. Raises Problem(authentication_required)."""
        if identity.payload is not None:
            token = records.token
            if token is not None:
                matches = hmac.compare_digest(token.token_hash, token_hash(identity.found.text))
                if matches and (token.expires_at is None or token.expires_at > self._clock()):
                    return token
            raise authentication_required()
        if not self._sessions.is_active(records.user, records.session):
            raise authentication_required()
        return None


def _embedded_limit(payload: TokenPayload | None) -> LimitRule | None:
    """Return the limit in the token's text, which applies unless it was changed later."""
    if payload is None or payload.limit is None or payload.window is None:
        return None
    return token_rule(payload.token_id, payload.limit, payload.window, payload.window_start)


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
