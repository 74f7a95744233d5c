"""May this caller make this call now: one read trip, the exact limits counted in the same trip.

The token says itself whether it has a limit; whether that was changed, and whether the user set a
limit for the API, is remembered from the last call (`hints.py`) and always compared with what the
trip reads, so that a limit set elsewhere holds from the first call on, at the cost of one more trip
for that call.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import msgspec

from api.aws.json_client import Operation
from api.errors import Problem
from api.limits.policies import Policy
from api.limits.rules import LimitRule
from api.pools import Pool
from api.proxy.limit_cache import LimitCache
from api.proxy.rate_limiter import LimitStatus, RateLimiter, granted, limit_problem
from api.proxy.scope import scope_problem
from api.proxy.token_extraction import FoundToken
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
    """Who calls, as far as the presented token says it."""

    find_tokens: FoundToken
    username: str
    token: TokenPayload | None
    claims: Claims | None


class Admission(msgspec.Struct, frozen=True):
    """What the read trip found. `token` is None for a session of the dashboard."""

    username: str
    api_name: str
    token: Token | None
    pool: Pool | None
    granted: tuple[LimitStatus, ...]


class CallRejected(Exception):
    """A call that is not let through, though its caller is known: `problem` is the answer.

    `give_back_ops` returns what the call took from other limits; they go out with its log entry.
    """

    def __init__(
        self, problem: Problem, admission: Admission, give_back_ops: list[Operation]
    ) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.admission = admission
        self.give_back_ops = give_back_ops


class Authorizer:
    """Identifies callers and admits their calls. `clock` gives epoch seconds."""

    def __init__(
        self,
        table: Table,
        limits: Limits,
        texts: TokenCodec,
        sessions: SessionService,
        hints: LimitCache,
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._counter = RateLimiter(table, limits)
        self._texts = texts
        self._sessions = sessions
        self._hints = hints
        self._clock = clock

    def identify(self, found: list[FoundToken]) -> Identity:
        """The first token that this server made. Raises Problem(authentication_required)."""
        for find_tokens in found:
            if find_tokens.text.startswith("apd_"):
                token = self._texts.read(find_tokens.text)
                if token is not None:
                    return Identity(find_tokens, token.username, token, None)
            else:
                claims = self._sessions.read_access(find_tokens.text)
                if claims is not None:
                    return Identity(find_tokens, claims.username, None, claims)
        raise authentication_required()

    def authorize(self, identity: Identity, api_name: str, method: str, path: str) -> Admission:
        """Read what is needed and count in every limit.

        Raises Problem(authentication_required) for a token that is revoked or expired, and Refused
        for one that may not make this call, or whose limit is used up.
        """
        username = identity.username
        now = self._clock()
        said = _embedded_limit(identity.token)
        hinted = None
        if identity.token is not None:
            hinted = self._hints.token(identity.token.token_id, said)
        policy = self._hints.policy(username, api_name)
        first = self._counter.first(
            username, _applicable_limits(identity, api_name, hinted, policy, now), now
        )
        outcomes = self._table.batch(
            [
                self._read_op(identity, api_name),
                *self._counter.calls(username, first, now),
            ]
        )
        answer, *counted = outcomes
        found = authorization_read(answer)
        taken = list(zip(first, counted, strict=True))
        try:
            token = self._load_token(identity, found)
        except Problem:
            give_back_ops = self._counter.give_back_ops(username, taken, now)
            if give_back_ops:
                self._table.batch(give_back_ops)
            raise
        pool = found.pool
        admission = Admission(username, api_name, token, pool, ())
        simulated_response = scope_problem(
            token, identity.find_tokens, pool, api_name, method, path
        )
        if simulated_response is not None:
            raise CallRejected(
                simulated_response, admission, self._counter.give_back_ops(username, taken, now)
            )
        held = pool.policy if pool is not None else None
        if held != policy:
            self._hints.set_policy(username, api_name, held)
        own = None
        if token is not None:
            own = current_token_rule(token, said)
            if own != hinted:
                self._hints.set_token(token.token_id, said, own)
        wanted = _applicable_limits(identity, api_name, own, held, now)
        taken = self._counter.complete(username, wanted, taken, now)
        limits = tuple(granted(bound, outcome, now) for bound, outcome in taken)
        admission = msgspec.structs.replace(admission, granted=limits)
        simulated_response = limit_problem(limits, held, token.token_id if token else None, now)
        if simulated_response is not None:
            self._counter.remember_exhausted(username, taken, now)
            raise CallRejected(
                simulated_response, admission, self._counter.give_back_ops(username, taken, now)
            )
        return admission

    def _read_op(self, identity: Identity, api_name: str) -> Operation:
        token, claims = identity.token, identity.claims
        return authorization_op(
            self._table,
            identity.username,
            api_name,
            token_id=token.token_id if token is not None else None,
            session_id=claims.session_id if claims is not None else None,
        )

    def _load_token(self, identity: Identity, found: AuthorizationRead) -> Token | None:
        if identity.token is not None:
            token = found.token
            if token is not None:
                right = hmac.compare_digest(token.token_hash, token_hash(identity.find_tokens.text))
                if right and (token.expires_at is None or token.expires_at > self._clock()):
                    return token
            raise authentication_required()
        assert identity.claims is not None
        if not self._sessions.holds(found.user, found.session):
            raise authentication_required()
        return None


def _embedded_limit(token: TokenPayload | None) -> LimitRule | None:
    """The limit that a token's text says, which holds unless it was changed since."""
    if token is None or token.limit is None or token.window is None:
        return None
    return token_rule(token.token_id, token.limit, token.window, token.window_start)


def _applicable_limits(
    identity: Identity,
    api_name: str,
    own: LimitRule | None,
    policy: Policy | None,
    now: float,
) -> list[LimitRule]:
    wanted = [own] if own is not None else []
    if policy is not None:
        token_id = identity.token.token_id if identity.token is not None else None
        wanted.append(policy.rule(api_name, token_id, now))
    return wanted
