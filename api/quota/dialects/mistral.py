"""Mistral counts requests and tokens of each model.

Source: https://docs.mistral.ai/deployment/laplateforme/tier.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the error that Mistral's clients read."""
    return json_response(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("x-ratelimit-limit-req-minute", "60"),
            ("x-ratelimit-remaining-req-minute", "0"),
            ("x-ratelimit-limit-tokens-minute", "500000"),
            ("x-ratelimit-remaining-tokens-minute", "499000"),
        ],
        {
            "object": "error",
            "message": "Rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
        },
    )


DIALECT = RateLimitDialect(name="mistral", scope="model", simulated_response=_simulated_response)
