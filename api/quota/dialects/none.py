"""APIs whose header fields are unreliable: only `Retry-After` is used."""

from api.quota.rate_limit_dialect import RateLimitDialect

DIALECT = RateLimitDialect(name="none", only_retry_after=True)
