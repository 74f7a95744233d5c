"""Datadog counts the requests of each named limit, such as `monitors_list`.

Source: https://docs.datadoghq.com/api/latest/rate-limits/.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 429 of one limit."""
    return json_response(
        429,
        [
            ("X-RateLimit-Limit", "600"),
            ("X-RateLimit-Period", "60"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(WAIT)),
            ("X-RateLimit-Name", "monitors_list"),
        ],
        {"errors": ["Rate limit of 600 requests in 60 seconds reached. Please try again later."]},
    )


DIALECT = RateLimitDialect(name="datadog", scope="resource", simulated_response=_simulated_response)
