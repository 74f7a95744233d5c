"""The quota overview: an API's policy, the quotas of its keys, and when each is exhausted."""

from __future__ import annotations

import math

from api.limits.policies import Policy
from api.limits.reservations import Reservation, requests_of_token
from api.pools import Pool
from api.quota.units import REQUESTS
from api.quota.windows import QuotaWindow
from api.schemas.limits import (
    LimitView,
    ObservedQuota,
    ObservedWindow,
    RateLimitView,
    RefusedKey,
    ReservationView,
    UsedReservation,
)
from api.storage.quota_codec import KeyQuota, short_id
from api.storage.usage import RateLimit

# Seconds. A rate over a shorter time is not reliable, and a rate is outdated after ten minutes.
_SHORTEST = 5
_OUTDATED_AFTER = 600
# The share of a policy's window that must have passed before its counter gives a rate, at most ten
# minutes. Before that, a single request could forecast that a daily limit is exhausted by noon.
_SIGNIFICANT_SHARE = 1 / 20


def rate_limit_view(
    api_name: str, pool: Pool | None, counted: dict[str, int], item: RateLimit | None, now: float
) -> RateLimitView:
    """Return the limits of an API. `counted` has the counters of its policy's current window."""
    quotas = _quotas_by_key(pool, item)
    observed = _observed_quota(item, quotas[0][1], now) if item is not None and quotas else None
    policy = pool.policy if pool is not None else None
    limits = [] if policy is None else [_policy_limit(api_name, policy, counted, now)]
    limits += [limit for key_id, quota in quotas for limit in _limits(key_id, pool, quota, now)]
    keys_with_limits = {limit.key_id for limit in limits}
    limits += [limit for limit in _retry_limits(pool, now) if limit.key_id not in keys_with_limits]
    top = limits[0] if policy is not None else None
    return RateLimitView(
        api_name=api_name,
        limit=top.limit if top else observed.limit if observed else None,
        window=top.window if top else _length(observed) if observed else None,
        remaining=top.remaining if top else observed.remaining if observed else None,
        reset_at=top.reset_at if top else observed.reset_at if observed else None,
        observed=observed,
        source="policy" if policy is not None else "observed",
        limits=limits,
        exhausted_until=pool.exhausted_until(now) if pool is not None else None,
        refused_keys=_refused_keys(pool, now),
        reserved=policy.reserved(now) if policy is not None else 0,
        unreserved_remaining=(
            _unreserved(api_name, policy, counted, now) if policy is not None else None
        ),
        reservations=[] if policy is None else used_reservations(api_name, policy, counted, now),
    )


def is_worth_showing(pool: Pool | None, item: RateLimit | None, now: float) -> bool:
    """Return whether any limit or refused key of an API is known."""
    if _quotas_by_key(pool, item):
        return True
    return pool is not None and (
        pool.policy is not None or bool(_retry_limits(pool, now) or _refused_keys(pool, now))
    )


def reservation_view(api_name: str, reservation: Reservation, limit: int) -> ReservationView:
    """Return a reservation of a policy with this limit."""
    share = reservation.share
    return ReservationView(
        api_name=api_name,
        token_id=reservation.token_id,
        amount=reservation.requests(limit),
        share=None if share is None else share / 1_000_000,
        expires_at=reservation.expires_at,
    )


def _policy_limit(api_name: str, policy: Policy, counted: dict[str, int], now: float) -> LimitView:
    used = counted.get("used", 0)
    reset_at = policy.rule(api_name).reset_at(now)
    elapsed = now - (reset_at - policy.window)
    significant = max(_SHORTEST, min(_OUTDATED_AFTER, policy.window * _SIGNIFICANT_SHARE))
    rate = used / elapsed if elapsed >= significant else None
    remaining = max(0, policy.limit - used)
    return LimitView(
        name="policy",
        unit=REQUESTS,
        source="policy",
        key_id=None,
        limit=policy.limit,
        remaining=remaining,
        reset_at=math.ceil(reset_at),
        window=policy.window,
        seen_at=None,
        exhausted_until=None,
        pace=None if rate is None else round(rate, 4),
        exhausts_at=_exhausts_at(remaining, rate, now, now, reset_at),
    )


def _limits(key_id: str, pool: Pool | None, quota: KeyQuota, now: float) -> list[LimitView]:
    """Return the limits that the upstream reported for a key."""
    until = _exhausted_until(pool, key_id, now)
    return [_key_limit(key_id, window, quota.seen_at, until, now) for window in quota.windows]


def _retry_limits(pool: Pool | None, now: float) -> list[LimitView]:
    """Return a limit for each exhausted key. Its upstream may report nothing but `Retry-After`."""
    views = []
    for key in pool.keys if pool is not None else ():
        until = _exhausted_until(pool, key.key_id, now)
        if pool is not None and until is not None:
            since = pool.states[key.key_id].since
            views.append(_key_limit(key.key_id, QuotaWindow("retry-after"), since, until, now))
    return views


