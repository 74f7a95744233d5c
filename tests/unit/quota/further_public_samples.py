"""Further header fields that public documentation and clients show, and their windows."""

from tests.unit.quota.samples import public_sample as sample
from tests.unit.quota.samples import public_window as window

FURTHER_PUBLIC_SAMPLES = [
    sample(
        "front",
        """
        X-RateLimit-Limit: 50
        X-RateLimit-Remaining: 49
        X-RateLimit-Reset: 1790000060.12
        X-RateLimit-Burst-Limit: 25
        X-RateLimit-Burst-Remaining: 24
        """,
        window("default", 50, 49, reset=61),
        window("burst", 25, 24),
    ),
    sample(
        "a limit per minute",
        """
        X-RateLimit-Limit: 100/minute
        X-RateLimit-Remaining: 99
        """,
        window("default", 100, 99, window=60),
    ),
    sample(
        "a limit in words",
        """
        X-RateLimit-Limit: 300 requests per 15 minutes
        X-RateLimit-Remaining: 299
        """,
        window("default", 300, 299, window=900),
    ),
    sample(
        "cloudinary",
        """
        X-FeatureRateLimit-Limit: 500
        X-FeatureRateLimit-Remaining: 499
        """,
        window("default", 500, 499),
    ),
    sample(
        "newsapi",
        """
        X-RateLimit-Limit-day: 500
        X-RateLimit-Remaining-day: 499
        X-RateLimit-Limit-minute: 10
        X-RateLimit-Remaining-minute: 9
        """,
        window("day", 500, 499, window=86400),
        window("minute", 10, 9, window=60),
    ),
    sample(
        "apify",
        """
        x-apify-ratelimit-limit: 30
        x-apify-ratelimit-remaining: 29
        """,
        window("default", 30, 29),
    ),
    sample(
        "databricks",
        """
        x-databricks-ratelimit-requests-limit: 100
        x-databricks-ratelimit-requests-remaining: 99
        """,
        window("requests", 100, 99),
    ),
    sample(
        "azureai",
        """
        x-ratelimit-limit-requests: 10
        x-ratelimit-renewalperiod-requests: 60
        x-ratelimit-remaining-requests: 9
        x-ratelimit-renewalperiod-tokens: 60
        x-ratelimit-limit-tokens: 1000
        x-ratelimit-remaining-tokens: 900
        x-ratelimit-reset-tokens: 0
        """,
        window("requests", 10, 9, window=60),
        window("tokens", 1000, 900, window=60, reset=0, unit="tokens"),
    ),
    sample(
        "apim",
        """
        x-ratelimit-remaining: 4
        x-ratelimit-total: 10
        remaining-calls: 4
        """,
        window("calls", 10, 4),
    ),
    sample(
        "dynamics",
        """
        x-ms-ratelimit-burst-remaining-xrm-requests: 5998
        x-ms-ratelimit-time-remaining-xrm-requests: 1,199.42
        """,
        window("burst-xrm-requests", None, 5998),
    ),
    sample(
        "cosmos",
        """
        x-ms-resource-quota: documentSize=51200
        x-ms-resource-usage: documentSize=5
        """,
    ),
    sample(
        "mailchimp",
        """
        x-requests-left: 5
        """,
        window("requests", None, 5),
    ),
    sample(
        "kucoin",
        """
        gw-ratelimit-limit: 500
        gw-ratelimit-remaining: 300
        gw-ratelimit-reset: 14489
        """,
        window("default", 500, 300, reset=14489),
    ),
    sample(
        "gateio",
        """
        X-Gate-RateLimit-Requests-Remain: 199
        X-Gate-RateLimit-Limit: 200
        X-Gate-RateLimit-Reset-Timestamp: 1790000001
        """,
        window("requests", 200, 199, reset=1),
    ),
    sample(
        "okx",
        """
        x-rate-limit-used: 3
        x-rate-limit-limit: 20
        """,
        window("default", 20, 17),
    ),
    sample(
        "upbit",
        """
        Remaining-Req: group=default; min=1800; sec=29
        """,
    ),
    sample(
        "amadeus",
        """
        X-RateLimit-Limit-Month: 2000
        X-RateLimit-Remaining-Month: 1999
        """,
        window("month", 2000, 1999),
    ),
    sample(
        "apininjas",
        """
        X-Quota-Limit-Monthly: 10000
        X-Quota-Remaining-Monthly: 9999
        """,
        window("quota-monthly", 10000, 9999),
    ),
    sample(
        "scraperapi",
        """
        sa-credit-cost: 1
        sa-credits-remaining: 99
        """,
        window("credits", None, 99, unit="credits"),
    ),
    sample(
        "peopledatalabs",
        """
        X-RateLimit-Limit: {"minute": 10}
        X-RateLimit-Remaining: {"minute": 9}
        X-TotalLimit-Remaining: 100
        X-TotalLimit-Purchased-Remaining: 50
        X-TotalLimit-Overages-Remaining: 0
        X-RateLimit-Reset: 2026-09-21 14:14:20
        """,
        window("minute", 10, 9, window=60, reset=60),
    ),
    sample(
        "urlscan",
        """
        X-Rate-Limit-Scope: user
        X-Rate-Limit-Action: search
        X-Rate-Limit-Window: minute
        X-Rate-Limit-Limit: 30
        X-Rate-Limit-Remaining: 29
        X-Rate-Limit-Reset: 2026-09-21T14:14:00.000Z
        X-Rate-Limit-Reset-After: 40
        """,
        window("default", 30, 29, window=60, reset=40),
    ),
    sample(
        "bluesky",
        """
        RateLimit-Limit: 3000
        RateLimit-Remaining: 2999
        RateLimit-Reset: 1790000300
        RateLimit-Policy: 3000;w=300
        """,
        window("default", 3000, 2999, window=300, reset=300),
    ),
    sample(
        "plivo",
        """
        X-RateLimit-Limit: 300
        X-RateLimit-Interval: 5
        """,
        window("default", 300, None, window=5),
    ),
    sample(
        "ratelimitday",
        """
        X-Ratelimit-Limit-Requests-Per-Day: 1000
        X-Ratelimit-Remaining-Requests-Per-Day: 990
        """,
        window("requests-day", 1000, 990, window=86400),
    ),
    sample(
        "perwindow",
        """
        X-Rate-Limit-Daily-Limit: 100
        X-Rate-Limit-Daily-Remaining: 99
        X-Rate-Limit-Daily-Reset: 3600
        X-Rate-Limit-Monthly-Limit: 1000
        X-Rate-Limit-Monthly-Remaining: 900
        """,
        window("daily", 100, 99, window=86400, reset=3600),
        window("monthly", 1000, 900),
    ),
    sample(
        "maxmin",
        """
        X-RateLimit-Max: 10
        X-RateLimit-Current: 3
        """,
        window("default", 10, 7),
    ),
    sample(
        "available",
        """
        X-Ratelimit-Capacity: 40
        X-Ratelimit-Available: 30
        X-Ratelimit-Restore-Rate: 2
        """,
        window("default", 40, 30),
    ),
    sample(
        "usage",
        """
        X-RateLimit-Quota: 100
        X-RateLimit-Usage: 20
        X-RateLimit-Expires: 1790000060
        """,
        window("default", 100, 80, reset=60),
    ),
    sample(
        "secs",
        """
        X-RateLimit-Limit: 10
        X-RateLimit-Remaining: 9
        X-RateLimit-Reset-Seconds: 30
        X-RateLimit-Period-Minutes: 5
        """,
        window("default", 10, 9, window=300, reset=30),
    ),
    sample(
        "inms",
        """
        RateLimit-Limit: 10
        RateLimit-Remaining: 9
        RateLimit-Reset-In-Ms: 2500
        """,
        window("default", 10, 9, reset=3),
    ),
    sample(
        "resetsat",
        """
        X-RateLimit-Limit: 10
        X-RateLimit-Remaining: 9
        X-RateLimit-Resets-At: 2026-09-21T14:14:20Z
        """,
        window("default", 10, 9, reset=60),
    ),
    sample(
        "param",
        """
        X-RateLimit-Limit: 100;window=60;burst=20
        X-RateLimit-Remaining: 90;window=60
        X-RateLimit-Reset: 30;window=60
        """,
        window("default", 100, 90, window=60, reset=30),
    ),
    sample(
        "shop",
        """
        X-Shopify-Api-Call-Limit: 5/40
        """,
        window("api-call", 40, 35),
    ),
    sample(
        "wise",
        """
        X-Rate-Limit: 500
        X-Rate-Limit-Used: 3
        """,
        window("default", 500, 497),
    ),
    sample(
        "gmail",
        """
        X-RateLimit-Limit: 250
        X-RateLimit-Remaining: 200
        X-RateLimit-User-Limit: 100
        X-RateLimit-User-Remaining: 80
        """,
        window("default", 250, 200),
        window("user", 100, 80),
    ),
    sample(
        "groq",
        """
        x-ratelimit-limit-requests: 14400
        x-ratelimit-limit-tokens: 6000
        x-ratelimit-remaining-requests: 14399
        x-ratelimit-remaining-tokens: 5990
        x-ratelimit-reset-requests: 6s
        x-ratelimit-reset-tokens: 100ms
        """,
        window("requests", 14400, 14399, reset=6),
        window("tokens", 6000, 5990, reset=1, unit="tokens"),
    ),
]
