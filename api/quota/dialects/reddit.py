"""Reddit sends used and remaining requests but no limit.

Source: https://support.reddithelp.com/hc/en-us/articles/16160319875092.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 without `Retry-After`."""
    return json_response(
        429,
        [
            ("X-Ratelimit-Used", "100"),
            ("X-Ratelimit-Remaining", "0"),
            ("X-Ratelimit-Reset", str(WAIT)),
        ],
        {"message": "Too Many Requests", "error": 429},
    )


DIALECT = RateLimitDialect(name="reddit", simulated_response=_simulated_response)
