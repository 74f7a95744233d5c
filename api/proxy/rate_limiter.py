"""Counts a call in every limit that applies, in one trip, and undoes counts of rejected calls."""

from __future__ import annotations

import math
from collections.abc import Sequence

from api.aws.json_client import Operation
from api.bounded_cache import BoundedCache
from api.errors import Problem
from api.limits.policies import Policy
from api.limits.rules import LimitRule
from api.limits.status import LimitStatus
from api.storage.limits import Count, Limits
from api.storage.table import Table

Counted = Sequence[tuple[LimitRule, Count]]
"""The rules in which a call was counted, each with the outcome."""


class RateLimiter:
    """Counts calls in limits. Times are epoch seconds."""

    def __init__(self, table: Table, limits: Limits) -> None:
        self._table = table
        self._limits = limits
        # Rules that rejected a call, with the number of their window. Until that window ends, they
        # are counted first and alone, so that a rejected call counts in no other limit.
        self._exhausted: BoundedCache[tuple[str, LimitRule], int] = BoundedCache()

    def first_rules(self, username: str, rules: list[LimitRule], now: float) -> list[LimitRule]:
        """Return the rules to count in the read trip."""
        exhausted = [
            rule for rule in rules if self._exhausted.get((username, rule)) == rule.number(now)
        ]
        return exhausted or rules

    def count_ops(self, username: str, rules: list[LimitRule], now: float) -> list[Operation]:
        """Return the operations that count the call."""
        return [self._limits.take_op(username, rule, now) for rule in rules]

    def count_remaining(
        self, username: str, rules: list[LimitRule], counted: Counted, now: float
    ) -> list[tuple[LimitRule, Count]]:
        """Count the call in those of `rules` that are still missing, unless one rejected it.

        Returns the outcomes for `rules`. Costs a trip if any is missing.
        """
        done = {rule: count for rule, count in counted if rule in rules}
        missing = [rule for rule in rules if rule not in done]
        if missing and None not in done.values():
            # The reservations have changed: the window is the same, but its counters are not.
            stale = [
                (rule, count)
                for rule, count in counted
                if any(rule.same_window(other) for other in missing)
            ]
            give_back = self.give_back_ops(username, stale, now)
            if give_back:
                self._table.batch(give_back)
            outcomes = self._table.batch(self.count_ops(username, missing, now))
            done |= zip(missing, map(Limits.counters, outcomes), strict=True)
        return list(done.items())

    def remember_exhausted(self, username: str, counted: Counted, now: float) -> None:
        """Remember which rules rejected the call."""
        for rule, count in counted:
            if count is None:
                self._exhausted.set((username, rule), rule.number(now))

    def give_back_ops(self, username: str, counted: Counted, now: float) -> list[Operation]:
        """Return the operations that undo the counts of a call that was rejected elsewhere."""
        return [
            self._limits.give_back_op(username, rule, now)
            for rule, count in counted
            if count is not None
        ]


def limit_status(rule: LimitRule, count: Count, now: float) -> LimitStatus:
    """Return the status of a limit after a count."""
    return LimitStatus(
        name="token" if rule.scope.startswith("token:") else "policy",
        limit=rule.effective_limit,
        window=rule.window,
        remaining=0 if count is None else rule.remaining(count),
        reset_at=rule.reset_at(now),
        success=count is not None,
    )


def limit_problem(
    limits: tuple[LimitStatus, ...], policy: Policy | None, token_id: str | None, now: float
) -> Problem | None:
    """Return the problem for the limit that rejected the call, None if none did."""
    rejecting = [limit for limit in limits if not limit.success]
    if not rejecting:
        return None
    latest = max(rejecting, key=lambda limit: limit.reset_at)
    wait = max(1, math.ceil(latest.reset_at - now))
    headers = (("Retry-After", str(wait)),)
    retry = f"Try again in {wait} s, or raise the limit in API Dashboard."
    if latest.name == "token" or policy is None:
        return Problem(
            "token_rate_limited",
            f"This token's limit of {latest.limit} requests in {latest.window} s is exhausted. "
            f"{retry}",
            headers=headers,
            limit=latest.limit,
            window=latest.window,
        )
    reserved = policy.reserved(now, except_for=token_id)
    reserved_part = f", {reserved} of which are reserved for other tokens," if reserved else ""
    return Problem(
        "rate_limited",
        f"Your limit of {policy.limit} requests in {policy.window} s{reserved_part} is exhausted. "
        f"{retry}",
        headers=headers,
        limit=policy.limit,
        window=policy.window,
        reserved=reserved,
    )
