"""Header fields of GitLab, Stripe, X and other providers with their own dialect."""

from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW, Sample, fields, reading

MORE_PROVIDER_SAMPLES = [
    Sample(
        "gitlab",
        "gitlab",
        200,
        fields(
            f"""
            RateLimit-Name: throttle_authenticated_api
            RateLimit-Limit: 600
            RateLimit-Observed: 1
            RateLimit-Remaining: 599
            RateLimit-Reset: {NOW + 40}
            RateLimit-ResetTime: Mon, 21 Sep 2026 14:14:00 GMT
            """
        ),
        NOW,
        reading(QuotaWindow("throttle_authenticated_api", 600, 599, NOW + 40)),
    ),
    Sample(
        "gitlab-reset-time-and-observed-alone",
        "gitlab",
        200,
        fields(
            """
            RateLimit-Limit: 600
            RateLimit-Observed: 601
            RateLimit-ResetTime: Mon, 21 Sep 2026 14:14:00 GMT
            """
        ),
        NOW,
        reading(QuotaWindow("default", 600, 0, NOW + 40)),
    ),
    Sample(
        "stripe-reason-without-retry-after",
        "stripe",
        429,
        fields(
            """
            Stripe-Rate-Limited-Reason: endpoint-rate
            Stripe-Should-Retry: true
            """
        ),
        NOW,
        reading(QuotaWindow("endpoint-rate")),
    ),
    Sample(
        "x",
        "x",
        200,
        fields(
            f"""
            x-rate-limit-limit: 900
            x-rate-limit-remaining: 899
            x-rate-limit-reset: {NOW + 900}
            x-app-limit-24hour-limit: 17
            x-app-limit-24hour-remaining: 16
            x-app-limit-24hour-reset: {NOW + 86_000}
            """
        ),
        NOW,
        reading(
            QuotaWindow("default", 900, 899, NOW + 900),
            QuotaWindow("app-24hour", 17, 16, NOW + 86_000, 86_400),
        ),
    ),
    Sample("slack", "slack", 429, [("Retry-After", "30")], NOW, reading(retry_at=NOW + 30)),
    Sample(
        "shopify-used-of-limit",
        "shopify",
        200,
        [("X-Shopify-Shop-Api-Call-Limit", "32/40")],
        NOW,
        reading(QuotaWindow("default", 40, 8)),
    ),
    Sample(
        "shopify-429",
        "shopify",
        429,
        [("X-Shopify-Shop-Api-Call-Limit", "41/40"), ("Retry-After", "2.0")],
        NOW,
        reading(QuotaWindow("default", 40, 0), retry_at=NOW + 2),
    ),
    Sample(
        "discord-reset-after-is-preferred",
        "discord",
        200,
        fields(
            f"""
            X-RateLimit-Limit: 5
            X-RateLimit-Remaining: 0
            X-RateLimit-Reset: {NOW + 900}.123
            X-RateLimit-Reset-After: 64.57
            X-RateLimit-Bucket: abcd1234
            """
        ),
        NOW,
        reading(QuotaWindow("default", 5, 0, NOW + 65)),
    ),
    Sample(
        "discord-float-epoch",
        "discord",
        429,
        fields(
            f"""
            X-RateLimit-Limit: 10
            X-RateLimit-Remaining: 9
            X-RateLimit-Reset: {NOW + 70}.123
            X-RateLimit-Global: true
            X-RateLimit-Scope: global
            Retry-After: 65.2
            """
        ),
        NOW,
        reading(QuotaWindow("default", 10, 9, NOW + 71), retry_at=NOW + 66),
    ),
    Sample(
        "reddit-floats-without-a-limit",
        "reddit",
        200,
        fields(
            """
            x-ratelimit-used: 1.5
            x-ratelimit-remaining: 598.5
            x-ratelimit-reset: 343
            """
        ),
        NOW,
        reading(QuotaWindow("default", 600, 598, NOW + 343)),
    ),
    Sample(
        "linear-epoch-milliseconds-and-complexity",
        "linear",
        200,
        fields(
            f"""
            X-RateLimit-Requests-Limit: 1500
            X-RateLimit-Requests-Remaining: 1499
            X-RateLimit-Requests-Reset: {NOW + 3_600}001
            X-Complexity: 5
            X-RateLimit-Complexity-Limit: 250000
            X-RateLimit-Complexity-Remaining: 249995
            X-RateLimit-Complexity-Reset: {NOW + 3_600}000
            """
        ),
        NOW,
        reading(
            QuotaWindow("requests", 1_500, 1_499, NOW + 3_601),
            QuotaWindow("complexity", 250_000, 249_995, NOW + 3_600),
        ),
    ),
    Sample(
        "prisjakt-milliseconds-from-now",
        "delta-ms",
        200,
        [("X-Rate-Limit-Reset", "2500")],
        NOW,
        reading(QuotaWindow("default", reset_at=NOW + 3)),
    ),
    Sample(
        "delta-ms-retry-after-stays-in-seconds",
        "delta-ms",
        429,
        [("Retry-After", "5")],
        NOW,
        reading(retry_at=NOW + 5),
    ),
    Sample(
        "mistral",
        "mistral",
        200,
        fields(
            """
            x-ratelimit-limit-req-minute: 60
            x-ratelimit-remaining-req-minute: 59
            x-ratelimit-limit-tokens-minute: 500000
            x-ratelimit-remaining-tokens-minute: 499000
            """
        ),
        NOW,
        reading(
            QuotaWindow("req-minute", 60, 59, window=60),
            QuotaWindow("tokens-minute", 500_000, 499_000, window=60),
        ),
    ),
    Sample(
        "cerebras-429",
        "cerebras",
        429,
        fields(
            """
            x-ratelimit-limit-tokens-minute: 60000
            x-ratelimit-remaining-tokens-minute: 0
            x-ratelimit-reset-tokens-minute: 11.38
            """
        ),
        NOW,
        reading(QuotaWindow("tokens-minute", 60_000, 0, NOW + 12, 60)),
    ),
    Sample(
        "datadog",
        "datadog",
        200,
        [("X-RateLimit-Limit", "600"), ("X-RateLimit-Period", "60"), ("X-RateLimit-Name", "q")],
        NOW,
        reading(QuotaWindow("q", 600, window=60)),
    ),
    Sample(
        "zendesk-endpoint-and-account",
        "zendesk",
        200,
        [
            ("X-Rate-Limit", "700"),
            ("X-Rate-Limit-Remaining", "699"),
            ("Zendesk-RateLimit-Search-Index", "total=100; remaining=99; resets=41"),
        ],
        NOW,
        reading(QuotaWindow("default", 700, 699), QuotaWindow("search-index", 100, 99, NOW + 41)),
    ),
    Sample("per-model", "per-model", 429, [("Retry-After", "30")], NOW, reading(retry_at=NOW + 30)),
    Sample("per-route", "per-route", 429, [("Retry-After", "30")], NOW, reading(retry_at=NOW + 30)),
]
