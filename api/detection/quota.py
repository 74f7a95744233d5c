"""Quotas that will run out before their reset, and quotas that have run out.

The forecast is that of the quota overview (api/services/limits/views.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api.detection.observation import Observation
from api.pools import Pool
from api.schemas.limits import LimitView
from api.services.limits.views import rate_limit_view
from api.services.notifications.wording import counted, key_name, shown_name, utc
from api.storage.notifications import Fact
from api.storage.usage import RateLimit

# Seconds. A quota that resets sooner is back before anyone could do something about it.
_SOON = 120
# Seconds. A quota without a reset is worth a forecast only for so long, as in the pages.
_HORIZON = 86_400
# Seconds. A later reset is a mistake of the upstream, or of this server's clock.
_LONGEST = 400 * 86_400
_PRIORITY = "priority-"


def quota_findings(
    pools: Mapping[str, Pool],
    rate_limits: Mapping[str, RateLimit],
    descriptions: Mapping[str, str],
    now: float,
) -> Iterator[Observation]:
    """Find the quotas of inline keys. `descriptions` are those of the keys, by id."""
    for api_name, pool in pools.items():
        view = rate_limit_view(api_name, pool, {}, rate_limits.get(api_name), now)
        by_key: dict[str, list[LimitView]] = {}
        for limit in view.limits:
            if limit.key_id is not None:
                by_key.setdefault(limit.key_id, []).append(limit)
        for key_id, limits in by_key.items():
            name = key_name(api_name, key_id, descriptions.get(key_id, ""))
            yield from _of_key(api_name, key_id, name, limits, now)


def _of_key(
    api_name: str, key_id: str, key: str, limits: list[LimitView], now: float
) -> Iterator[Observation]:
    any_out = False
    for limit in limits:
        if limit.remaining is None or limit.name.startswith(_PRIORITY) or limit.limit == 0:
            continue
        reset_at = _plausible(limit.reset_at, now)
        if reset_at is not None and reset_at - now <= _SOON:
            continue
        if limit.remaining == 0:
            any_out = True
            yield _out(api_name, key_id, key, limit, reset_at)
        elif limit.exhausts_at is not None and limit.exhausts_at < (reset_at or now + _HORIZON):
            yield _forecast(api_name, key_id, key, limit, reset_at, now)
    until = _plausible(limits[0].exhausted_until, now)
    if not any_out and until is not None and until - now > _SOON:
        yield _waiting(api_name, key_id, key, until)


def _forecast(
    api_name: str, key_id: str, key: str, limit: LimitView, reset_at: int | None, now: float
) -> Observation:
    assert limit.remaining is not None and limit.exhausts_at is not None
    left = counted(limit.remaining, limit.unit)
    if limit.limit is not None:
        left = f"{limit.remaining:,} of {counted(limit.limit, limit.unit)}"
    before = "" if reset_at is None else f", before it resets at {utc(reset_at)}"
    return Observation(
        name=f"quota:forecast:{key_id}:{limit.name}",
        event="quota",
        subject=f"forecast:{key_id}:{limit.name}",
        title=f"{api_name}: the quota of {limit.unit} will run out",
        text=f"The {key} has {left} left. At the present rate they run out at about "
        f"{utc(limit.exhausts_at)}{before}. Slow down, or add another key to the API.",
        facts=_facts(api_name, key_id, limit, reset_at) | {"exhausts_at": limit.exhausts_at},
        until=reset_at or int(now) + _HORIZON,
    )


def _out(
    api_name: str, key_id: str, key: str, limit: LimitView, reset_at: int | None
) -> Observation:
    quota = f"its quota of {limit.unit}"
    if limit.limit is not None:
        quota = f"all of its {counted(limit.limit, limit.unit)}"
    resets = "Its provider does not say when the quota resets"
    if reset_at is not None:
        resets = f"The quota resets at {utc(reset_at)}"
    return Observation(
        name=f"quota:out:{key_id}:{limit.name}",
        event="quota",
        subject=f"out:{key_id}:{limit.name}",
        title=f"{api_name}: the quota of {limit.unit} has run out",
        text=f"The {key} has used {quota}. {resets}; until then calls use the API's other keys, "
        "if it has any with quota left.",
        facts=_facts(api_name, key_id, limit, reset_at),
        until=reset_at,
    )


def _waiting(api_name: str, key_id: str, key: str, until: int) -> Observation:
    return Observation(
        name=f"quota:out:{key_id}",
        event="quota",
        subject=f"out:{key_id}",
        title=f"{api_name}: a quota has run out",
        text=f"The provider of the {key} asked to wait until {utc(until)}, because a quota is "
        "used up. Until then calls use the API's other keys, if it has any with quota left.",
        facts={"api_name": api_name, "key_id": key_id, "reset_at": until},
        until=until,
    )


def _facts(api_name: str, key_id: str, limit: LimitView, reset_at: int | None) -> dict[str, Fact]:
    known = {"limit": limit.limit, "remaining": limit.remaining, "reset_at": reset_at}
    return {
        "api_name": api_name,
        "key_id": key_id,
        "quota": shown_name(limit.name),
        "unit": shown_name(limit.unit),
        **{name: value for name, value in known.items() if value is not None},
    }


def _plausible(at: int | None, now: float) -> int | None:
    return at if at is not None and at - now < _LONGEST else None
