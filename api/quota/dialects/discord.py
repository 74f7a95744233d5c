"""Discord counts the requests of each bucket of routes.

Source: https://discord.com/developers/docs/topics/rate-limits.
"""

from api.quota.rate_limit_dialect import (
    JSON,
    WAIT,
    RateLimitDialect,
    SimulatedResponse,
    json_response,
)


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 429 of a user's bucket."""
    return json_response(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("X-RateLimit-Limit", "5"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", f"{now + WAIT}.000"),
            ("X-RateLimit-Reset-After", f"{WAIT}.000"),
            ("X-RateLimit-Bucket", "abcd1234"),
            ("X-RateLimit-Scope", "user"),
        ],
        {"message": "You are being rate limited.", "retry_after": float(WAIT), "global": False},
        JSON,
    )


DIALECT = RateLimitDialect(name="discord", scope="route", simulated_response=_simulated_response)
