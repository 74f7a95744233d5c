"""The version of what is stored: which attributes items have, and what they mean."""

DATA_FORMAT = 2
"""Increases when an older version of the product must not write to the data any more. Format 2 has
budgets, which version 0.1.0 ignores."""

OLDEST_DATA_FORMAT = 1
"""The oldest format that this version can use."""
