"""GitHub counts the requests of each resource; `core` covers most of the REST API.

Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 403 of the primary limit."""
    return json_response(
        403,
        [
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-used", "5000"),
            ("x-ratelimit-reset", str(now + WAIT)),
            ("x-ratelimit-resource", "core"),
        ],
        {
            "message": "API rate limit exceeded for user ID 1.",
            "documentation_url": "https://docs.github.com/rest/using-the-rest-api/"
            "rate-limits-for-the-rest-api",
            "status": "403",
        },
    )


DIALECT = RateLimitDialect(
    name="github",
    scope="resource",
    key_windows=frozenset({"core", "requests", "default"}),
    simulated_response=_simulated_response,
)
