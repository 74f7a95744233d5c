"""Azure OpenAI counts requests and tokens of each deployed model.

Source: https://learn.microsoft.com/azure/ai-services/openai/how-to/quota.
"""

from api.quota.rate_limit_dialect import WAIT, RateLimitDialect, SimulatedResponse, json_response


def _simulated_response(now: int) -> SimulatedResponse:
    """Return the 429 of the call rate limit."""
    return json_response(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("retry-after-ms", str(WAIT * 1000)),
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", str(WAIT)),
        ],
        {
            "error": {
                "code": "429",
                "message": "Requests to the ChatCompletions_Create Operation under Azure OpenAI "
                "API have exceeded call rate limit of your current OpenAI S0 pricing tier. "
                f"Please retry after {WAIT} seconds.",
            }
        },
    )


DIALECT = RateLimitDialect(
    name="azure-openai", scope="model", simulated_response=_simulated_response
)
