"""Header fields of OpenAI, Azure OpenAI, Anthropic and GitHub."""

from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW, Sample, fields, reading

PROVIDER_SAMPLES = [
    Sample(
        "openai-go-durations",
        "openai",
        200,
        fields(
            """
            x-ratelimit-limit-requests: 60
            x-ratelimit-limit-tokens: 150000
            x-ratelimit-remaining-requests: 59
            x-ratelimit-remaining-tokens: 149984
            x-ratelimit-reset-requests: 1s
            x-ratelimit-reset-tokens: 6m0s
            """
        ),
        NOW,
        reading(
            QuotaWindow("requests", 60, 59, NOW + 1),
            QuotaWindow("tokens", 150_000, 149_984, NOW + 360),
        ),
    ),
    Sample(
        "openai-milliseconds-round-up",
        "openai",
        200,
        fields(
            """
            x-ratelimit-limit-project-tokens: 1000
            x-ratelimit-remaining-project-tokens: 999
            x-ratelimit-reset-project-tokens: 12ms
            """
        ),
        NOW,
        reading(QuotaWindow("project-tokens", 1_000, 999, NOW + 1)),
    ),
    Sample(
        "openai-fraction-of-a-second-and-hours",
        "openai",
        200,
        fields(
            """
            x-ratelimit-remaining-requests: 1
            x-ratelimit-reset-requests: 1h2m59.56s
            """
        ),
        NOW,
        reading(QuotaWindow("requests", None, 1, NOW + 3_780)),
    ),
    Sample(
        "openai-429-prefers-milliseconds",
        "openai",
        429,
        fields(
            """
            retry-after: 20
            retry-after-ms: 1500
            x-should-retry: true
            """
        ),
        NOW,
        reading(retry_at=NOW + 2),
    ),
    Sample(
        "azure-integers",
        "azure-openai",
        200,
        fields(
            """
            x-ratelimit-limit-requests: 10
            x-ratelimit-remaining-requests: 9
            x-ratelimit-reset-requests: 55
            """
        ),
        NOW,
        reading(QuotaWindow("requests", 10, 9, NOW + 55)),
    ),
    Sample(
        "azure-minus-one-says-nothing",
        "azure-openai",
        200,
        fields(
            """
            x-ratelimit-limit-tokens: -1
            x-ratelimit-remaining-tokens: -1
            x-ratelimit-reset-tokens: 0
            """
        ),
        NOW,
        None,
    ),
    Sample(
        "azure-two-spellings-of-one-window",
        "azure-openai",
        429,
        fields(
            """
            x-rate-limit-reset-tokens: 55
            x-ratelimit-remaining-tokens: 0
            """
        ),
        NOW,
        reading(QuotaWindow("tokens", None, 0, NOW + 55)),
    ),
    Sample(
        "anthropic-rfc-3339",
        "anthropic",
        200,
        fields(
            """
            anthropic-ratelimit-requests-limit: 50
            anthropic-ratelimit-requests-remaining: 49
            anthropic-ratelimit-requests-reset: 2026-09-21T14:13:21Z
            anthropic-ratelimit-input-tokens-limit: 50000
            anthropic-ratelimit-input-tokens-remaining: 49000
            anthropic-ratelimit-input-tokens-reset: 2026-09-21T16:13:22.5+02:00
            """
        ),
        NOW,
        reading(
            QuotaWindow("requests", 50, 49, NOW + 1),
            QuotaWindow("input-tokens", 50_000, 49_000, NOW + 3),
        ),
    ),
    Sample(
        "anthropic-plan-rejected",
        "anthropic",
        429,
        fields(
            f"""
            anthropic-ratelimit-unified-status: rejected
            anthropic-ratelimit-unified-reset: {NOW + 7_200}
            """
        ),
        NOW,
        reading(QuotaWindow("unified", None, 0, NOW + 7_200)),
    ),
    Sample(
        "anthropic-plan-allowed-though-overage-is-rejected",
        "anthropic",
        200,
        fields(
            f"""
            anthropic-ratelimit-unified-status: allowed
            anthropic-ratelimit-unified-reset: {NOW + 7_200}
            anthropic-ratelimit-unified-5h-status: allowed
            anthropic-ratelimit-unified-5h-utilization: 0.01
            anthropic-ratelimit-unified-5h-reset: {NOW + 7_200}
            anthropic-ratelimit-unified-overage-status: rejected
            """
        ),
        NOW,
        reading(
            QuotaWindow("unified", reset_at=NOW + 7_200),
            QuotaWindow("unified-5h", reset_at=NOW + 7_200, window=18_000),
        ),
    ),
    Sample(
        "github-resource",
        "github",
        200,
        fields(
            f"""
            X-RateLimit-Limit: 5000
            X-RateLimit-Remaining: 4987
            X-RateLimit-Used: 13
            X-RateLimit-Reset: {NOW + 1_200}
            X-RateLimit-Resource: core
            """
        ),
        NOW,
        reading(QuotaWindow("core", 5_000, 4_987, NOW + 1_200)),
    ),
    Sample(
        "github-403-primary-limit",
        "github",
        403,
        fields(
            f"""
            x-ratelimit-limit: 60
            x-ratelimit-remaining: 0
            x-ratelimit-reset: {NOW + 1_200}
            x-ratelimit-resource: search
            """
        ),
        NOW,
        reading(QuotaWindow("search", 60, 0, NOW + 1_200), retry_at=NOW + 1_200),
    ),
    Sample(
        "github-403-secondary-limit",
        "github",
        403,
        fields(
            f"""
            x-ratelimit-limit: 5000
            x-ratelimit-remaining: 4000
            x-ratelimit-reset: {NOW + 1_200}
            retry-after: 60
            """
        ),
        NOW,
        reading(QuotaWindow("default", 5_000, 4_000, NOW + 1_200), retry_at=NOW + 60),
    ),
    Sample(
        "github-403-without-a-limit-is-a-permission",
        "github",
        403,
        fields(
            f"""
            x-ratelimit-limit: 5000
            x-ratelimit-remaining: 4000
            x-ratelimit-reset: {NOW + 1_200}
            """
        ),
        NOW,
        reading(QuotaWindow("default", 5_000, 4_000, NOW + 1_200)),
    ),
]
