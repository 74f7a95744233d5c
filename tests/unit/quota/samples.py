"""Rate-limit headers as real APIs send them, and what they mean at `NOW`."""

from typing import NamedTuple

from api.quota.headers import Observation, Window

NOW = 1_790_000_000
"""Epoch seconds: Mon, 21 Sep 2026 14:13:20 GMT."""


class Sample(NamedTuple):
    """One response: its dialect, status and headers, and the observation they make."""

    id: str
    dialect: str
    status: int
    headers: list[tuple[str, str]]
    now: float
    expected: Observation | None


def seen(*windows: Window, retry_at: int | None = None) -> Observation:
    return Observation(windows, retry_at)


def fields(text: str) -> list[tuple[str, str]]:
    """Header fields written as on the wire, one a line."""
    lines = (line.strip() for line in text.strip().splitlines())
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


SAMPLES = [
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
        seen(
            Window("requests", 60, 59, NOW + 1),
            Window("tokens", 150_000, 149_984, NOW + 360),
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
        seen(Window("project-tokens", 1_000, 999, NOW + 1)),
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
        seen(Window("requests", None, 1, NOW + 3_780)),
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
        seen(retry_at=NOW + 2),
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
        seen(Window("requests", 10, 9, NOW + 55)),
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
        seen(Window("tokens", None, 0, NOW + 55)),
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
        seen(
            Window("requests", 50, 49, NOW + 1),
            Window("input-tokens", 50_000, 49_000, NOW + 3),
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
        seen(Window("unified", None, 0, NOW + 7_200)),
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
        seen(
            Window("unified", reset_at=NOW + 7_200),
            Window("unified-5h", reset_at=NOW + 7_200, window=18_000),
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
        seen(Window("core", 5_000, 4_987, NOW + 1_200)),
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
        seen(Window("search", 60, 0, NOW + 1_200), retry_at=NOW + 1_200),
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
        seen(Window("default", 5_000, 4_000, NOW + 1_200), retry_at=NOW + 60),
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
        seen(Window("default", 5_000, 4_000, NOW + 1_200)),
    ),
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
        seen(Window("throttle_authenticated_api", 600, 599, NOW + 40)),
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
        seen(Window("default", 600, 0, NOW + 40)),
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
        seen(Window("endpoint-rate")),
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
        seen(
            Window("default", 900, 899, NOW + 900),
            Window("app-24hour", 17, 16, NOW + 86_000, 86_400),
        ),
    ),
    Sample("slack", "slack", 429, [("Retry-After", "30")], NOW, seen(retry_at=NOW + 30)),
    Sample(
        "shopify-used-of-limit",
        "shopify",
        200,
        [("X-Shopify-Shop-Api-Call-Limit", "32/40")],
        NOW,
        seen(Window("default", 40, 8)),
    ),
    Sample(
        "shopify-429",
        "shopify",
        429,
        [("X-Shopify-Shop-Api-Call-Limit", "41/40"), ("Retry-After", "2.0")],
        NOW,
        seen(Window("default", 40, 0), retry_at=NOW + 2),
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
        seen(Window("default", 5, 0, NOW + 65)),
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
        seen(Window("default", 10, 9, NOW + 71), retry_at=NOW + 66),
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
        seen(Window("default", 600, 598, NOW + 343)),
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
        seen(
            Window("requests", 1_500, 1_499, NOW + 3_601),
            Window("complexity", 250_000, 249_995, NOW + 3_600),
        ),
    ),
    Sample(
        "prisjakt-milliseconds-from-now",
        "delta-ms",
        200,
        [("X-Rate-Limit-Reset", "2500")],
        NOW,
        seen(Window("default", reset_at=NOW + 3)),
    ),
    Sample(
        "delta-ms-retry-after-stays-in-seconds",
        "delta-ms",
        429,
        [("Retry-After", "5")],
        NOW,
        seen(retry_at=NOW + 5),
    ),
    Sample(
        "rachio-iso-8601",
        "generic",
        200,
        fields(
            """
            x-ratelimit-limit: 1700
            x-ratelimit-remaining: 4
            x-ratelimit-reset: 2026-09-22T00:00:00Z
            """
        ),
        NOW,
        seen(Window("default", 1_700, 4, NOW + 35_200)),
    ),
    Sample(
        "lemlist-javascript-date",
        "generic",
        200,
        [
            ("Retry-After", "2"),
            ("X-RateLimit-Limit", "20"),
            ("X-RateLimit-Remaining", "7"),
            (
                "X-RateLimit-Reset",
                "Mon Sep 21 2026 16:13:42 GMT+0200 (Central European Summer Time)",
            ),
        ],
        NOW,
        seen(Window("default", 20, 7, NOW + 22)),
    ),
    Sample(
        "javascript-date-west-of-greenwich",
        "generic",
        200,
        [("X-RateLimit-Reset", "Mon Sep 21 2026 09:13:42 GMT-0500 (CDT)")],
        NOW,
        seen(Window("default", reset_at=NOW + 22)),
    ),
    Sample(
        "cerebras-window-in-the-name",
        "generic",
        200,
        fields(
            """
            x-ratelimit-limit-requests-day: 14400
            x-ratelimit-remaining-requests-day: 14399
            x-ratelimit-reset-requests-day: 33011.38
            """
        ),
        NOW,
        seen(Window("requests-day", 14_400, 14_399, NOW + 33_012, 86_400)),
    ),
    Sample(
        "brave-several-windows-in-one-field",
        "generic",
        200,
        fields(
            """
            X-RateLimit-Limit: 1, 15000
            X-RateLimit-Policy: 1;w=1, 15000;w=2592000
            X-RateLimit-Remaining: 0, 1000
            X-RateLimit-Reset: 1, 1419704
            """
        ),
        NOW,
        seen(
            Window("per-1s", 1, 0, NOW + 1, 1),
            Window("per-2592000s", 15_000, 1_000, NOW + 1_419_704, 2_592_000),
        ),
    ),
    Sample(
        "ietf-06",
        "generic",
        200,
        fields(
            """
            RateLimit-Limit: 100, 100;w=60
            RateLimit-Remaining: 50
            RateLimit-Reset: 30
            """
        ),
        NOW,
        seen(Window("default", 100, 50, NOW + 30, 60)),
    ),
    Sample(
        "ietf-06-repeated-limit-fields",
        "generic",
        200,
        fields(
            """
            RateLimit-Limit: 10
            RateLimit-Limit: 10;w=1, 1000;w=3600
            RateLimit-Remaining: 9
            RateLimit-Reset: 1
            """
        ),
        NOW,
        seen(Window("default", 10, 9, NOW + 1, 1)),
    ),
    Sample(
        "ietf-06-policy-field",
        "generic",
        200,
        fields(
            """
            RateLimit-Limit: 1000
            RateLimit-Policy: 10;w=1, 1000;w=3600
            RateLimit-Remaining: 999
            RateLimit-Reset: 300
            """
        ),
        NOW,
        seen(Window("default", 1_000, 999, NOW + 300, 3_600)),
    ),
    Sample(
        "ietf-07-dictionary",
        "generic",
        200,
        fields(
            """
            RateLimit-Policy: 100;w=10
            RateLimit: limit=100, remaining=50, reset=5
            """
        ),
        NOW,
        seen(Window("default", 100, 50, NOW + 5, 10)),
    ),
    Sample(
        "ietf-11",
        "generic",
        200,
        fields(
            """
            RateLimit-Policy: "burst";q=100;w=60,"daily";q=1000;w=86400
            RateLimit: "burst";r=50;t=30
            """
        ),
        NOW,
        seen(
            Window("burst", 100, 50, NOW + 30, 60),
            Window("daily", 1_000, window=86_400),
        ),
    ),
    Sample(
        "ietf-11-repeated-fields-and-unquoted-names",
        "generic",
        200,
        fields(
            """
            RateLimit-Policy: burst;q=100;w=60
            ratelimit-policy: daily;q=1000;w=86400
            RateLimit: burst;r=50;t=30
            RATELIMIT: daily;r=900;t=3600
            """
        ),
        NOW,
        seen(
            Window("burst", 100, 50, NOW + 30, 60),
            Window("daily", 1_000, 900, NOW + 3_600, 86_400),
        ),
    ),
    Sample(
        "ietf-11-partition-keys-units-and-extensions",
        "generic",
        200,
        [
            (
                "RateLimit-Policy",
                r'"a \"b\"";q=1;w=10;qu="content-bytes";pk=:cHs=:;acme-x',
            ),
            ("RateLimit", r'"a \"b\""; r=1; t=2; pk=:cHs=:; x=?1; y=1.5; z=@1'),
        ],
        NOW,
        seen(Window('a "b"', 1, 1, NOW + 2, 10, "content-bytes")),
    ),
    Sample(
        "ietf-11-one-policy-for-several-partitions-counts-the-emptiest",
        "generic",
        200,
        fields(
            """
            RateLimit-Policy: "user";q=10;w=60
            RateLimit: "user";r=5;t=9;pk=:YQ==:, "user";r=1;t=3;pk=:Yg==:
            """
        ),
        NOW,
        seen(Window("user", 10, 1, NOW + 3, 60)),
    ),
    Sample(
        "two-dialects-at-once",
        "generic",
        200,
        fields(
            f"""
            X-RateLimit-Limit: 100
            X-RateLimit-Remaining: 41
            X-RateLimit-Reset: {NOW + 30}
            RateLimit-Limit: 100
            RateLimit-Remaining: 41
            RateLimit-Reset: 30
            """
        ),
        NOW,
        seen(Window("default", 100, 41, NOW + 30)),
    ),
    Sample(
        "two-different-limits-of-one-name-count-the-emptier",
        "generic",
        200,
        fields(
            """
            X-RateLimit-Limit: 100
            X-RateLimit-Remaining: 99
            RateLimit-Limit: 10
            RateLimit-Remaining: 0
            RateLimit-Reset: 30
            """
        ),
        NOW,
        seen(Window("default", 10, 0, NOW + 30)),
    ),
    Sample(
        "zendesk-limit-without-a-suffix",
        "generic",
        200,
        [("X-Rate-Limit", "700"), ("X-Rate-Limit-Remaining", "699")],
        NOW,
        seen(Window("default", 700, 699)),
    ),
    Sample(
        "retry-after-http-date",
        "generic",
        429,
        [("Retry-After", "Mon, 21 Sep 2026 14:14:20 GMT")],
        NOW,
        seen(retry_at=NOW + 60),
    ),
    Sample(
        "retry-after-rfc-850-date",
        "generic",
        429,
        [("Retry-After", "Monday, 21-Sep-26 14:14:20 GMT")],
        NOW,
        seen(retry_at=NOW + 60),
    ),
    Sample(
        "retry-after-asctime-date",
        "generic",
        429,
        [("Retry-After", "Thu Oct  1 14:13:20 2026")],
        NOW,
        seen(retry_at=NOW + 864_000),
    ),
    Sample(
        "retry-after-in-the-past-is-now",
        "generic",
        429,
        [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")],
        NOW,
        seen(retry_at=NOW),
    ),
    Sample(
        "unreadable-milliseconds-fall-back-to-seconds",
        "generic",
        429,
        [("retry-after-ms", "soon"), ("retry-after", "7")],
        NOW,
        seen(retry_at=NOW + 7),
    ),
    Sample(
        "a-delay-in-whole-seconds-stays-whole",
        "generic",
        429,
        [("retry-after", "7")],
        NOW + 0.25,
        seen(retry_at=NOW + 7),
    ),
    Sample("503-is-no-quota", "generic", 503, [("Retry-After", "120")], NOW, None),
    Sample("200-with-retry-after-is-no-refusal", "generic", 200, [("Retry-After", "2")], NOW, None),
    Sample("should-retry-is-no-quota", "generic", 429, [("x-should-retry", "false")], NOW, None),
    Sample("429-alone", "generic", 429, [("content-type", "text/html")], NOW, None),
    Sample(
        "none-ignores-all-but-retry-after",
        "none",
        429,
        [("x-ratelimit-limit", "5"), ("x-ratelimit-remaining", "0"), ("retry-after", "9")],
        NOW,
        seen(retry_at=NOW + 9),
    ),
    Sample("none-says-nothing", "none", 200, [("x-ratelimit-remaining", "0")], NOW, None),
]
