"""Stripe names the reason of a 429 in a header field and sends no numbers.

Source: https://docs.stripe.com/rate-limits.
"""

from api.quota.rate_limit_dialect import JSON, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the error of https://docs.stripe.com/error-codes#rate-limit."""
    return json_response(
        429,
        [("Stripe-Rate-Limited-Reason", "global-rate"), ("Stripe-Should-Retry", "true")],
        {
            "error": {
                "code": "rate_limit",
                "doc_url": "https://stripe.com/docs/error-codes/rate-limit",
                "message": "Request rate limit exceeded. Learn more about rate limits here "
                "https://stripe.com/docs/rate-limits.",
                "type": "invalid_request_error",
            }
        },
        JSON,
    )


DIALECT = RateLimitDialect(name="stripe", simulated_response=_simulated_response)
