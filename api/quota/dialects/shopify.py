"""Shopify sends used calls and limit in one header field, `32/40`.

Source: https://shopify.dev/docs/api/admin-rest/usage/rate-limits.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 429 of the REST Admin API."""
    return json_response(
        429,
        [("Retry-After", f"{WAIT}.0"), ("X-Shopify-Shop-Api-Call-Limit", "40/40")],
        {
            "errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume "
            "uninterrupted service."
        },
    )


DIALECT = RateLimitDialect(name="shopify", simulated_response=_simulated_response)
