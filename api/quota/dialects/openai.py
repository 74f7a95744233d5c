"""OpenAI counts requests and tokens of each model.

Source: https://platform.openai.com/docs/guides/rate-limits.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return a 429 with the error of https://platform.openai.com/docs/guides/error-codes."""
    return json_response(
        429,
        [
            ("retry-after", str(WAIT)),
            ("retry-after-ms", str(WAIT * 1000)),
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-requests", f"{WAIT}s"),
            ("x-ratelimit-reset-tokens", "6ms"),
        ],
        {
            "error": {
                "message": "Rate limit reached on requests per min (RPM): Limit 60, Used 60, "
                f"Requested 1. Please try again in {WAIT}s. Visit "
                "https://platform.openai.com/account/rate-limits to learn more.",
                "type": "requests",
                "param": None,
                "code": "rate_limit_exceeded",
            }
        },
    )


DIALECT = RateLimitDialect(name="openai", scope="model", simulated_response=_simulated_response)
