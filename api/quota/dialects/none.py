"""APIs whose header fields say nothing reliable: only `Retry-After` counts."""

from api.quota.rate_limit_dialect import RateLimitDialect

DIALECT = RateLimitDialect(name="none", only_retry_after=True)
