"""The version of what is stored: which attributes items have, and what they mean."""

DATA_FORMAT = 3
"""Increases when an older version of the product must not use the data any more. Format 2 has
budgets, format 3 second factors and the addresses that a token is tied to: older versions would
ignore them, and sign in with the password alone."""

OLDEST_DATA_FORMAT = 1
"""The oldest format that this version can use."""
