"""Rate limits as the user sees them: their own policy with its exact count, or what was
observed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from api.errors import Problem
from api.models import ObservedQuota, QuotaWindow, RateLimitView, SetRateLimit
from api.storage.limits import Limits
from api.storage.pools import Policy, Pools
from api.storage.usage import RateLimit, Usage

# Each window is [name, limit, remaining, reset_at, window], as proxy/recording.py writes it.
_windows = msgspec.json.Decoder(list[tuple[str, int | None, int | None, int | None, int | None]])


class RateLimitService:
    """Policies and observed limits of a user's APIs. `clock` gives epoch seconds.

    `on_policy(username, api_name, policy)` tells the proxy of this process what was set, so that it
    need not find out on the way.
    """

    def __init__(
        self,
        pools: Pools,
        limits: Limits,
        usage: Usage,
        clock: Callable[[], float],
        on_policy: Callable[[str, str, Policy | None], None],
    ) -> None:
        self._pools = pools
        self._limits = limits
        self._usage = usage
        self._clock = clock
        self._on_policy = on_policy

    def all(self, username: str) -> list[RateLimitView]:
        """Every API that has a policy or an observed limit, by name."""
        now = self._clock()
        observed = {limit.api_name: limit for limit in self._usage.rate_limits(username, now)}
        policies = {pool.api_name: pool.policy for pool in self._pools.all(username) if pool.policy}
        names = sorted(
            set(policies) | {name for name, limit in observed.items() if limit.windows is not None}
        )
        with_policy = [name for name in names if name in policies]
        used = self._limits.used(
            username, [policies[name].allowance(name) for name in with_policy], now
        )
        counts = dict(zip(with_policy, used, strict=True))
        return [
            _view(name, policies.get(name), counts.get(name, 0), observed.get(name), now)
            for name in names
        ]

    def get(self, username: str, api_name: str) -> RateLimitView:
        """One API's limit. Raises Problem(rate_limit_not_found)."""
        pool = self._pools.get(username, api_name)
        now = self._clock()
        observed = self._usage.rate_limit(username, api_name, now)
        policy = pool.policy if pool is not None else None
        if policy is None and (observed is None or observed.windows is None):
            raise _not_found()
        used = 0
        if policy is not None:
            used = self._limits.used(username, [policy.allowance(api_name)], now)[0]
        return _view(api_name, policy, used, observed, now)

    def set(self, username: str, api_name: str, wanted: SetRateLimit) -> RateLimitView:
        """Set the user's own policy; its first window begins now."""
        pool = self._pools.get(username, api_name)
        before = pool.policy if pool is not None else None
        if before is not None and (before.limit, before.window) == (wanted.limit, wanted.window):
            return self.get(username, api_name)  # its count goes on
        policy = Policy(wanted.limit, wanted.window, round(self._clock(), 3))
        self._pools.set_policy(username, api_name, policy)
        self._on_policy(username, api_name, policy)
        return self.get(username, api_name)

    def delete(self, username: str, api_name: str) -> None:
        """Take the policy away and forget what was observed. Raises
        Problem(rate_limit_not_found).
        """
        pool = self._pools.get(username, api_name)
        had_policy = pool is not None and pool.policy is not None
        if had_policy:
            self._pools.set_policy(username, api_name, None)
            self._on_policy(username, api_name, None)
        if not self._usage.forget_observed(username, api_name) and not had_policy:
            raise _not_found()


def _not_found() -> Problem:
    return Problem("rate_limit_not_found", "No limit is set or has been observed for that API.")


def _view(
    api_name: str, policy: Policy | None, used: int, item: RateLimit | None, now: float
) -> RateLimitView:
    observed = _observed(item, now) if item is not None and item.windows is not None else None
    if policy is not None:
        bound = policy.allowance(api_name)
        return RateLimitView(
            api_name=api_name,
            limit=policy.limit,
            window=policy.window,
            remaining=max(0, policy.limit - used),
            reset_at=math.ceil(bound.reset_at(now)),
            observed=observed,
            source="policy",
        )
    assert observed is not None
    return RateLimitView(
        api_name=api_name,
        limit=observed.limit,
        window=_window_of(observed),
        remaining=observed.remaining,
        reset_at=observed.reset_at,
        observed=observed,
        source="observed",
    )


def _observed(item: RateLimit, now: float) -> ObservedQuota:
    """What was last said; once a window's reset has passed, what remained of it is not known."""
    windows = []
    for name, limit, remaining, reset_at, length in _windows.decode(item.windows or "[]"):
        over = reset_at is not None and reset_at <= now
        windows.append(
            QuotaWindow(
                name=name,
                limit=limit,
                remaining=None if over else remaining,
                reset_at=None if over else reset_at,
                window=length,
            )
        )
    over = item.reset_at is not None and item.reset_at <= now
    return ObservedQuota(
        limit=item.limit,
        remaining=None if over else item.remaining,
        reset_at=None if over else item.reset_at,
        updated_at=item.updated_at,
        windows=windows,
    )


def _window_of(observed: ObservedQuota) -> int | None:
    """The length of the window that is shown, where the upstream said it."""
    for window in observed.windows:
        if (window.limit, window.remaining) == (observed.limit, observed.remaining):
            return window.window
    return None
