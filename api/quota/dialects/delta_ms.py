"""APIs whose numeric reset is milliseconds from now, such as Prisjakt."""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the fewest header fields."""
    return json_response(
        429,
        [("Retry-After", str(WAIT)), ("X-Rate-Limit-Reset", str(WAIT * 1000))],
        {"message": "Too Many Requests"},
    )


DIALECT = RateLimitDialect(
    name="delta-ms", reset_in_milliseconds=True, simulated_response=_simulated_response
)
