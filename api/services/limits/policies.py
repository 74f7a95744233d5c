"""Rate limits of a user's APIs: the policy with its exact count, and the observed quotas."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.limits.policies import Policy
from api.limits.reservations import active
from api.schemas.limits import RateLimitView, SetRateLimit
from api.services.audit.trail import AuditTrail
from api.services.limits.views import is_worth_showing, rate_limit_view
from api.storage.limits import Limits
from api.storage.policies import Policies, PolicyChanged
from api.storage.pools import Pools
from api.storage.usage import Usage

ATTEMPTS = 4
"""How often a change is attempted while other requests change the same policy."""

OnPolicy = Callable[[str, str, Policy | None], None]
"""Called with username, API name and policy after a change, so the proxy can cache the policy."""


class RateLimitService:
    """Sets, deletes and shows rate limits. `clock` returns epoch seconds."""

    def __init__(
        self,
        pools: Pools,
        policies: Policies,
        limits: Limits,
        usage: Usage,
        clock: Callable[[], float],
        on_policy: OnPolicy,
    ) -> None:
        self._pools = pools
        self._policies = policies
        self._limits = limits
        self._usage = usage
        self._clock = clock
        self._on_policy = on_policy

    def all(self, username: str) -> list[RateLimitView]:
        """Return the rate limits of every API that has any, sorted by name."""
        now = self._clock()
        items = {item.api_name: item for item in self._usage.rate_limits(username, now)}
        pools = {pool.api_name: pool for pool in self._pools.all(username)}
        names = [
            name
            for name in sorted(items.keys() | pools.keys())
            if is_worth_showing(pools.get(name), items.get(name), now)
        ]
        policies = {name: pools[name].policy for name in names if name in pools}
        counted = self._counted(username, policies, now)
        return [
            rate_limit_view(name, pools.get(name), counted.get(name, {}), items.get(name), now)
            for name in names
        ]

    def get(self, username: str, api_name: str) -> RateLimitView:
        """Return the rate limits of one API. Raises Problem(rate_limit_not_found)."""
        now = self._clock()
        pool = self._pools.get(username, api_name)
        item = self._usage.rate_limit(username, api_name, now)
        if not is_worth_showing(pool, item, now):
            raise _not_found()
        policy = pool.policy if pool is not None else None
        counted = self._counted(username, {api_name: policy}, now)
        return rate_limit_view(api_name, pool, counted.get(api_name, {}), item, now)

    def set(
        self, username: str, api_name: str, new: SetRateLimit, audit: AuditTrail
    ) -> RateLimitView:
        """Set the policy of an API. Its first window starts now. Its reservations are kept.

        A policy with the same limit and window is not changed and keeps its counts. Raises
        Problem(reservation_exceeds_limit) if more is reserved than the new limit.
        """
        for _ in range(ATTEMPTS):
            old = self._pools.policy(username, api_name)
            if old is not None and (old.limit, old.window) == (new.limit, new.window):
                return self.get(username, api_name)
            now = self._clock()
            policy = Policy(new.limit, new.window, round(now, 3))
            if old is not None:
                policy = msgspec.structs.replace(
                    policy,
                    reservations=active(old.reservations, now),
                    revision=old.revision + 1,
                )
            _require_reservations_fit(policy, now)
            try:
                self._policies.replace(username, api_name, old, policy)
            except PolicyChanged:
                continue
            self._on_policy(username, api_name, policy)
            if old is not None:
                audit.before(old)
            return self.get(username, api_name)
        raise policy_conflict()

    def delete(self, username: str, api_name: str) -> None:
        """Delete the policy with its reservations, and the observed quota.

        Raises Problem(rate_limit_not_found).
        """
        for _ in range(ATTEMPTS):
            old = self._pools.policy(username, api_name)
            if old is not None:
                try:
                    self._policies.replace(username, api_name, old, None)
                except PolicyChanged:
                    continue
                self._on_policy(username, api_name, None)
            if not self._usage.forget_observed(username, api_name) and old is None:
                raise _not_found()
            return
        raise policy_conflict()

    def _counted(
        self, username: str, policies: dict[str, Policy | None], now: float
    ) -> dict[str, dict[str, int]]:
        """Read the counters of each policy's current window, by API name."""
        rules = {name: policy.rule(name) for name, policy in policies.items() if policy is not None}
        counts = self._limits.counts(username, list(rules.values()), now)
        return dict(zip(rules, counts, strict=True))


def policy_conflict() -> Problem:
    """Return the problem for a policy that other requests change at the same time."""
    return Problem("conflict", "Another request changed the policy at the same time. Try again.")


def _require_reservations_fit(policy: Policy, now: float) -> None:
    reserved = policy.reserved(now)
    if reserved > policy.limit:
        raise Problem(
            "reservation_exceeds_limit",
            f"Tokens have reserved {reserved:,} requests, more than the limit of "
            f"{policy.limit:,}. Reduce the reservations first.",
            field="limit",
            limit=policy.limit,
            reserved=reserved,
            available=0,
            wanted=0,
        )


def _not_found() -> Problem:
    return Problem(
        "rate_limit_not_found", "This API has no policy, and its upstream reported no limit yet."
    )
