"""Slack sends `Retry-After` on a 429 and no numbers.

Source: https://docs.slack.dev/apis/web-api/rate-limits.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the error `ratelimited`."""
    return json_response(429, [("Retry-After", str(WAIT))], {"ok": False, "error": "ratelimited"})


DIALECT = RateLimitDialect(name="slack", scope="route", simulated_response=_simulated_response)
