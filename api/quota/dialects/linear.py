"""Linear counts requests and complexity; a reset is in epoch milliseconds.

Source: https://linear.app/developers/rate-limiting.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a GraphQL error in a response with status 400."""
    text = "Rate limit exceeded. Only 1500 requests are allowed per 1 hour."
    return json_response(
        400,
        [
            ("X-RateLimit-Requests-Limit", "1500"),
            ("X-RateLimit-Requests-Remaining", "0"),
            ("X-RateLimit-Requests-Reset", str((now + WAIT) * 1000)),
        ],
        {
            "errors": [
                {
                    "message": text,
                    "extensions": {
                        "type": "ratelimited",
                        "code": "RATELIMITED",
                        "statusCode": 429,
                        "userError": True,
                        "userPresentableMessage": text,
                    },
                }
            ]
        },
    )


DIALECT = RateLimitDialect(name="linear", simulated_response=_simulated_response)
