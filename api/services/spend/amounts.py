"""Amounts of money that users set."""

from __future__ import annotations

from api.errors import Problem
from api.spend.money import from_usd


def require_amount(amount: float | str, field: str) -> int:
    """Return an amount in dollars as nano-dollars. Raises Problem(invalid_field)."""
    try:
        # The shortest digits of a float are those that the user sent.
        return from_usd(str(amount))
    except ValueError as error:
        raise Problem("invalid_field", str(error), field=field) from error


def require_positive_amount(amount: float | str, field: str) -> int:
    """Return an amount above zero as nano-dollars. Raises Problem(invalid_field)."""
    nano = require_amount(amount, field)
    if nano == 0:
        raise Problem("invalid_field", "The amount must be more than 0.", field=field)
    return nano
