"""APIs of models that count the requests and tokens of each model, such as Gemini and Cohere."""

from api.quota.rate_limit_dialect import RateLimitDialect

DIALECT = RateLimitDialect(name="per-model", scope="model")
