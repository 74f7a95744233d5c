"""The IETF rate-limit fields that a caller gets: of our own limits, and of the upstream's."""

from __future__ import annotations

import math
from collections.abc import Sequence

from api.errors import Problem
from api.proxy.rate_limiter import LimitStatus
from api.quota.headers import Observation, Window, ietf_fields, speaks_ietf
from api.storage.sightings import REQUESTS


def limit_fields(
    granted: Sequence[LimitStatus],
    observation: Observation | None,
    headers: Sequence[tuple[str, str]],
    now: float,
) -> list[tuple[str, str]]:
    """IETF fields for our own limits, and for the upstream's where its `headers` have none. Of two
    of one name, which a list cannot have, ours stands.
    """
    windows = [
        Window(
            limit.name,
            limit.limit,
            max(0, limit.remaining),
            int(now) + math.ceil(limit.reset_at - now),
            limit.window,
            REQUESTS,
        )
        for limit in granted
    ]
    if observation is not None and not speaks_ietf(headers):
        own = {window.name for window in windows}
        windows += [window for window in observation.windows if window.name not in own]
    if not windows:
        return []
    fields = ietf_fields(windows, now)
    if any(name.lower() == "ratelimit-policy" for name, _ in headers) and not granted:
        fields = [field for field in fields if field[0] != "RateLimit-Policy"]
    return fields


def with_limits(problem: Problem, granted: Sequence[LimitStatus], now: float) -> Problem:
    """The refusal of a limit, with what is left of each."""
    problem.headers += tuple(limit_fields(granted, None, (), now))
    return problem
