"""Rate limits as the user sees them: their own policy with its exact count, or what was
observed.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.schemas.limits import RateLimitView, SetRateLimit
from api.services.limits.views import is_worth_showing, rate_limit_view
from api.storage.limits import Limits
from api.storage.policies import Policy
from api.storage.pools import Pools
from api.storage.quotas import PolicyChanged, Quotas
from api.storage.reservations import live
from api.storage.usage import Usage

ATTEMPTS = 4
"""How often a change is tried again when somebody else changes the same policy."""

OnPolicy = Callable[[str, str, Policy | None], None]


class RateLimitService:
    """Policies and observed limits of a user's APIs. `clock` gives epoch seconds.

    `on_policy(username, api_name, policy)` tells the proxy of this process what was set, so that it
    need not find out on the way.
    """

    def __init__(
        self,
        pools: Pools,
        quotas: Quotas,
        limits: Limits,
        usage: Usage,
        clock: Callable[[], float],
        on_policy: OnPolicy,
    ) -> None:
        self._pools = pools
        self._quotas = quotas
        self._limits = limits
        self._usage = usage
        self._clock = clock
        self._on_policy = on_policy

    def all(self, username: str) -> list[RateLimitView]:
        """Every API of whose limits anything is known, by name."""
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
        """One API's limit. Raises Problem(rate_limit_not_found)."""
        now = self._clock()
        pool = self._pools.get(username, api_name)
        item = self._usage.rate_limit(username, api_name, now)
        if not is_worth_showing(pool, item, now):
            raise _not_found()
        policy = pool.policy if pool is not None else None
        counted = self._counted(username, {api_name: policy}, now)
        return rate_limit_view(api_name, pool, counted.get(api_name, {}), item, now)

    def set(self, username: str, api_name: str, wanted: SetRateLimit) -> RateLimitView:
        """Set the user's own policy; its first window begins now, its reservations stay.

        Raises Problem(reservation_exceeds_limit) when more is reserved than the new limit.
        """
        for _ in range(ATTEMPTS):
            before = self._pools.policy(username, api_name)
            if before is not None and (before.limit, before.window) == (
                wanted.limit,
                wanted.window,
            ):
                return self.get(username, api_name)  # its count goes on
            now = self._clock()
            policy = Policy(wanted.limit, wanted.window, round(now, 3))
            if before is not None:
                policy = msgspec.structs.replace(
                    policy,
                    reservations=live(before.reservations, now),
                    revision=before.revision + 1,
                )
            _require_room(policy, now)
            try:
                self._quotas.replace(username, api_name, before, policy)
            except PolicyChanged:
                continue
            self._on_policy(username, api_name, policy)
            return self.get(username, api_name)
        raise changed_meanwhile()

    def delete(self, username: str, api_name: str) -> None:
        """Take the policy away, with what is reserved of it, and forget what was observed.

        Raises Problem(rate_limit_not_found).
        """
        for _ in range(ATTEMPTS):
            before = self._pools.policy(username, api_name)
            if before is not None:
                try:
                    self._quotas.replace(username, api_name, before, None)
                except PolicyChanged:
                    continue
                self._on_policy(username, api_name, None)
            if not self._usage.forget_observed(username, api_name) and before is None:
                raise _not_found()
            return
        raise changed_meanwhile()

    def _counted(
        self, username: str, policies: dict[str, Policy | None], now: float
    ) -> dict[str, dict[str, int]]:
        allowances = {
            name: policy.allowance(name) for name, policy in policies.items() if policy is not None
        }
        counts = self._limits.counts(username, list(allowances.values()), now)
        return dict(zip(allowances, counts, strict=True))


def changed_meanwhile() -> Problem:
    """The answer when a policy keeps being changed by others."""
    return Problem("conflict", "The policy was changed by somebody else at the same time.")


def _require_room(policy: Policy, now: float) -> None:
    reserved = policy.reserved(now)
    if reserved > policy.limit:
        raise Problem(
            "reservation_exceeds_limit",
            f"{reserved:,} requests are reserved for tokens, more than a limit of "
            f"{policy.limit:,}. Reserve less first.",
            field="limit",
            limit=policy.limit,
            reserved=reserved,
            available=0,
            wanted=0,
        )


def _not_found() -> Problem:
    return Problem("rate_limit_not_found", "No limit is set or has been observed for that API.")
