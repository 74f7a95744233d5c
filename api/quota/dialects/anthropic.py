"""Anthropic counts requests and tokens of each model.

Source: https://docs.anthropic.com/en/api/rate-limits.
"""

from datetime import UTC, datetime

from api.quota.rate_limit_dialect import (
    JSON,
    WAIT,
    RateLimitDialect,
    SimulatedResponse,
    json_response,
)


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the error of https://docs.anthropic.com/en/api/errors."""
    reset = datetime.fromtimestamp(now + WAIT, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json_response(
        429,
        [
            ("retry-after", str(WAIT)),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", reset),
            ("anthropic-ratelimit-tokens-limit", "50000"),
            ("anthropic-ratelimit-tokens-remaining", "49000"),
            ("anthropic-ratelimit-tokens-reset", reset),
        ],
        {
            "type": "error",
            "error": {
                "type": "rate_limit_error",
                "message": "This request would exceed your organization's rate limit of 50 "
                "requests per minute.",
            },
        },
        JSON,
    )


DIALECT = RateLimitDialect(name="anthropic", scope="model", simulated_response=_simulated_response)
