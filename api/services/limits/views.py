"""One API's limits as they are shown: the user's own policy, and what was seen of each key."""

from __future__ import annotations

import math

from api.limits.policies import Policy
from api.limits.reservations import Reservation, requests_of_token
from api.pools import Pool
from api.schemas.limits import (
    LimitView,
    ObservedQuota,
    QuotaWindow,
    RateLimitView,
    RefusedKey,
    ReservationView,
    UsedReservation,
)
from api.storage.sightings import SeenWindow, Sighting, short
from api.storage.usage import RateLimit

# Seconds: a pace over less says nothing, and one that was seen longer ago is not the present one.
_SHORTEST = 5
_IDLE = 600
# The part of a policy's window that has to be over, ten minutes at most, before its count tells a
# pace: one request just after the beginning of a day would empty it by noon.
_TELLING_PART = 1 / 20


def rate_limit_view(
    api_name: str, pool: Pool | None, counted: dict[str, int], item: RateLimit | None, now: float
) -> RateLimitView:
    """An API's limits; `counted` are the counters of its policy's present window."""
    seen_of = _by_key(pool, item)
    observed = _observed(item, seen_of[0][1], now) if item is not None and seen_of else None
    policy = pool.policy if pool is not None else None
    limits = [] if policy is None else [_policy_limit(api_name, policy, counted, now)]
    limits += [limit for key_id, seen in seen_of for limit in _limits(key_id, pool, seen, now)]
    shown = {limit.key_id for limit in limits}
    limits += [limit for limit in _silent(pool, now) if limit.key_id not in shown]
    top = limits[0] if policy is not None else None
    return RateLimitView(
        api_name=api_name,
        limit=top.limit if top else observed.limit if observed else None,
        window=top.window if top else _window_of(observed) if observed else None,
        remaining=top.remaining if top else observed.remaining if observed else None,
        reset_at=top.reset_at if top else observed.reset_at if observed else None,
        observed=observed,
        source="policy" if policy is not None else "observed",
        limits=limits,
        exhausted_until=pool.exhausted_until(now) if pool is not None else None,
        refused_keys=_refused(pool, now),
        reserved=policy.reserved(now) if policy is not None else 0,
        unreserved_remaining=(
            _unreserved(api_name, policy, counted, now) if policy is not None else None
        ),
        reservations=[] if policy is None else _reservations(api_name, policy, counted, now),
    )


def is_worth_showing(pool: Pool | None, item: RateLimit | None, now: float) -> bool:
    """Whether anything is known of an API's limits."""
    if _by_key(pool, item):
        return True
    return pool is not None and (
        pool.policy is not None or bool(_silent(pool, now) or _refused(pool, now))
    )


def reservation_view(api_name: str, reservation: Reservation, limit: int) -> ReservationView:
    """A reservation out of a limit."""
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
    telling = max(_SHORTEST, min(_IDLE, policy.window * _TELLING_PART))
    pace = used / elapsed if elapsed >= telling else None
    remaining = max(0, policy.limit - used)
    return LimitView(
        name="policy",
        unit="requests",
        source="policy",
        key_id=None,
        limit=policy.limit,
        remaining=remaining,
        reset_at=math.ceil(reset_at),
        window=policy.window,
        seen_at=None,
        exhausted_until=None,
        pace=None if pace is None else round(pace, 4),
        exhausts_at=_exhausts_at(remaining, pace, now, now, reset_at),
    )


def _limits(key_id: str, pool: Pool | None, seen: Sighting, now: float) -> list[LimitView]:
    until = _exhausted_until(pool, key_id, now)
    views = []
    for window in seen.windows:
        over = window.reset_at is not None and window.reset_at <= now
        remaining = None if over else window.remaining
        pace = window.pace if now - seen.at <= _IDLE else None
        views.append(
            LimitView(
                name=window.name,
                unit=window.unit,
                source="observed",
                key_id=key_id,
                limit=window.limit,
                remaining=remaining,
                reset_at=None if over else window.reset_at,
                window=window.window,
                seen_at=seen.at,
                exhausted_until=until,
                pace=pace,
                exhausts_at=_exhausts_at(remaining, pace, seen.at, now, window.reset_at),
            )
        )
    return views


