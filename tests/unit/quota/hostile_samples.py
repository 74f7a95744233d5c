"""Malformed, absurd and hostile rate-limit header fields, and what may be read from them."""

from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW, Sample, fields, reading

LIMIT = ("x-ratelimit-limit", "100")


def remaining(name: str, value: str, *left: QuotaWindow) -> Sample:
    """Return a sample with this `x-ratelimit-remaining` and a limit of 100."""
    headers = [LIMIT, ("x-ratelimit-remaining", value)]
    return Sample(
        name, "generic", 200, headers, NOW, reading(*left or (QuotaWindow("default", 100),))
    )


def retry(name: str, status: int, value: str, retry_at: int | None) -> Sample:
    """Return a row with only a `Retry-After`."""
    expected = None if retry_at is None else reading(retry_at=retry_at)
    return Sample(name, "generic", status, [("Retry-After", value)], NOW, expected)


HOSTILE = [
    remaining("negative", "-1"),
    remaining("negative-zero", "-0"),
    remaining("nan", "NaN"),
    remaining("infinite", "Infinity"),
    remaining("exponent", "1e2"),
    remaining("huge", "9" * 400),
    remaining("huge-but-readable-and-more-than-the-limit", "999999999999999"),
    remaining("one-more-than-the-limit", "101"),
    remaining("all-of-the-limit", "100", QuotaWindow("default", 100, 100)),
    remaining("two-values", "7, 9"),
    remaining("two-equal-values-in-one-field", "7, 7"),
    remaining("percent", "95%"),
    remaining("with-a-unit", "7 requests"),
    remaining("per-second", "7/s"),
    remaining("a-duration", "7s"),
    remaining("a-date", "Mon, 21 Sep 2026 14:13:20 GMT"),
    remaining("an-address", "192.0.2.7"),
    remaining("json", '{"remaining": 7}'),
    remaining("a-fraction-promises-no-more-than-is-left", "7.99", QuotaWindow("default", 100, 7)),
    remaining("leading-zeros", "007", QuotaWindow("default", 100, 7)),
    remaining("white-space-around", "  7\t", QuotaWindow("default", 100, 7)),
    remaining("digits-of-another-script", "\u0667"),
    remaining("line-feed-inside", "7\n8"),
    Sample(
        "two-fields-of-different-values",
        "generic",
        200,
        [LIMIT, ("x-ratelimit-remaining", "7"), ("X-RateLimit-Remaining", "8")],
        NOW,
        reading(QuotaWindow("default", 100)),
    ),
    Sample(
        "limit-of-a-second-and-what-is-left-of-a-day",
        "generic",
        200,
        fields(
            """
            X-RateLimit-Limit: 10
            X-RateLimit-Remaining: 9990
            X-RateLimit-Reset: 60
            """
        ),
        NOW,
        reading(QuotaWindow("default", 10, None, NOW + 60)),
    ),
    Sample(
        "negative-and-huge-in-one-answer",
        "openai",
        200,
        [
            ("x-ratelimit-limit-requests", "-5"),
            ("x-ratelimit-remaining-requests", "1" * 30),
            ("x-ratelimit-reset-requests", "99999999h"),
            ("x-ratelimit-remaining-tokens", "12"),
        ],
        NOW,
        reading(QuotaWindow("tokens", None, 12)),
    ),
    Sample(
        "shopify-more-used-than-allowed",
        "shopify",
        200,
        [("X-Shopify-Shop-Api-Call-Limit", "41/40")],
        NOW,
        reading(QuotaWindow("default", 40, 0)),
    ),
    Sample(
        "shopify-without-numbers",
        "shopify",
        200,
        [("X-Shopify-Shop-Api-Call-Limit", "many/40")],
        NOW,
        None,
    ),
    Sample(
        "reddit-more-used-than-can-be",
        "reddit",
        200,
        [("X-Ratelimit-Used", "nan"), ("X-Ratelimit-Remaining", "3.0")],
        NOW,
        reading(QuotaWindow("default", None, 3)),
    ),
    Sample(
        "ietf-more-left-than-the-quota",
        "generic",
        200,
        [("RateLimit-Policy", '"a";q=10;w=60'), ("RateLimit", '"a";r=11;t=5')],
        NOW,
        reading(QuotaWindow("a", 10, None, NOW + 5, 60)),
    ),
    Sample(
        "ietf-unit-that-would-break-a-header",
        "generic",
        200,
        [("RateLimit-Policy", r'"a";q=10;qu="x\"\\y"'), ("RateLimit", '"a";r=1')],
        NOW,
        reading(QuotaWindow("a", 10, 1)),
    ),
    Sample(
        "ietf-strings-where-numbers-should-be",
        "generic",
        200,
        [("RateLimit-Policy", '"a";q="10";w="60"'), ("RateLimit", '"a";r="5";t="5"')],
        NOW,
        None,
    ),
    retry("retry-after-negative", 429, "-30", None),
    retry("retry-after-nan", 429, "nan", None),
    retry("retry-after-in-eleven-years", 429, str(11 * 366 * 86_400), None),
    retry("retry-after-two-values", 429, "30, 60", None),
    retry("retry-after-of-403", 403, "30", NOW + 30),
    retry("retry-after-of-200-is-no-refusal", 200, "30", None),
    retry("retry-after-of-503-is-no-quota", 503, "30", None),
    retry("retry-after-as-a-float", 429, "1.25", NOW + 2),
]
