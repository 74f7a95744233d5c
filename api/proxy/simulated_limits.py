"""The refusal that each API sends when a limit is used up, for tokens that rehearse it.

Status, header fields and body are those that the provider documents, so that its own SDK raises its
own exception; each kind names its source. The limits in them are examples. All ask to wait for two
seconds, so that a script that copes goes on soon.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

WAIT = 2
"""Seconds until the next try, in every refusal."""

_JSON = "application/json"
Fields = list[tuple[str, str]]


class SimulatedResponse(msgspec.Struct, frozen=True):
    """An answer: status, header fields with its Content-Type, and body."""

    status: int
    headers: Fields
    body: bytes


def simulated_response(dialect: str, host: str, now: float) -> SimulatedResponse:
    """The refusal of the API at a host (without port) whose rate-limit headers speak a dialect."""
    kind = _BY_HOST.get(host) or _BY_DIALECT.get(dialect, _generic)
    return kind(int(now))


def _answer(
    status: int, headers: Fields, body: Any, media_type: str = f"{_JSON}; charset=utf-8"
) -> SimulatedResponse:
    content = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return SimulatedResponse(status, [("Content-Type", media_type), *headers], content)


def _generic(now: int) -> SimulatedResponse:
    """RFC 6585 section 4, with the names of headers that most APIs use."""
    return _answer(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("X-RateLimit-Limit", "60"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(now + WAIT)),
        ],
        {"error": {"code": 429, "message": "Too Many Requests"}, "message": "Too Many Requests"},
    )


def _openai(now: int) -> SimulatedResponse:
    """https://platform.openai.com/docs/guides/rate-limits and .../guides/error-codes."""
    return _answer(
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


def _azure_openai(now: int) -> SimulatedResponse:
    """https://learn.microsoft.com/azure/ai-services/openai/how-to/quota."""
    return _answer(
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


def _anthropic(now: int) -> SimulatedResponse:
    """https://docs.anthropic.com/en/api/errors and .../api/rate-limits."""
    reset = _rfc_3339(now + WAIT)
    return _answer(
        429,
        [
            ("retry-after", str(WAIT)),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", reset),
            ("anthropic-ratelimit-tokens-limit", "50000"),
            ("anthropic-ratelimit-tokens-remaining", "49000"),
            ("anthropic-ratelimit-tokens-reset", reset),
        ],
        {
            "type": "error",
            "error": {
                "type": "rate_limit_error",
                "message": "This request would exceed your organization's rate limit of 50 "
                "requests per minute.",
            },
        },
        _JSON,
    )


def _github(now: int) -> SimulatedResponse:
    """https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: the primary
    limit, a 403.
    """
    return _answer(
        403,
        [
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-used", "5000"),
            ("x-ratelimit-reset", str(now + WAIT)),
            ("x-ratelimit-resource", "core"),
        ],
        {
            "message": "API rate limit exceeded for user ID 1.",
            "documentation_url": "https://docs.github.com/rest/using-the-rest-api/"
            "rate-limits-for-the-rest-api",
            "status": "403",
        },
    )


def _gitlab(now: int) -> SimulatedResponse:
    """https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits."""
    return _answer(
        429,
        [
            ("RateLimit-Limit", "60"),
            ("RateLimit-Name", "throttle_authenticated_web"),
            ("RateLimit-Observed", "67"),
            ("RateLimit-Remaining", "0"),
            ("RateLimit-Reset", str(now + WAIT)),
            ("Retry-After", str(WAIT)),
        ],
        "Retry later\n",
        "text/plain",
    )


def _stripe(now: int) -> SimulatedResponse:
    """https://docs.stripe.com/rate-limits and https://docs.stripe.com/error-codes#rate-limit."""
    return _answer(
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
        _JSON,
    )


def _x(now: int) -> SimulatedResponse:
    """https://docs.x.com/x-api/fundamentals/rate-limits."""
    return _answer(
        429,
        [
            ("x-rate-limit-limit", "900"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", str(now + WAIT)),
        ],
        {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank",
         "status": 429},
    )  # fmt: skip


def _slack(now: int) -> SimulatedResponse:
    """https://docs.slack.dev/apis/web-api/rate-limits."""
    return _answer(429, [("Retry-After", str(WAIT))], {"ok": False, "error": "ratelimited"})


def _shopify(now: int) -> SimulatedResponse:
    """https://shopify.dev/docs/api/admin-rest/usage/rate-limits."""
    return _answer(
        429,
        [("Retry-After", f"{WAIT}.0"), ("X-Shopify-Shop-Api-Call-Limit", "40/40")],
        {
            "errors": "Exceeded 2 calls per second for api client. Reduce request rates to resume "
            "uninterrupted service."
        },
    )


def _discord(now: int) -> SimulatedResponse:
    """https://discord.com/developers/docs/topics/rate-limits."""
    return _answer(
        429,
        [
            ("Retry-After", str(WAIT)),
            ("X-RateLimit-Limit", "5"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", f"{now + WAIT}.000"),
            ("X-RateLimit-Reset-After", f"{WAIT}.000"),
            ("X-RateLimit-Bucket", "abcd1234"),
            ("X-RateLimit-Scope", "user"),
        ],
        {"message": "You are being rate limited.", "retry_after": float(WAIT), "global": False},
        _JSON,
    )


def _reddit(now: int) -> SimulatedResponse:
    """https://support.reddithelp.com/hc/en-us/articles/16160319875092."""
    return _answer(
        429,
        [
            ("X-Ratelimit-Used", "100"),
            ("X-Ratelimit-Remaining", "0"),
            ("X-Ratelimit-Reset", str(WAIT)),
        ],
        {"message": "Too Many Requests", "error": 429},
    )


def _linear(now: int) -> SimulatedResponse:
    """https://linear.app/developers/rate-limiting: a GraphQL error in an answer of status 400."""
    text = "Rate limit exceeded. Only 1500 requests are allowed per 1 hour."
    return _answer(
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


def _delta_milliseconds(now: int) -> SimulatedResponse:
    """As `_generic`, but for the reset in milliseconds from now."""
    return _answer(
        429,
        [("Retry-After", str(WAIT)), ("X-Rate-Limit-Reset", str(WAIT * 1000))],
        {"message": "Too Many Requests"},
    )


def _google(now: int) -> SimulatedResponse:
    """https://cloud.google.com/apis/design/errors: RESOURCE_EXHAUSTED."""
    return _answer(
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
    """https://developers.notion.com/reference/request-limits and .../status-codes."""
    return _answer(
        429,
        [("Retry-After", str(WAIT))],
        {"object": "error", "status": 429, "code": "rate_limited",
         "message": "You have been rate limited. Please try again in a few minutes."},
    )  # fmt: skip


def _twilio(now: int) -> SimulatedResponse:
    """https://www.twilio.com/docs/api/errors/20429."""
    return _answer(
        429,
        [],
        {"code": 20429, "message": "Too Many Requests",
         "more_info": "https://www.twilio.com/docs/errors/20429", "status": 429},
    )  # fmt: skip


def _rfc_3339(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_BY_DIALECT: dict[str, Callable[[int], SimulatedResponse]] = {
    "anthropic": _anthropic,
    "azure-openai": _azure_openai,
    "delta-ms": _delta_milliseconds,
    "discord": _discord,
    "github": _github,
    "gitlab": _gitlab,
    "linear": _linear,
    "openai": _openai,
    "reddit": _reddit,
    "shopify": _shopify,
    "slack": _slack,
    "stripe": _stripe,
    "x": _x,
}
# Providers without a dialect of their own whose clients look into the body.
_BY_HOST: dict[str, Callable[[int], SimulatedResponse]] = {
    "api.notion.com": _notion,
    "api.twilio.com": _twilio,
    "generativelanguage.googleapis.com": _google,
}
