"""Simulate rate limiting: the error that a provider sends when a limit is exhausted.

Status, header fields and body are those that the provider documents. The limits in them are
examples. The proxy imports this module only when a token simulates rate limiting.
"""

from api.quota.dialects import get_dialect
from api.quota.rate_limit_dialect import WAIT, SimulatedResponse, json_response


def simulated_response(dialect: str, host: str, now: float) -> SimulatedResponse:
    """Return the rate-limit error of the API at `host` (without port), which uses `dialect`."""
    make = _BY_HOST.get(host) or get_dialect(dialect).simulated_response
    if make is None:
        make = get_dialect("generic").simulated_response
    assert make is not None
    return make(int(now))


def _google(now: int) -> SimulatedResponse:
    """Return RESOURCE_EXHAUSTED of https://cloud.google.com/apis/design/errors."""
    return json_response(
        429,
        [],
        {
            "error": {
                "code": 429,
                "message": "Resource has been exhausted (e.g. check quota).",
                "status": "RESOURCE_EXHAUSTED",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.RetryInfo",
                        "retryDelay": f"{WAIT}s",
                    }
                ],
            }
        },
    )


def _notion(now: int) -> SimulatedResponse:
    """Return the 429 of https://developers.notion.com/reference/request-limits."""
    return json_response(
        429,
        [("Retry-After", str(WAIT))],
        {"object": "error", "status": 429, "code": "rate_limited",
         "message": "You have been rate limited. Please try again in a few minutes."},
    )  # fmt: skip


def _twilio(now: int) -> SimulatedResponse:
    """Return the 429 of https://www.twilio.com/docs/api/errors/20429."""
    return json_response(
        429,
        [],
        {"code": 20429, "message": "Too Many Requests",
         "more_info": "https://www.twilio.com/docs/errors/20429", "status": 429},
    )  # fmt: skip


# Providers with the generic dialect whose clients read the body.
_BY_HOST = {
    "api.notion.com": _notion,
    "api.twilio.com": _twilio,
    "generativelanguage.googleapis.com": _google,
}
