"""Header sets of real providers that earlier versions could not read."""

from tests.unit.quota.samples import public_sample as sample
from tests.unit.quota.samples import public_window as window

FIELD_SAMPLES = [
    sample(
        "hubspot",
        """
        X-HubSpot-RateLimit-Daily: 250000
        X-HubSpot-RateLimit-Daily-Remaining: 249417
        X-HubSpot-RateLimit-Interval-Milliseconds: 10000
        X-HubSpot-RateLimit-Max: 100
        X-HubSpot-RateLimit-Remaining: 97
        """,
        window("daily", 250_000, 249_417, window=86_400),
        window("default", 100, 97, window=10),
    ),
    sample(
        "brevo",
        """
        x-sib-ratelimit-limit: 1000
        x-sib-ratelimit-remaining: 843
        x-sib-ratelimit-reset: 1800
        """,
        window("default", 1_000, 843, reset=1_800),
    ),
    sample(
        "jira-beta",
        """
        Beta-RateLimit-Policy: "global-app-quota";q=65000;w=3600
        Beta-RateLimit: "global-app-quota";r=63120;t=1800
        """,
        window("global-app-quota", 65_000, 63_120, window=3_600, reset=1_800),
    ),
    sample(
        "dockerhub",
        """
        ratelimit-limit: 100;w=21600
        ratelimit-remaining: 76;w=21600
        docker-ratelimit-source: 192.0.2.1
        """,
        window("default", 100, 76, window=21_600),
    ),
    sample(
        "huggingface",
        """
        RateLimit: "api";r=489;t=189
        RateLimit-Policy: "fixed window";"api";q=500;w=300
        """,
        window("api", 500, 489, window=300, reset=189),
    ),
    sample(
        "trello",
        """
        x-rate-limit-api-key-interval-ms: 10000
        x-rate-limit-api-key-max: 300
        x-rate-limit-api-key-remaining: 299
        x-rate-limit-api-token-interval-ms: 10000
        x-rate-limit-api-token-max: 100
        x-rate-limit-api-token-remaining: 99
        x-rate-limit-db-query-time-interval-ms: 600000
        x-rate-limit-db-query-time-max: 7200000
        x-rate-limit-db-query-time-remaining: 7199999
        """,
        window("api-key", 300, 299, window=10),
        window("api-token", 100, 99, window=10),
        window("db-query-time", 7_200_000, 7_199_999, window=600, unit="milliseconds"),
    ),
    sample(
        "strava",
        """
        X-RateLimit-Limit: 200,2000
        X-RateLimit-Usage: 31,275
        """,
        window("window-1", 200, 169),
        window("window-2", 2_000, 1_725),
    ),
    sample(
        "datadog",
        """
        X-RateLimit-Limit: 600
        X-RateLimit-Period: 60
        X-RateLimit-Remaining: 591
        X-RateLimit-Reset: 17
        X-RateLimit-Name: monitors_list
        """,
        window("monitors_list", 600, 591, window=60, reset=17),
    ),
    sample(
        "whoop",
        """
        X-RateLimit-Limit: 100, 100;window=60, 10000;window=86400
        X-RateLimit-Remaining: 98
        X-RateLimit-Reset: 3
        """,
        window("default", 100, 98, window=60, reset=3),
    ),
    sample(
        "bigcommerce",
        """
        X-Rate-Limit-Requests-Left: 148
        X-Rate-Limit-Requests-Quota: 150
        X-Rate-Limit-Time-Reset-Ms: 15000
        X-Rate-Limit-Time-Window-Ms: 30000
        """,
        window("requests", 150, 148, window=30, reset=15),
    ),
    sample(
        "reset-date",
        """
        ratelimit-limit: 1000
        ratelimit-remaining: 999
        ratelimit-reset: 1790003600
        ratelimit-reset-date: 2026-09-21T15:13:20Z
        """,
        window("default", 1_000, 999, reset=3_600),
    ),
    sample(
        "mistral-by-size",
        """
        x-ratelimitbysize-limit-minute: 500000
        x-ratelimitbysize-remaining-minute: 499000
        x-ratelimitbysize-limit-month: 1000000000
        x-ratelimitbysize-remaining-month: 999000000
        """,
        window("tokens-minute", 500_000, 499_000, window=60, unit="tokens"),
        window("tokens-month", 1_000_000_000, 999_000_000, unit="tokens"),
    ),
]
