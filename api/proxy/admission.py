"""May this caller make this call now: one read trip, the exact limits counted in the same trip.

The token says itself whether it has a limit; whether the user set one for the API is remembered
from the last call (`PolicyHints`) and always compared with what the trip reads, so that a limit set
elsewhere holds from the first call on, at the cost of one more trip for that call.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from threading import Lock

import msgspec

from api.aws.json_client import Call
from api.errors import Problem
from api.jwt_claims import Claims
from api.proxy.caller import Presented
from api.proxy.scope import scope_problem
from api.services.sessions import SessionService, authentication_required
from api.services.token_format import TokenFormat, TokenText, token_hash
from api.storage import pools as pool_items
from api.storage import sessions as session_items
from api.storage import tokens as token_items
from api.storage.limits import Allowance, Limits
from api.storage.pools import Policy, Pool, as_pool
from api.storage.table import ConditionFailed, Outcome, Table
from api.storage.tokens import Token
from api.storage.users import PROFILE, partition

_MOST_HINTS = 10_000


class Granted(msgspec.Struct, frozen=True):
    """A limit that was counted: what is left of it in the window that ends at `reset_at`."""

    name: str
    limit: int
    window: int
    remaining: int
    reset_at: float


class Identity(msgspec.Struct, frozen=True):
    """Who calls, as far as the presented token says it."""

    presented: Presented
    username: str
    token: TokenText | None
    claims: Claims | None


class Admission(msgspec.Struct, frozen=True):
    """What the read trip found. `token` is None for a session of the dashboard."""

    username: str
    api_name: str
    token: Token | None
    pool: Pool | None
    granted: tuple[Granted, ...]


class Refused(Exception):
    """A call that is not let through, though its caller is known: `problem` is the answer.

    `undo` gives back what it took of other limits; it goes out with the record of the refusal.
    """

    def __init__(self, problem: Problem, admission: Admission, undo: list[Call]) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.admission = admission
        self.undo = undo


class PolicyHints:
    """What limit each API had when it was last read, so that it can be counted in the same trip."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Policy | None] = {}
        self._lock = Lock()

    def get(self, username: str, api_name: str) -> Policy | None:
        """The limit as last seen."""
        return self._known.get((username, api_name))

    def set(self, username: str, api_name: str, policy: Policy | None) -> None:
        """Remember a limit; only that there is one needs to be kept."""
        key = (username, api_name)
        with self._lock:
            if policy is None:
                self._known.pop(key, None)
                return
            if len(self._known) >= _MOST_HINTS and key not in self._known:
                self._known.pop(next(iter(self._known)))
            self._known[key] = policy


