"""Whether a 429 limits the whole key, or only a model, route or resource of the API."""

from collections.abc import Sequence

from api.quota.rate_limit_dialect import RateLimitDialect
from api.quota.windows import QuotaReading

# The last words of header names that name what a limit counts: `X-RateLimit-Bucket` and `-Scope`
# (Discord), `X-RateLimit-Name` (Datadog), `X-RateLimit-Resource` (GitHub, Bitbucket),
# `X-RateLimit-Path` (Foursquare), `X-Rate-Limit-Type` (Riot), `Stripe-Rate-Limited-Reason`.
_NAMING_WORDS = frozenset(
    {
        "bucket",
        "category",
        "class",
        "endpoint",
        "group",
        "id",
        "key",
        "method",
        "model",
        "name",
        "operation",
        "path",
        "problem",
        "reason",
        "resource",
        "route",
        "rule",
        "rules",
        "scope",
        "service",
        "type",
    }
)
# What these header fields say if a limit counts everything that a key does.
_WHOLE_KEY = frozenset(
    {
        "account",
        "all",
        "api-key",
        "api_key",
        "apikey",
        "app",
        "application",
        "client",
        "default",
        "global",
        "global-concurrency",
        "global-rate",
        "global_rate",
        "key",
        "org",
        "organization",
        "overall",
        "project",
        "team",
        "tenant",
        "token",
        "true",
        "user-global",
        "workspace",
    }
)
_MARKERS = ("ratelimit", "rate-limit")


def limits_whole_key(
    headers: Sequence[tuple[str, str]], reading: QuotaReading | None, dialect: RateLimitDialect
) -> bool:
    """Return whether a 429 with these headers and this reading limits everything the key does.

    A header field that names a bucket decides: only `global` and similar names mean the key. Next
    comes the scope of the dialect. APIs that count tokens count them for each model.
    """
    named = _named_bucket(headers)
    if named is not None:
        return named in _WHOLE_KEY or named in dialect.key_windows
    if dialect.scope != "key" or reading is None:
        return False
    return not any(window.unit == "tokens" for window in reading.windows)


def _named_bucket(headers: Sequence[tuple[str, str]]) -> str | None:
    """Return the name of what a limit counts, in lower case, or None if no field names it."""
    found = None
    for name, value in headers:
        lower = name.lower()
        if len(lower) > 64 or not any(marker in lower for marker in _MARKERS):
            continue
        value = value.strip().lower()
        last = lower.rpartition("-")[2]
        if last == "global":
            if value == "true":
                return "global"
        elif last in _NAMING_WORDS and value and (found is None or found in _WHOLE_KEY):
            found = value
    return found
