"""Header fields of APIs with the dialect `generic` or `none`."""

from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW, Sample, fields, reading

GENERIC_SAMPLES = [
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
        reading(QuotaWindow("default", 1_700, 4, NOW + 35_200)),
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
        reading(QuotaWindow("default", 20, 7, NOW + 22)),
    ),
    Sample(
        "javascript-date-west-of-greenwich",
        "generic",
        200,
        [("X-RateLimit-Reset", "Mon Sep 21 2026 09:13:42 GMT-0500 (CDT)")],
        NOW,
        reading(QuotaWindow("default", reset_at=NOW + 22)),
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
        reading(QuotaWindow("requests-day", 14_400, 14_399, NOW + 33_012, 86_400)),
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
        reading(
            QuotaWindow("per-1s", 1, 0, NOW + 1, 1),
            QuotaWindow("per-2592000s", 15_000, 1_000, NOW + 1_419_704, 2_592_000),
        ),
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
        reading(QuotaWindow("default", 100, 41, NOW + 30)),
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
        reading(QuotaWindow("default", 10, 0, NOW + 30)),
    ),
    Sample(
        "zendesk-limit-without-a-suffix",
        "generic",
        200,
        [("X-Rate-Limit", "700"), ("X-Rate-Limit-Remaining", "699")],
        NOW,
        reading(QuotaWindow("default", 700, 699)),
    ),
    Sample(
        "retry-after-http-date",
        "generic",
        429,
        [("Retry-After", "Mon, 21 Sep 2026 14:14:20 GMT")],
        NOW,
        reading(retry_at=NOW + 60),
    ),
    Sample(
        "retry-after-rfc-850-date",
        "generic",
        429,
        [("Retry-After", "Monday, 21-Sep-26 14:14:20 GMT")],
        NOW,
        reading(retry_at=NOW + 60),
    ),
    Sample(
        "retry-after-asctime-date",
        "generic",
        429,
        [("Retry-After", "Thu Oct  1 14:13:20 2026")],
        NOW,
        reading(retry_at=NOW + 864_000),
    ),
    Sample(
        "retry-after-in-the-past-is-now",
        "generic",
        429,
        [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")],
        NOW,
        reading(retry_at=NOW),
    ),
    Sample(
        "unreadable-milliseconds-fall-back-to-seconds",
        "generic",
        429,
        [("retry-after-ms", "soon"), ("retry-after", "7")],
        NOW,
        reading(retry_at=NOW + 7),
    ),
    Sample(
        "a-delay-in-whole-seconds-stays-whole",
        "generic",
        429,
        [("retry-after", "7")],
        NOW + 0.25,
        reading(retry_at=NOW + 7),
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
        reading(retry_at=NOW + 9),
    ),
    Sample("none-says-nothing", "none", 200, [("x-ratelimit-remaining", "0")], NOW, None),
]
