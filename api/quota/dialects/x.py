"""X counts the requests of each endpoint, so not even a 429 exhausts the whole key.

Source: https://docs.x.com/fundamentals/rate-limits.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the error object of API v2."""
    return json_response(
        429,
        [
            ("x-rate-limit-limit", "900"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", str(now + WAIT)),
        ],
        {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank",
         "status": 429},
    )  # fmt: skip


DIALECT = RateLimitDialect(name="x", scope="endpoint", simulated_response=_simulated_response)
