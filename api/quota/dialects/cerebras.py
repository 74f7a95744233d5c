"""Cerebras counts requests of a day and tokens of a minute for each model.

Source: https://inference-docs.cerebras.ai/support/rate-limits.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 429 of the requests of a day."""
    return json_response(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("x-ratelimit-limit-requests-day", "14400"),
            ("x-ratelimit-remaining-requests-day", "0"),
            ("x-ratelimit-reset-requests-day", f"{WAIT}.0"),
            ("x-ratelimit-limit-tokens-minute", "60000"),
            ("x-ratelimit-remaining-tokens-minute", "59000"),
            ("x-ratelimit-reset-tokens-minute", f"{WAIT}.0"),
        ],
        {
            "message": "Requests per day limit exceeded - too many requests sent.",
            "type": "too_many_requests_error",
            "param": "quota",
            "code": "request_quota_exceeded",
        },
    )


DIALECT = RateLimitDialect(name="cerebras", scope="model", simulated_response=_simulated_response)
