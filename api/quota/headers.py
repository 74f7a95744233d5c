"""Read the rate-limit header fields of an upstream's response.

Runs for every proxied call: one pass over the headers for all dialects, no I/O, no exception.
"""

from collections.abc import Sequence
from typing import TypeVar

from api.quota import header_names as names
from api.quota import header_values as values
from api.quota.dialects import get_dialect
from api.quota.header_windows import Group, build_windows
from api.quota.windows import QuotaReading, QuotaWindow, exhausted_reset

_MAX_WINDOWS = 8
_Key = TypeVar("_Key")


def read_quota(
    headers: Sequence[tuple[str, str]], status: int, now: float, dialect: str = "generic"
) -> QuotaReading | None:
    """Read the quota that a response reports for its key. Returns None if it reports nothing.

    Names are compared without case. A repeated field is one list (RFC 9110 section 5.3), so a
    field with two different numbers counts as unknown. `now` is in epoch seconds.

    Header names identify most dialects, so `dialect` rarely matters; see `RateLimitDialect`.
    `retry_at` comes from `retry-after-ms`, `Retry-After` or a field such as
    `X-RateLimit-Retry-After`, only on 429 and 403. On a 403 without them it is the reset of an
    exhausted window (GitHub, "Rate limits for the REST API").
    `x-should-retry` and `Stripe-Should-Retry` are about the request, not about the quota.
    """
    standalone: dict[str, str] = {}
    waits: dict[tuple[int, float, str], str] = {}
    groups: dict[tuple[str, str], Group] = {}
    for name, value in headers:
        if len(name) > names.MAX_NAME or (parsed := names.parse_name(name)) is None:
            continue
        family, window, kind, scale, needs_pair = parsed
        if not family:
            if kind == names.WAIT:
                _add(waits, _wait_rank(name, scale), value)
            else:
                _add(standalone, kind, value)
            continue
        group = groups.get((family, window))
        if group is None:
            group = groups[family, window] = Group(needs_pair=needs_pair)
        elif not needs_pair:
            group.needs_pair = False
        _add(group.texts, kind, value)
        if scale:
            group.scales[kind] = scale
    if not groups and not standalone and not waits:
        return None

    record = get_dialect(dialect)
    windows: tuple[QuotaWindow, ...] = ()
    if not record.only_retry_after:
        all_windows = build_windows(groups, standalone, status, now, record.reset_in_milliseconds)
        windows = tuple(all_windows[:_MAX_WINDOWS])
    retry_at = None
    if status in (403, 429):
        retry_at = _retry_at(waits, now)
        if retry_at is None and status == 403:
            retry_at = exhausted_reset(windows)
    return QuotaReading(windows, retry_at) if windows or retry_at is not None else None


def _add(texts: dict[_Key, str], key: _Key, value: str) -> None:
    value = value.strip() if len(value) <= values.MAX_VALUE else ""
    previous = texts.get(key)
    if previous is None:
        texts[key] = value
    elif previous != value and len(previous) <= values.MAX_VALUE:
        texts[key] = f"{previous}, {value}"


def _wait_rank(name: str, scale: float) -> tuple[int, float, str]:
    """Return a sort key: the most exact field first, then `Retry-After` itself."""
    lower = name.lower()
    return (0 if 0 < scale < 1 else 1 if lower == "retry-after" else 2, scale, lower)


def _retry_at(waits: dict[tuple[int, float, str], str], now: float) -> int | None:
    for key in sorted(waits):
        text, scale = waits[key], key[1]
        if scale in (0, 1):
            retry_at = values.parse_time(text, now)
        else:
            retry_at = values.parse_scaled_time(text, now, scale)
        if retry_at is not None:
            return retry_at
    return None
