"""Builds the caller's IETF rate-limit fields from the user's limits and the upstream's quota."""

from __future__ import annotations

import math
from collections.abc import Sequence

from api.limits.status import LimitStatus
from api.quota.ietf_headers import has_ietf_headers, ietf_headers
from api.quota.windows import QuotaReading, QuotaWindow


def ratelimit_headers(
    limits: Sequence[LimitStatus],
    reading: QuotaReading | None,
    headers: Sequence[tuple[str, str]],
    now: float,
) -> list[tuple[str, str]]:
    """Return the fields for the user's limits and budgets, and for the upstream's quota.

    The quota is left out if `headers`, the upstream's response headers, already have these fields.
    A list cannot name a window twice, so the user's limit takes precedence. `now` is in epoch
    seconds.
    """
    windows = [
        QuotaWindow(
            limit.name,
            limit.limit,
            limit.remaining,
            _reset(limit, now),
            limit.window,
            limit.unit,
        )
        for limit in limits
    ]
    if reading is not None and not has_ietf_headers(headers):
        names = {window.name for window in windows}
        windows += [window for window in reading.windows if window.name not in names]
    if not windows:
        return []
    fields = ietf_headers(windows, now)
    if not limits and any(name.lower() == "ratelimit-policy" for name, _ in headers):
        fields = [field for field in fields if field[0] != "RateLimit-Policy"]
    return fields


def _reset(limit: LimitStatus, now: float) -> int | None:
    if math.isinf(limit.reset_at):
        return None
    return int(now) + math.ceil(limit.reset_at - now)