def _key_limit(
    key_id: str, window: QuotaWindow, seen_at: int, exhausted_until: int | None, now: float
) -> LimitView:
    remaining, reset_at = _if_not_reset(window, now)
    rate = window.consumption_rate if now - seen_at <= _OUTDATED_AFTER else None
    return LimitView(
        name=window.name,
        unit=window.unit,
        source="observed",
        key_id=key_id,
        limit=window.limit,
        remaining=remaining,
        reset_at=reset_at,
        window=window.window,
        seen_at=seen_at,
        exhausted_until=exhausted_until,
        pace=rate,
        exhausts_at=_exhausts_at(remaining, rate, seen_at, now, reset_at),
    )


def _refused_keys(pool: Pool | None, now: float) -> list[RefusedKey]:
    if pool is None:
        return []
    states = [(key.key_id, pool.state(key.key_id, now)) for key in pool.keys]
    return [
        RefusedKey(key_id=key_id, since=state.since, until=state.until)
        for key_id, state in states
        if state is not None and state.reason == "refused"
    ]


def _exhausts_at(
    remaining: int | None, rate: float | None, since: float, now: float, reset_at: float | None
) -> int | None:
    """Return when `remaining` at time `since` is consumed, or None if it lasts until the reset."""
    if remaining is None or not rate:
        return None
    at = max(now, since + remaining / rate)
    return None if reset_at is not None and at >= reset_at else math.ceil(at)


def _exhausted_until(pool: Pool | None, key_id: str, now: float) -> int | None:
    state = pool.state(key_id, now) if pool is not None else None
    return state.until if state is not None and state.reason == "exhausted" else None


def _unreserved(api_name: str, policy: Policy, counted: dict[str, int], now: float) -> int:
    return policy.rule(api_name, None, now).remaining(counted)


def used_reservations(
    api_name: str, policy: Policy, counted: dict[str, int], now: float
) -> list[UsedReservation]:
    """Return a policy's reservations. `counted` has the counters of its current window."""
    views = []
    left = policy.limit - counted.get("used", 0)
    for reservation in policy.reservations:
        view = reservation_view(api_name, reservation, policy.limit)
        holds = reservation.is_active(now)
        # Nothing counts for a reservation whose token has expired. A call that was undone while the
        # reservation was created may have been undone in one counter only, so the difference may
        # be negative.
        used = max(0, requests_of_token(reservation, counted)) if holds else 0
        views.append(
            UsedReservation(
                api_name=api_name,
                token_id=view.token_id,
                amount=view.amount,
                share=view.share,
                expires_at=view.expires_at,
                used=used,
                remaining=max(0, min(view.amount - used, left)) if holds else 0,
            )
        )
    return views


def _quotas_by_key(pool: Pool | None, item: RateLimit | None) -> list[tuple[str, KeyQuota]]:
    """Return the last quota of each key in the pool item, newest first."""
    if item is None or pool is None:
        return []
    key_ids = {short_id(key.key_id): key.key_id for key in pool.keys}
    # A key's slot changes with the pool. Its quota in an earlier slot is older.
    latest: dict[str, KeyQuota] = {}
    for quota in item.key_quotas:
        if quota.short_id in key_ids:
            latest.setdefault(key_ids[quota.short_id], quota)
    return list(latest.items())


def _observed_quota(item: RateLimit, latest: KeyQuota, now: float) -> ObservedQuota:
    remaining, reset_at = _if_not_reset(item, now)
    return ObservedQuota(
        limit=item.limit,
        remaining=remaining,
        reset_at=reset_at,
        updated_at=latest.seen_at,
        windows=[_observed_window(window, now) for window in latest.windows],
    )


def _observed_window(window: QuotaWindow, now: float) -> ObservedWindow:
    remaining, reset_at = _if_not_reset(window, now)
    return ObservedWindow(
        name=window.name,
        limit=window.limit,
        remaining=remaining,
        reset_at=reset_at,
        window=window.window,
    )


def _if_not_reset(quota: QuotaWindow | RateLimit, now: float) -> tuple[int | None, int | None]:
    """Return `remaining` and `reset_at`. After the reset, both are unknown."""
    if quota.reset_at is not None and quota.reset_at <= now:
        return None, None
    return quota.remaining, quota.reset_at


def _length(observed: ObservedQuota) -> int | None:
    """Return the length in seconds of the window to show, if the upstream reports it."""
    for window in observed.windows:
        if (window.limit, window.remaining) == (observed.limit, observed.remaining):
            return window.window
    return None
