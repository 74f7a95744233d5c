"""APIs that limit some methods or routes separately, such as Trello, Jira and Bitbucket."""

from api.quota.rate_limit_dialect import RateLimitDialect

DIALECT = RateLimitDialect(name="per-route", scope="route")
