"""The default dialect: the names of the header fields determine how they are read."""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 (RFC 6585 section 4) with the most common header fields."""
    return json_response(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("X-RateLimit-Limit", "60"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(now + WAIT)),
        ],
        {"error": {"code": 429, "message": "Too Many Requests"}, "message": "Too Many Requests"},
    )


DIALECT = RateLimitDialect(name="generic", simulated_response=_simulated_response)