class Gate:
    """Identifies callers and admits their calls. `clock` gives epoch seconds."""

    def __init__(
        self,
        table: Table,
        limits: Limits,
        texts: TokenFormat,
        sessions: SessionService,
        hints: PolicyHints,
        clock: Callable[[], float],
    ) -> None:
        self._table = table
        self._limits = limits
        self._texts = texts
        self._sessions = sessions
        self._hints = hints
        self._clock = clock
        # Limits that refused, with the number of the window: they are asked alone first, so that a
        # refusal takes nothing of the others.
        self._spent: dict[tuple[str, Allowance], int] = {}

    def identify(self, found: list[Presented]) -> Identity:
        """The first token that this server made. Raises Problem(authentication_required)."""
        for presented in found:
            if presented.text.startswith("apd_"):
                token = self._texts.read(presented.text)
                if token is not None:
                    return Identity(presented, token.username, token, None)
            else:
                claims = self._sessions.read_access(presented.text)
                if claims is not None:
                    return Identity(presented, claims.username, None, claims)
        raise authentication_required()

    def admit(self, identity: Identity, api_name: str, method: str, path: str) -> Admission:
        """Read what is needed and count in every limit.

        Raises Problem(authentication_required) for a token that is revoked or expired, and Refused
        for one that may not make this call, or whose limit is used up.
        """
        username = identity.username
        now = self._clock()
        hinted = self._hints.get(username, api_name)
        wanted = self._wanted(identity, api_name, hinted)
        spent = [b for b in wanted if self._spent.get((username, b)) == b.number(now)]
        wanted = spent or wanted
        outcomes = self._table.together(
            [
                self._table.batch_get_call(self._keys(identity, api_name)),
                *(self._limits.take_call(username, bound, now) for bound in wanted),
            ]
        )
        first, *counted = outcomes
        assert not isinstance(first, ConditionFailed)
        found = {(item["PK"], item["SK"]): item for item in first["items"]}
        taken = list(zip(wanted, counted, strict=True))
        try:
            token = self._holder(identity, found)
        except Problem:
            undo = self._undo(username, taken, now)
            if undo:
                self._table.together(undo)
            raise
        item = found.get((partition(username), pool_items.sort_key(api_name)))
        pool = as_pool(item) if item is not None else None
        policy = pool.policy if pool is not None else None
        admission = Admission(username, api_name, token, pool, ())
        refusal = scope_problem(token, identity.presented, pool, api_name, method, path)
        if refusal is not None:
            raise Refused(refusal, admission, self._undo(username, taken, now))
        if policy != hinted:
            self._hints.set(username, api_name, policy)
        taken = self._all_taken(username, self._wanted(identity, api_name, policy), taken, now)
        granted = tuple(_granted(bound, outcome, now) for bound, outcome in taken)
        admission = msgspec.structs.replace(admission, granted=granted)
        refusal = _limit_problem(granted, now)
        if refusal is not None:
            self._remember_spent(username, taken, now)
            raise Refused(refusal, admission, self._undo(username, taken, now))
        return admission

    def _all_taken(
        self,
        username: str,
        wanted: list[Allowance],
        taken: list[tuple[Allowance, Outcome]],
        now: float,
    ) -> list[tuple[Allowance, Outcome]]:
        """What was counted of the limits that apply, and what was not yet unless one refused."""
        counted = {bound: outcome for bound, outcome in taken if bound in wanted}
        missing = [bound for bound in wanted if bound not in counted]
        if missing and not any(isinstance(o, ConditionFailed) for o in counted.values()):
            calls = [self._limits.take_call(username, bound, now) for bound in missing]
            counted |= zip(missing, self._table.together(calls), strict=True)
        return list(counted.items())

    def _remember_spent(
        self, username: str, taken: list[tuple[Allowance, Outcome]], now: float
    ) -> None:
        if len(self._spent) >= _MOST_HINTS:
            self._spent.clear()
        for bound, outcome in taken:
            if isinstance(outcome, ConditionFailed):
                self._spent[username, bound] = bound.number(now)

    def _keys(self, identity: Identity, api_name: str) -> list[tuple[str, str]]:
        pk = partition(identity.username)
        keys = [(pk, pool_items.sort_key(api_name))]
        if identity.token is not None:
            keys.append((pk, token_items.sort_key(identity.token.token_id)))
        elif identity.claims is not None:
            keys += [(pk, PROFILE), (pk, session_items.key(identity.claims.session_id))]
        return keys

    def _wanted(self, identity: Identity, api_name: str, hinted: Policy | None) -> list[Allowance]:
        wanted = []
        token = identity.token
        if token is not None and token.limit is not None and token.window is not None:
            wanted.append(
                Allowance(f"token:{token.token_id}", token.limit, token.window, token.anchor)
            )
        if hinted is not None:
            wanted.append(hinted.allowance(api_name))
        return wanted

    def _holder(
        self, identity: Identity, found: dict[tuple[str, str], dict[str, object]]
    ) -> Token | None:
        pk = partition(identity.username)
        if identity.token is not None:
            item = found.get((pk, token_items.sort_key(identity.token.token_id)))
            if item is not None:
                token = token_items.as_token(item)
                right = hmac.compare_digest(token.token_hash, token_hash(identity.presented.text))
                if right and (token.expires_at is None or token.expires_at > self._clock()):
                    return token
            raise authentication_required()
        assert identity.claims is not None
        user, session = session_items.decode(identity.username, identity.claims.session_id, found)
        if not self._sessions.holds(user, session):
            raise authentication_required()
        return None

    def _undo(
        self, username: str, taken: list[tuple[Allowance, Outcome]], now: float
    ) -> list[Call]:
        """Gives back what a call took that is refused for something else."""
        return [
            self._limits.give_back_call(username, bound, now)
            for bound, outcome in taken
            if not isinstance(outcome, ConditionFailed)
        ]


def _limit_problem(granted: tuple[Granted, ...], now: float) -> Problem | None:
    refusing = [limit for limit in granted if limit.remaining < 0]
    if not refusing:
        return None
    latest = max(refusing, key=lambda limit: limit.reset_at)
    wait = max(1, math.ceil(latest.reset_at - now))
    code = "token_rate_limited" if latest.name == "token" else "rate_limited"
    return Problem(
        code,
        f"The limit of {latest.limit} requests in {latest.window} s is used up. "
        f"Try again in {wait} s.",
        headers=(("Retry-After", str(wait)),),
    )


def _granted(bound: Allowance, outcome: Outcome, now: float) -> Granted:
    return Granted(
        name="token" if bound.scope.startswith("token:") else "policy",
        limit=bound.limit,
        window=bound.window,
        remaining=Limits.remaining(bound, outcome),
        reset_at=bound.reset_at(now),
    )
