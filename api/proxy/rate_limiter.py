"""Counting a call in every limit that applies, in one trip, and giving back what was refused."""

from __future__ import annotations

import math

import msgspec

from api.aws.json_client import Operation
from api.errors import Problem
from api.limits.policies import Policy
from api.limits.rules import LimitRule
from api.storage.limits import Limits
from api.storage.table import ConditionFailed, Outcome, Table

_MOST_EXHAUSTED = 10_000

Counted = list[tuple[LimitRule, Outcome]]


class LimitStatus(msgspec.Struct, frozen=True):
    """A limit that was counted: what is left of it for this caller in the window that ends at
    `reset_at`, -1 where it refused; `limit` is the most that the caller may use of it.
    """

    name: str
    limit: int
    window: int
    remaining: int
    reset_at: float


class RateLimiter:
    """Counts calls in limits."""

    def __init__(self, table: Table, limits: Limits) -> None:
        self._table = table
        self._limits = limits
        # Limits that refused, with the number of the window: they are asked alone first, so that a
        # refusal takes nothing of the others.
        self._exhausted: dict[tuple[str, LimitRule], int] = {}

    def first(self, username: str, wanted: list[LimitRule], now: float) -> list[LimitRule]:
        """Which of the limits are counted with the reading trip."""
        spent = [
            allowance
            for allowance in wanted
            if self._exhausted.get((username, allowance)) == allowance.number(now)
        ]
        return spent or wanted

    def calls(self, username: str, wanted: list[LimitRule], now: float) -> list[Operation]:
        """The writes that count."""
        return [self._limits.take_op(username, allowance, now) for allowance in wanted]

    def complete(
        self, username: str, wanted: list[LimitRule], taken: Counted, now: float
    ) -> Counted:
        """What was counted of the limits that apply, and what was not yet unless one refused."""
        counted = {bound: outcome for bound, outcome in taken if bound in wanted}
        missing = [bound for bound in wanted if bound not in counted]
        if missing and not any(isinstance(o, ConditionFailed) for o in counted.values()):
            # Reservations that were changed meanwhile: the same window, other counters of it.
            stale = [
                (bound, outcome)
                for bound, outcome in taken
                if any(bound.same_window(other) for other in missing)
            ]
            give_back_ops = self.give_back_ops(username, stale, now)
            if give_back_ops:
                self._table.batch(give_back_ops)
            calls = self.calls(username, missing, now)
            counted |= zip(missing, self._table.batch(calls), strict=True)
        return list(counted.items())

    def remember_exhausted(self, username: str, taken: Counted, now: float) -> None:
        """Keep which limits refused."""
        if len(self._exhausted) >= _MOST_EXHAUSTED:
            self._exhausted.clear()
        for bound, outcome in taken:
            if isinstance(outcome, ConditionFailed):
                self._exhausted[username, bound] = bound.number(now)

    def give_back_ops(self, username: str, taken: Counted, now: float) -> list[Operation]:
        """Gives back what a call took that is refused for something else."""
        return [
            self._limits.give_back_op(username, bound, now)
            for bound, outcome in taken
            if not isinstance(outcome, ConditionFailed)
        ]


def granted(allowance: LimitRule, outcome: Outcome, now: float) -> LimitStatus:
    """What a count came to."""
    counters = Limits.counters(outcome)
    return LimitStatus(
        name="token" if allowance.scope.startswith("token:") else "policy",
        limit=allowance.effective_limit,
        window=allowance.window,
        remaining=-1 if counters is None else allowance.remaining(counters),
        reset_at=allowance.reset_at(now),
    )


def limit_problem(
    limits: tuple[LimitStatus, ...], policy: Policy | None, token_id: str | None, now: float
) -> Problem | None:
    """The refusal of the limits that refused, or None."""
    refusing = [limit for limit in limits if limit.remaining < 0]
    if not refusing:
        return None
    latest = max(refusing, key=lambda limit: limit.reset_at)
    wait = max(1, math.ceil(latest.reset_at - now))
    retry = (("Retry-After", str(wait)),)
    again = f"Try again in {wait} s."
    if latest.name == "token" or policy is None:
        return Problem(
            "token_rate_limited",
            f"The limit of {latest.limit} requests in {latest.window} s is used up. {again}",
            headers=retry,
            limit=latest.limit,
            window=latest.window,
        )
    reserved = policy.reserved(now, except_for=token_id)
    kept = f", {reserved} of which are reserved for other tokens," if reserved else ""
    return Problem(
        "rate_limited",
        f"The limit of {policy.limit} requests in {policy.window} s{kept} is used up. {again}",
        headers=retry,
        limit=policy.limit,
        window=policy.window,
        reserved=reserved,
    )
