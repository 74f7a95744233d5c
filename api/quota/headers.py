"""Read the rate-limit header fields of an upstream's response.

Runs for every proxied call: one pass over the headers for all dialects, no I/O, no exception.
"""

from collections.abc import Sequence

from api.quota import header_names as names
from api.quota import header_values as values
from api.quota.dialects import get_dialect
from api.quota.header_windows import Group, build_windows
from api.quota.windows import QuotaReading, QuotaWindow, exhausted_reset

_MAX_WINDOWS = 8


def read_quota(
    headers: Sequence[tuple[str, str]], status: int, now: float, dialect: str = "generic"
) -> QuotaReading | None:
    """Read the quota that a response reports for its key. Returns None if it reports nothing.

    Names are compared without case. A repeated field is one list (RFC 9110 section 5.3), so a
    field with two different numbers counts as unknown. `now` is in epoch seconds.

    Header names identify most dialects, so `dialect` rarely matters; see `RateLimitDialect`.
    `retry_at` comes from `retry-after-ms` or `Retry-After`, only on 429 and 403. On a 403 without
    them it is the reset of an exhausted window (GitHub, "Rate limits for the REST API").
    `x-should-retry` and `Stripe-Should-Retry` are about the request, not about the quota.
    """
    standalone: Group = {}
    groups: dict[tuple[str, str], Group] = {}
    for name, value in headers:
        if len(name) > names.MAX_NAME or (parsed := names.parse_name(name)) is None:
            continue
        family, window, kind = parsed
        if not family:
            _add(standalone, kind, value)
        elif (group := groups.get((family, window))) is not None:
            _add(group, kind, value)
        else:
            groups[family, window] = {kind: _readable(value)}
    if not groups and not standalone:
        return None

    record = get_dialect(dialect)
    windows: tuple[QuotaWindow, ...] = ()
    if not record.only_retry_after:
        all_windows = build_windows(groups, standalone, status, now, record.reset_in_milliseconds)
        windows = tuple(all_windows[:_MAX_WINDOWS])
    retry_at = None
    if status in (403, 429):
        retry_at = _retry_at(standalone, now)
        if retry_at is None and status == 403:
            retry_at = exhausted_reset(windows)
    return QuotaReading(windows, retry_at) if windows or retry_at is not None else None


def _add(group: Group, kind: str, value: str) -> None:
    value = _readable(value)
    previous = group.get(kind)
    if previous is None:
        group[kind] = value
    elif previous != value and len(previous) <= values.MAX_VALUE:
        group[kind] = f"{previous}, {value}"


def _readable(value: str) -> str:
    return value.strip() if len(value) <= values.MAX_VALUE else ""


def _retry_at(standalone: Group, now: float) -> int | None:
    retry_at = None
    if "retry-after-ms" in standalone:
        retry_at = values.parse_time(standalone["retry-after-ms"], now, delta_milliseconds=True)
    if retry_at is None and "retry-after" in standalone:
        retry_at = values.parse_time(standalone["retry-after"], now)
    return retry_at
