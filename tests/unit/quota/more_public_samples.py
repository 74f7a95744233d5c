"""Header fields that public documentation and clients show, and the windows read from them."""

from tests.unit.quota.samples import public_sample as sample
from tests.unit.quota.samples import public_window as window

MORE_PUBLIC_SAMPLES = [
    sample(
        "envoy",
        """
        x-ratelimit-limit: 10, 10;w=1;name="a", 1000;w=3600
        x-ratelimit-remaining: 9
        x-ratelimit-reset: 1
        """,
        window("default", 10, 9, window=1, reset=1),
    ),
    sample(
        "pinterest",
        """
        x-ratelimit-limit: 100, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60
        x-ratelimit-remaining: 99
        x-ratelimit-reset: 40
        """,
        window("default", 100, 99, window=1, reset=40),
    ),
    sample(
        "klaviyo",
        """
        RateLimit-Limit: 10, 10;window=1, 150;window=60
        RateLimit-Remaining: 9
        RateLimit-Reset: 1
        """,
        window("default", 10, 9, window=1, reset=1),
    ),
    sample(
        "riot-games",
        """
        X-App-Rate-Limit: 20:1,100:120
        X-App-Rate-Limit-Count: 1:1,3:120
        X-Method-Rate-Limit: 2000:60
        X-Method-Rate-Limit-Count: 4:60
        """,
        window("app-per-1s", 20, 19, window=1),
        window("app-per-120s", 100, 97, window=120),
        window("method", 2000, 1996, window=60),
    ),
    sample(
        "path-of-exile",
        """
        X-Rate-Limit-Policy: trade-search
        X-Rate-Limit-Rules: Account,Ip
        X-Rate-Limit-Ip: 8:10:60,15:60:120
        X-Rate-Limit-Ip-State: 1:10:0,2:60:0
        """,
        window("ip-per-10s", 8, 7, window=10),
        window("ip-per-60s", 15, 13, window=60),
    ),
    sample(
        "eve-online",
        """
        X-Ratelimit-Group: char
        X-Ratelimit-Limit: 150/15m
        X-Ratelimit-Remaining: 148
        X-Ratelimit-Used: 2
        """,
        window("default", 150, 148, window=900),
    ),
    sample(
        "spring-cloud-gateway",
        """
        X-RateLimit-Remaining: 19
        X-RateLimit-Burst-Capacity: 20
        X-RateLimit-Replenish-Rate: 10
        X-RateLimit-Requested-Tokens: 1
        """,
        window("burst", 20, 19),
    ),
    sample(
        "ticketmaster",
        """
        Rate-Limit: 5000
        Rate-Limit-Available: 4996
        Rate-Limit-Over: 0
        Rate-Limit-Reset: 1790000000001
        """,
        window("default", 5000, 4996, reset=1),
    ),
    sample(
        "opensky",
        """
        X-Rate-Limit-Remaining: 390
        """,
        window("default", None, 390),
    ),
    sample(
        "companies-house",
        """
        X-Ratelimit-Limit: 600
        X-Ratelimit-Remain: 599
        X-Ratelimit-Reset: 1790000300
        X-Ratelimit-Window: 5m
        """,
        window("default", 600, 599, window=300, reset=300),
    ),
    sample(
        "spoonacular",
        """
        X-API-Quota-Request: 1
        X-API-Quota-Used: 3.01
        X-API-Quota-Left: 146.99
        """,
        window("api-quota", 150, 146),
    ),
    sample(
        "the-odds-api",
        """
        x-requests-remaining: 486
        x-requests-used: 14
        x-requests-last: 2
        """,
        window("requests", 500, 486),
    ),
    sample(
        "toggl",
        """
        X-Toggl-Quota-Remaining: 28
        X-Toggl-Quota-Resets-In: 1200
        """,
        window("quota", None, 28, reset=1200),
    ),
    sample(
        "keap",
        """
        x-keap-product-quota-limit: 150000
        x-keap-product-quota-time-unit: day
        x-keap-product-quota-interval: 1
        x-keap-product-quota-available: 149990
        x-keap-product-quota-used: 10
        x-keap-product-throttle-limit: 1500
        x-keap-product-throttle-time-unit: minute
        x-keap-product-throttle-interval: 1
        x-keap-product-throttle-available: 1499
        x-keap-product-throttle-used: 1
        """,
        window("product-quota", 150000, 149990, window=86400),
        window("product-throttle", 1500, 1499, window=60),
    ),
    sample(
        "auth0",
        """
        Auth0-Client-Quota-Limit: b=per_hour;q=100;r=99;t=1200,b=per_day;q=1000;r=990;t=9999
        """,
        window("client-quota-per-hour", 100, 99, reset=1200),
        window("client-quota-per-day", 1000, 990, reset=9999),
    ),
    sample(
        "zuora",
        """
        Concurrency-Limit-Limit: 40
        Concurrency-Limit-Remaining: 39
        Concurrency-Limit-Type: Default
        """,
        window("concurrency", 40, 39, unit="concurrent-requests"),
    ),
    sample(
        "gorgias",
        """
        X-Gorgias-Account-Api-Call-Limit: 2/40
        """,
        window("account-api-call", 40, 38),
    ),
    sample(
        "meta",
        """
        X-App-Usage: {"call_count":28,"total_time":15,"total_cputime":10}
        """,
        window("call-count", 100, 72, unit="percent"),
        window("total-time", 100, 85, unit="percent"),
        window("total-cputime", 100, 90, unit="percent"),
    ),
    sample(
        "meta-business-use-case",
        """
        X-Business-Use-Case-Usage: {"1":[{"type":"ads_management","call_count":95,"total_time":20}]}
        """,
        window("ads-management-call-count", 100, 5, unit="percent"),
        window("ads-management-total-time", 100, 80, unit="percent"),
    ),
    sample(
        "bitbucket",
        """
        X-RateLimit-Limit: 1000
        X-RateLimit-Resource: api
        X-RateLimit-NearLimit: false
        """,
        window("api", 1000, None),
    ),
    sample(
        "jira",
        """
        X-RateLimit-Limit: 350
        X-RateLimit-Remaining: 349
        X-RateLimit-Reset: 2026-09-21T14:14Z
        X-RateLimit-NearLimit: false
        RateLimit-Reason: x
        """,
        window("default", 350, 349, reset=40),
    ),
    sample(
        "jira-data-center",
        """
        X-RateLimit-Limit: 10
        X-RateLimit-Remaining: 9
        X-RateLimit-FillRate: 10
        X-RateLimit-Interval-Seconds: 60
        retry-after: 0
        """,
        window("default", 10, 9, window=60),
    ),
    sample(
        "mapbox",
        """
        X-Rate-Limit-Interval: 60
        X-Rate-Limit-Limit: 600
        X-Rate-Limit-Reset: 1790000040
        """,
        window("default", 600, None, window=60, reset=40),
    ),
    sample(
        "akamai",
        """
        X-RateLimit-Limit: 60
        X-RateLimit-Remaining: 59
        X-RateLimit-Next: 2026-09-21T14:14:20Z
        """,
        window("default", 60, 59, reset=60),
    ),
    sample(
        "vimeo",
        """
        X-RateLimit-Limit: 1000
        X-RateLimit-Remaining: 999
        X-RateLimit-Reset: 2026-09-21T14:14:20+00:00
        """,
        window("default", 1000, 999, reset=60),
    ),
    sample(
        "mailgun",
        """
        X-RateLimit-Limit: 2500
        X-RateLimit-Remaining: 2499
        X-RateLimit-Reset: 1790000060000
        """,
        window("default", 2500, 2499, reset=60),
    ),
    sample(
        "heroku",
        """
        RateLimit-Remaining: 4499
        RateLimit-Multiplier: 1
        """,
        window("default", None, 4499),
    ),
    sample(
        "figma",
        """
        X-Figma-Rate-Limit-Type: low
        X-Figma-Plan-Tier: starter
        """,
    ),
    sample(
        "binance",
        """
        X-MBX-USED-WEIGHT: 34
        X-MBX-USED-WEIGHT-1M: 34
        X-MBX-ORDER-COUNT-10S: 1
        """,
    ),
    sample(
        "sambanova",
        """
        x-ratelimit-limit-requests: 60
        x-ratelimit-remaining-requests: 59
        x-ratelimit-reset-requests: 1790000060
        x-ratelimit-limit-requests-day: 12000
        x-ratelimit-remaining-requests-day: 11999
        x-ratelimit-reset-requests-day: 1790086400
        """,
        window("requests", 60, 59, reset=60),
        window("requests-day", 12000, 11999, window=86400, reset=86400),
    ),
    sample(
        "openai-usage-based",
        """
        x-ratelimit-limit-tokens_usage_based: 160000
        x-ratelimit-remaining-tokens_usage_based: 159976
        x-ratelimit-reset-tokens_usage_based: 9ms
        """,
        window("tokens-usage-based", 160000, 159976, reset=1, unit="tokens"),
    ),
    sample(
        "litellm",
        """
        x-ratelimit-remaining-litellm-project-tokens: 5
        x-ratelimit-current-active-projects: 3
        """,
        window("litellm-project-tokens", None, 5, unit="tokens"),
    ),
    sample(
        "gocardless",
        """
        HTTP_X_RATELIMIT_LIMIT: 100
        HTTP_X_RATELIMIT_REMAINING: 99
        HTTP_X_RATELIMIT_RESET: 59
        HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_LIMIT: 4
        HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_REMAINING: 3
        HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_RESET: 86000
        """,
        window("default", 100, 99, reset=59),
        window("account-success", 4, 3, reset=86000),
    ),
    sample(
        "quota-and-tokens",
        """
        X-Quota-Period: 86400
        X-Quota-Limit: 100
        X-Quota-Used: 1
        X-Quota-Remaining: 99
        X-Token-Limit: 1000
        X-Token-Used: 10
        X-Token-Remaining: 990
        """,
        window("quota", 100, 99, window=86400),
        window("tokens", 1000, 990, unit="tokens"),
    ),
    sample(
        "x-ads-account",
        """
        x-account-rate-limit-limit: 30
        x-account-rate-limit-remaining: 29
        x-account-rate-limit-reset: 1790000060
        x-rate-limit-limit: 900
        x-rate-limit-remaining: 899
        x-rate-limit-reset: 1790000900
        """,
        window("account", 30, 29, reset=60),
        window("default", 900, 899, reset=900),
    ),
    sample(
        "express-rate-limit-draft-8",
        """
        RateLimit-Policy: "100-in-15min"; q=100; w=900; pk=:OTJk:
        RateLimit: "100-in-15min"; r=99; t=900
        """,
        window("100-in-15min", 100, 99, window=900, reset=900),
    ),
]
