"""The IETF rate-limit fields that a caller gets: of our own limits, and of the upstream's."""

from __future__ import annotations

import math
from collections.abc import Sequence

from api.errors import Problem
from api.proxy.rate_limiter import LimitStatus
from api.quota.ietf_headers import has_ietf_headers, ietf_headers
from api.quota.units import REQUESTS
from api.quota.windows import QuotaReading, QuotaWindow


def limit_fields(
    granted: Sequence[LimitStatus],
    observation: QuotaReading | None,
    headers: Sequence[tuple[str, str]],
    now: float,
) -> list[tuple[str, str]]:
    """IETF fields for our own limits, and for the upstream's where its `headers` have none. Of two
    of one name, which a list cannot have, ours stands.
    """
    windows = [
        QuotaWindow(
            limit.name,
            limit.limit,
            max(0, limit.remaining),
            int(now) + math.ceil(limit.reset_at - now),
            limit.window,
            REQUESTS,
        )
        for limit in granted
    ]
    if observation is not None and not has_ietf_headers(headers):
        own = {window.name for window in windows}
        windows += [window for window in observation.windows if window.name not in own]
    if not windows:
        return []
    fields = ietf_headers(windows, now)
    if any(name.lower() == "ratelimit-policy" for name, _ in headers) and not granted:
        fields = [field for field in fields if field[0] != "RateLimit-Policy"]
    return fields


def with_limits(problem: Problem, granted: Sequence[LimitStatus], now: float) -> Problem:
    """The refusal of a limit, with what is left of each."""
    problem.headers += tuple(limit_fields(granted, None, (), now))
    return problem
