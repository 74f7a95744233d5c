"""GitLab counts the requests of each user or IP address.

Source: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 in plain text."""
    return SimulatedResponse(
        429,
        [
            ("Content-Type", "text/plain"),
            ("RateLimit-Limit", "60"),
            ("RateLimit-Name", "throttle_authenticated_web"),
            ("RateLimit-Observed", "67"),
            ("RateLimit-Remaining", "0"),
            ("RateLimit-Reset", str(now + WAIT)),
            ("Retry-After", str(WAIT)),
        ],
        b"Retry later\n",
    )


DIALECT = RateLimitDialect(name="gitlab", simulated_response=_simulated_response)
