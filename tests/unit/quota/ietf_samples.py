"""Header fields of the IETF drafts."""

from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW, Sample, fields, reading

IETF_SAMPLES = [
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
        reading(QuotaWindow("default", 100, 50, NOW + 30, 60)),
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
        reading(QuotaWindow("default", 10, 9, NOW + 1, 1)),
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
        reading(QuotaWindow("default", 1_000, 999, NOW + 300, 3_600)),
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
        reading(QuotaWindow("default", 100, 50, NOW + 5, 10)),
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
        reading(
            QuotaWindow("burst", 100, 50, NOW + 30, 60),
            QuotaWindow("daily", 1_000, window=86_400),
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
        reading(
            QuotaWindow("burst", 100, 50, NOW + 30, 60),
            QuotaWindow("daily", 1_000, 900, NOW + 3_600, 86_400),
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
        reading(QuotaWindow('a "b"', 1, 1, NOW + 2, 10, "content-bytes")),
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
        reading(QuotaWindow("user", 10, 1, NOW + 3, 60)),
    ),
]
