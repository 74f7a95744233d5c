"""What a personal access token may do, and what is left of the limits that apply to it."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from api.limits.rules import LimitRule
from api.pools import Pool
from api.schemas.limits import ReservationView
from api.schemas.own_token import AllowedApi
from api.services.limits.token_limits import current_token_rule, embedded_rule
from api.services.limits.views import reservation_view, used_reservations
from api.services.token_codec import TokenPayload
from api.services.token_validity import address_problem, require_valid
from api.services.tokens import last_uses, with_last_use
from api.storage.limits import Limits
from api.storage.page import Page
from api.storage.pools import Pools
from api.storage.tokens import Token, Tokens
from api.storage.usage import Usage

MAX_APIS = 50
"""The largest number of APIs on a page, so that a call costs at most 152 read units."""
# Rate-limit items that are read for the last use: more than most accounts have, 50 read units.
_MAX_RATE_LIMITS = 200


class CurrentLimit(msgspec.Struct, frozen=True):
    """What remains of a limit until `reset_at` (epoch seconds)."""

    remaining: int
    reset_at: float


class TokenState(msgspec.Struct, frozen=True):
    """A token at `now` (epoch seconds). `limit` is its own, None if it has none.

    `apis` is a page of the APIs that it may call, `next` the position of the next page.
    """

    now: float
    token: Token
    limit: CurrentLimit | None
    reservations: list[ReservationView]
    apis: list[AllowedApi]
    next: str | None


class OwnTokenService:
    """Describes a token to its holder. Reads only, and does not count in any limit.

    `clock` returns epoch seconds.
    """

    def __init__(
        self,
        tokens: Tokens,
        pools: Pools,
        limits: Limits,
        usage: Usage,
        clock: Callable[[], float],
    ) -> None:
        self._tokens = tokens
        self._pools = pools
        self._limits = limits
        self._usage = usage
        self._clock = clock

    def load(self, payload: TokenPayload, source: str) -> Token:
        """Return the stored token. `payload` is the data of its text, `source` the client's IP
        address.

        Raises Problem(authentication_required) if it is revoked or expired, and
        Problem(address_not_allowed).
        """
        token = self._tokens.get(payload.username, payload.token_id)
        token = require_valid(token, payload.token_hash, self._clock())
        problem = address_problem(token, source)
        if problem is not None:
            raise problem
        return token

    def state(
        self, payload: TokenPayload, token: Token, limit: int, after: str | None
    ) -> TokenState:
        """Return what is left of the token's limits, with at most `limit` APIs (at most 50)."""
        username = payload.username
        page = self._allowed_pools(username, token, min(limit, MAX_APIS), after)
        now = self._clock()
        used = last_uses(self._usage.first_rate_limits(username, now, _MAX_RATE_LIMITS))
        own = current_token_rule(token, embedded_rule(payload))
        rules = {
            pool.api_name: pool.policy.rule(pool.api_name, token.token_id, now)
            for pool in page.items
            if pool.policy is not None
        }
        all_rules = [*rules.values(), *([own] if own is not None else [])]
        counts = self._limits.counts(username, all_rules, now)
        counted = dict(zip(rules, counts, strict=False))
        return TokenState(
            now=now,
            token=with_last_use(token, used),
            limit=None if own is None else _current(own, counts[-1], now),
            reservations=_reservations(page.items, token.token_id, now),
            apis=[
                _allowed_api(
                    pool, rules.get(pool.api_name), counted.get(pool.api_name, {}), token, now
                )
                for pool in page.items
            ],
            next=page.next,
        )

    def _allowed_pools(
        self, username: str, token: Token, limit: int, after: str | None
    ) -> Page[Pool]:
        """Return a page of the pools that the token may call, by name.

        A pool without keys and policy stands for an API that has none.
        """
        if "*" in token.apis:
            page = self._pools.page(username, limit, after)
            return Page([pool for pool in page.items if _has_key(pool) or pool.policy], page.next)
        names = [name for name in sorted(token.apis) if after is None or name > after]
        chosen = names[:limit]
        pools = self._pools.get_many(username, chosen)
        items = [pools.get(name) or Pool(name, (), {}, None, False) for name in chosen]
        return Page(items, chosen[-1] if len(names) > limit else None)


def _allowed_api(
    pool: Pool, rule: LimitRule | None, counted: dict[str, int], token: Token, now: float
) -> AllowedApi:
    policy = pool.policy
    if policy is None or rule is None:
        return AllowedApi(
            api_name=pool.api_name,
            has_key=_has_key(pool),
            limit=None,
            window=None,
            usable=None,
            remaining=None,
            reset_at=None,
            reset_in=None,
            reservation=None,
        )
    current = _current(rule, counted, now)
    own = [
        reservation
        for reservation in used_reservations(pool.api_name, policy, counted, now)
        if reservation.token_id == token.token_id
    ]
    return AllowedApi(
        api_name=pool.api_name,
        has_key=_has_key(pool),
        limit=policy.limit,
        window=policy.window,
        usable=rule.effective_limit,
        remaining=current.remaining,
        reset_at=math.ceil(current.reset_at),
        reset_in=math.ceil(current.reset_at - now),
        reservation=own[0] if own else None,
    )


def _current(rule: LimitRule, counted: dict[str, int], now: float) -> CurrentLimit:
    return CurrentLimit(rule.remaining(counted), rule.reset_at(now))


def _reservations(pools: list[Pool], token_id: str, now: float) -> list[ReservationView]:
    views = []
    for pool in pools:
        policy = pool.policy
        reservation = policy.reservation(token_id) if policy is not None else None
        if policy is not None and reservation is not None and reservation.is_active(now):
            views.append(reservation_view(pool.api_name, reservation, policy.limit))
    return views


def _has_key(pool: Pool) -> bool:
    return bool(pool.keys) or pool.has_overflow
