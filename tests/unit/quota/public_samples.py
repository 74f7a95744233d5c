"""Header fields that public documentation and clients show, and the windows read from them."""

from tests.unit.quota.samples import public_sample as sample
from tests.unit.quota.samples import public_window as window

PUBLIC_SAMPLES = [
    sample(
        "tradier",
        """
        X-Ratelimit-Allowed: 120
        X-Ratelimit-Used: 1
        X-Ratelimit-Available: 119
        X-Ratelimit-Expiry: 1790000060000
        """,
        window("default", 120, 119, reset=60),
    ),
    sample(
        "amazon-mws",
        """
        x-mws-quota-max: 3600.0
        x-mws-quota-remaining: 10.0
        x-mws-quota-resetsOn: 2026-09-21T15:13:20Z
        """,
        window("quota", 3600, 10, reset=3600),
    ),
    sample(
        "zendesk",
        """
        X-Rate-Limit: 700
        X-Rate-Limit-Remaining: 699
        ratelimit-limit: 700
        ratelimit-remaining: 699
        ratelimit-reset: 41
        """,
        window("default", 700, 699, reset=41),
    ),
    sample(
        "zendesk-endpoint",
        """
        Zendesk-RateLimit-Search-Index: total=100; remaining=99; resets=41
        """,
        window("search-index", 100, 99, reset=41),
    ),
    sample(
        "okta",
        """
        X-Rate-Limit-Limit: 600
        X-Rate-Limit-Remaining: 598
        X-Rate-Limit-Reset: 1790000060
        """,
        window("default", 600, 598, reset=60),
    ),
    sample(
        "sentry",
        """
        X-Sentry-Rate-Limit-Limit: 40
        X-Sentry-Rate-Limit-Remaining: 39
        X-Sentry-Rate-Limit-Reset: 1790000001
        X-Sentry-Rate-Limit-ConcurrentLimit: 25
        X-Sentry-Rate-Limit-ConcurrentRemaining: 24
        """,
        window("default", 40, 39, reset=1),
        window("concurrent", 25, 24, unit="concurrent-requests"),
    ),
    sample(
        "contentful",
        """
        X-Contentful-RateLimit-Hour-Limit: 36000
        X-Contentful-RateLimit-Hour-Remaining: 35883
        X-Contentful-RateLimit-Reset: 0
        X-Contentful-RateLimit-Second-Limit: 10
        X-Contentful-RateLimit-Second-Remaining: 9
        """,
        window("hour", 36000, 35883, window=3600),
        window("second", 10, 9, window=1),
    ),
    sample(
        "storyblok",
        """
        X-RateLimit: "concurrent-requests";r=29
        X-RateLimit-Policy: "concurrent-requests";q=30
        """,
        window("concurrent-requests", 30, 29, unit="concurrent-requests"),
    ),
    sample(
        "xero",
        """
        X-DayLimit-Remaining: 4999
        X-MinLimit-Remaining: 59
        X-AppMinLimit-Remaining: 9998
        """,
        window("day", None, 4999, window=86400),
        window("minute", None, 59, window=60),
        window("app-minute", None, 9998, window=60),
    ),
    sample(
        "xero-429",
        """
        X-Rate-Limit-Problem: minute
        Retry-After: 3
        """,
    ),
    sample(
        "etsy",
        """
        x-limit-per-second: 10
        x-remaining-this-second: 9
        x-limit-per-day: 10000
        x-remaining-today: 9999
        """,
        window("second", 10, 9, window=1),
        window("day", 10000, 9999, window=86400),
    ),
    sample(
        "imgur",
        """
        X-RateLimit-UserLimit: 500
        X-RateLimit-UserRemaining: 499
        X-RateLimit-UserReset: 1790003600
        X-RateLimit-ClientLimit: 12500
        X-RateLimit-ClientRemaining: 12499
        """,
        window("user", 500, 499, reset=3600),
        window("client", 12500, 12499),
    ),
    sample(
        "yelp",
        """
        RateLimit-DailyLimit: 5000
        RateLimit-Remaining: 4999
        RateLimit-ResetTime: 2026-09-22T00:00:00+00:00
        """,
        window("daily", 5000, 4999, window=86400, reset=35200),
    ),
    sample(
        "docusign",
        """
        X-RateLimit-Limit: 3000
        X-RateLimit-Remaining: 2998
        X-RateLimit-Reset: 1790003600
        X-BurstLimit-Limit: 500
        X-BurstLimit-Remaining: 499
        """,
        window("default", 3000, 2998, reset=3600),
        window("burst", 500, 499),
    ),
    sample(
        "freshdesk",
        """
        X-RateLimit-Total: 1000
        X-RateLimit-Remaining: 998
        X-RateLimit-Used-CurrentRequest: 1
        """,
        window("default", 1000, 998),
    ),
    sample(
        "helpscout",
        """
        X-RateLimit-Limit-Minute: 400
        X-RateLimit-Remaining-Minute: 399
        """,
        window("minute", 400, 399, window=60),
    ),
    sample(
        "close",
        """
        RateLimit: limit=100, remaining=50, reset=5.2
        """,
        window("default", 100, 50, reset=6),
    ),
    sample(
        "pipedrive",
        """
        x-ratelimit-limit: 80
        x-ratelimit-remaining: 79
        x-ratelimit-reset: 2
        x-daily-requests-left: 9998
        """,
        window("default", 80, 79, reset=2),
        window("daily-requests", None, 9998, window=86400),
    ),
    sample(
        "pipedrive-tokens",
        """
        x-daily-ratelimit-token-limit: 30000
        x-daily-ratelimit-token-remaining: 29990
        x-daily-ratelimit-token-reset: 600
        """,
        window("daily-token", 30000, 29990, window=86400, reset=600, unit="tokens"),
    ),
    sample(
        "salesforce",
        """
        Sforce-Limit-Info: api-usage=18/5000
        """,
        window("api-usage", 5000, 4982),
    ),
    sample(
        "salesforce-apps",
        """
        Sforce-Limit-Info: api-usage=25/15000; per-app-api-usage=17/250(appName=x)
        """,
        window("api-usage", 15000, 14975),
        window("per-app-api-usage", 250, 233),
    ),
    sample(
        "azure-resource-manager",
        """
        x-ms-ratelimit-remaining-subscription-reads: 11999
        """,
        window("subscription-reads", None, 11999),
    ),
    sample(
        "azure-compute",
        """
        x-ms-ratelimit-remaining-resource: Microsoft.Compute/HighCostGet3Min;107,B;587
        """,
        window("Microsoft.Compute/HighCostGet3Min", None, 107),
        window("B", None, 587),
    ),
    sample(
        "azure-resource-graph",
        """
        x-ms-user-quota-remaining: 14
        x-ms-user-quota-resets-after: 00:00:03
        """,
        window("user-quota", None, 14, reset=3),
    ),
    sample(
        "amazon-sp-api-less-than-one-a-second",
        """
        x-amzn-RateLimit-Limit: 0.0167
        """,
    ),
    sample(
        "amazon-sp-api",
        """
        x-amzn-RateLimit-Limit: 2.0
        """,
        window("default", 2, None),
    ),
    sample(
        "discogs",
        """
        X-Discogs-Ratelimit: 60
        X-Discogs-Ratelimit-Used: 1
        X-Discogs-Ratelimit-Remaining: 59
        """,
        window("default", 60, 59),
    ),
    sample(
        "fitbit",
        """
        Fitbit-Rate-Limit-Limit: 150
        Fitbit-Rate-Limit-Remaining: 149
        Fitbit-Rate-Limit-Reset: 1478
        """,
        window("default", 150, 149, reset=1478),
    ),
    sample(
        "strava",
        """
        X-RateLimit-Limit: 200,2000
        X-RateLimit-Usage: 31,275
        X-ReadRateLimit-Limit: 100,1000
        X-ReadRateLimit-Usage: 10,20
        """,
        window("window-1", 200, 169),
        window("window-2", 2000, 1725),
        window("read-window-1", 100, 90),
        window("read-window-2", 1000, 980),
    ),
    sample(
        "rapidapi",
        """
        X-RateLimit-Requests-Limit: 500
        X-RateLimit-Requests-Remaining: 499
        X-RateLimit-Requests-Reset: 86000
        x-ratelimit-rapid-free-plans-hard-limit-limit: 500000
        x-ratelimit-rapid-free-plans-hard-limit-remaining: 499999
        x-ratelimit-rapid-free-plans-hard-limit-reset: 2000000
        """,
        window("requests", 500, 499, reset=86000),
        window("rapid-free-plans-hard-limit", 500000, 499999, reset=2000000),
    ),
    sample(
        "together",
        """
        x-ratelimit-limit: 10
        x-ratelimit-remaining: 9
        x-ratelimit-reset: 1
        x-tokenlimit-limit: 30000
        x-tokenlimit-remaining: 29000
        """,
        window("default", 10, 9, reset=1),
        window("tokens", 30000, 29000, unit="tokens"),
    ),
    sample(
        "fireworks",
        """
        x-ratelimit-limit-requests: 600
        x-ratelimit-remaining-requests: 599
        x-ratelimit-limit-tokens-prompt: 60000
        x-ratelimit-remaining-tokens-prompt: 59990
        x-ratelimit-limit-tokens-generated: 6000
        x-ratelimit-remaining-tokens-generated: 5990
        x-ratelimit-over-limit: no
        """,
        window("requests", 600, 599),
        window("tokens-prompt", 60000, 59990, unit="tokens"),
        window("tokens-generated", 6000, 5990, unit="tokens"),
    ),
    sample(
        "cohere",
        """
        x-trial-endpoint-call-limit: 40
        x-trial-endpoint-call-remaining: 38
        x-endpoint-monthly-call-limit: 1000
        """,
        window("trial-endpoint-call", 40, 38),
    ),
    sample(
        "elevenlabs",
        """
        current-concurrent-requests: 1
        maximum-concurrent-requests: 10
        """,
        window("concurrent-requests", 10, 9, unit="concurrent-requests"),
    ),
    sample(
        "kong",
        """
        RateLimit-Limit: 10
        RateLimit-Remaining: 4
        RateLimit-Reset: 47
        X-RateLimit-Limit-Minute: 10
        X-RateLimit-Remaining-Minute: 4
        """,
        window("minute", 10, 4, window=60, reset=47),
    ),
]
