"""Zendesk counts the requests of an account, and those of some endpoints separately.

Source: https://developer.zendesk.com/api-reference/introduction/rate-limits/.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 429 of an account's limit."""
    return json_response(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("X-Rate-Limit", "700"),
            ("X-Rate-Limit-Remaining", "0"),
            ("ratelimit-limit", "700"),
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", str(WAIT)),
        ],
        {"error": "TooManyRequests", "description": "Number of allowed API requests exceeded"},
    )


DIALECT = RateLimitDialect(name="zendesk", scope="route", simulated_response=_simulated_response)