def _silent(pool: Pool | None, now: float) -> list[LimitView]:
    """A limit for each exhausted key, of which nothing else may be known: `Retry-After` alone."""
    views = []
    for key in pool.keys if pool is not None else ():
        until = _exhausted_until(pool, key.key_id, now)
        if pool is not None and until is not None:
            views.append(
                LimitView(
                    name="retry-after",
                    unit="requests",
                    source="observed",
                    key_id=key.key_id,
                    limit=None,
                    remaining=None,
                    reset_at=None,
                    window=None,
                    seen_at=pool.states[key.key_id].since,
                    exhausted_until=until,
                    pace=None,
                    exhausts_at=None,
                )
            )
    return views


def _refused(pool: Pool | None, now: float) -> list[RefusedKey]:
    """The keys that are passed over because the upstream refused them."""
    if pool is None:
        return []
    states = [(key.key_id, pool.state(key.key_id, now)) for key in pool.keys]
    return [
        RefusedKey(key_id=key_id, since=state.since, until=state.until)
        for key_id, state in states
        if state is not None and state.reason == "refused"
    ]


def _exhausts_at(
    remaining: int | None, pace: float | None, since: float, now: float, reset_at: float | None
) -> int | None:
    """When what was left at `since` is gone; None where it lasts until the reset."""
    if remaining is None or not pace:
        return None
    at = max(now, since + remaining / pace)
    return None if reset_at is not None and at >= reset_at else math.ceil(at)


def _exhausted_until(pool: Pool | None, key_id: str, now: float) -> int | None:
    state = pool.state(key_id, now) if pool is not None else None
    return state.until if state is not None and state.reason == "exhausted" else None


def _unreserved(api_name: str, policy: Policy, counted: dict[str, int], now: float) -> int:
    return policy.rule(api_name, None, now).remaining(counted)


def _reservations(
    api_name: str, policy: Policy, counted: dict[str, int], now: float
) -> list[UsedReservation]:
    views = []
    left = policy.limit - counted.get("used", 0)
    for reservation in policy.reservations:
        view = reservation_view(api_name, reservation, policy.limit)
        holds = reservation.is_active(now)
        # Without its token, nobody counts in its counters any more; and a call that was given back
        # when the reservation began may have counted for others alone.
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


def _by_key(pool: Pool | None, item: RateLimit | None) -> list[tuple[str, Sighting]]:
    """What was last seen of each key that the pool item holds now, the latest first."""
    if item is None or pool is None:
        return []
    present = {short(key.key_id): key.key_id for key in pool.keys}
    # A key's place changes with the pool: what was seen of it at another one is older.
    latest: dict[str, Sighting] = {}
    for seen in item.sightings:
        if seen.key in present:
            latest.setdefault(present[seen.key], seen)
    return list(latest.items())


def _observed(item: RateLimit, latest: Sighting, now: float) -> ObservedQuota:
    """What was last said; once a window's reset has passed, what remained of it is not known."""
    over = item.reset_at is not None and item.reset_at <= now
    return ObservedQuota(
        limit=item.limit,
        remaining=None if over else item.remaining,
        reset_at=None if over else item.reset_at,
        updated_at=latest.at,
        windows=[_quota_window(window, now) for window in latest.windows],
    )


def _quota_window(window: SeenWindow, now: float) -> QuotaWindow:
    over = window.reset_at is not None and window.reset_at <= now
    return QuotaWindow(
        name=window.name,
        limit=window.limit,
        remaining=None if over else window.remaining,
        reset_at=None if over else window.reset_at,
        window=window.window,
    )


def _window_of(observed: ObservedQuota) -> int | None:
    """The length of the window that is shown, where the upstream said it."""
    for window in observed.windows:
        if (window.limit, window.remaining) == (observed.limit, observed.remaining):
            return window.window
    return None
