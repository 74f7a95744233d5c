"""Amounts of money: integers of a billionth of a US dollar ("nano-dollars"), never floats."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from api.lazy_pattern import lazy_pattern

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

MAX_USD = 1_000_000
"""The largest amount that a user can set, in dollars. A double still holds its nano-dollars."""

# Decimal accepts more: `1_000`, digits of other scripts, spaces, and exponents beyond its range.
_NUMBER = lazy_pattern(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")


def from_usd(amount: Decimal | int | str) -> int:
    """Return an amount in dollars as nano-dollars.

    Raises ValueError if it is no number, is negative, is above MAX_USD or has more than nine
    decimals.
    """
    if isinstance(amount, str) and not _NUMBER.fullmatch(amount):
        raise ValueError("The amount is not a number, such as 12.50.")
    nano = Decimal(amount) * NANO
    if not nano.is_finite() or not 0 <= nano <= MAX_USD * NANO:
        raise ValueError(f"The amount must be between 0 and {MAX_USD} US dollars.")
    if nano != nano.to_integral_value():
        raise ValueError("The amount may have at most nine decimals.")
    return int(nano)


def usd_text(nano: int) -> str:
    """Return nano-dollars in dollars, exactly, as decimal digits such as `0.000000001`."""
    whole, rest = divmod(abs(nano), NANO)
    digits = f"{whole}.{rest:09d}".rstrip("0").rstrip(".")
    return f"-{digits}" if nano < 0 else digits


def as_usd(nano: int) -> msgspec.Raw:
    """Return nano-dollars in dollars, exactly, as the number that JSON shows.

    A float would be inexact, and would be shown as `1e-9`, which few people read as an amount.
    """
    return msgspec.Raw(usd_text(nano))
