"""Reads the numbers of a usage object. What is wrong with one is noted as an oddity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import msgspec

from api.spend.money import MAX_USD, NANO

MAX_COUNT = 10**12
"""The largest count that is accepted."""

_object = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_value = msgspec.json.Decoder(float_hook=Decimal)
_DIGITS = frozenset("0123456789")


def read_object(data: bytes | None) -> dict[str, Any] | None:
    """Return a JSON object, its fractions as Decimal, or None for anything else."""
    if not data:
        return None
    try:
        return _object.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def json_value(data: bytes) -> object:
    """Return a JSON value, its fractions as Decimal, or None if it is no JSON."""
    try:
        return _value.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_text(data: bytes | None, longest: int = 300) -> str | None:
    """Return a JSON string, or None for anything else and for an empty or too long one."""
    value = json_value(data) if data else None
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def member(value: Any, path: Sequence[str]) -> Any:
    """Return the value at a path of names and indices, or None."""
    for name in path:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


class UsageCounts:
    """The counts of one usage object. `oddities` collects what is wrong with them."""

    def __init__(self, usage: Mapping[str, Any], oddities: dict[str, None]) -> None:
        self.usage = usage
        self._oddities = oddities

    def get(self, *path: str, is_fraction_normal: bool = False) -> int | None:
        """Return the count at a path, or None if there is none that can be used.

        Digits in a string count. A fraction is rounded up.
        """
        if path[0] not in self.usage:
            return None
        value = self.usage[path[0]]
        if len(path) > 1:
            if value is not None and not isinstance(value, dict):
                self.note("malformed_units")
            value = member(value, path[1:])
        return None if value is None else self._count(value, is_fraction_normal)

    def first(self, *paths: tuple[str, ...]) -> int | None:
        """Return the count at the first of the paths that has one."""
        for path in paths:
            count = self.get(*path)
            if count is not None:
                return count
        return None

    def of(self, usage: Mapping[str, Any]) -> UsageCounts:
        """Return the counts of an object inside this one."""
        return UsageCounts(usage, self._oddities)

    def note(self, oddity: str) -> None:
        """Note what is wrong."""
        self._oddities[oddity] = None

    def _count(self, value: Any, is_fraction_normal: bool) -> int | None:
        if type(value) is int and 0 <= value <= MAX_COUNT:
            return value
        if isinstance(value, str):
            self.note("text_units")
            digits = value.strip()
            if not 0 < len(digits) <= 20 or not _DIGITS.issuperset(digits):
                return None
            value = int(digits)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.note("malformed_units")
            return None
        if value < 0:
            self.note("negative_units")
            return None
        if value > MAX_COUNT:
            self.note("huge_units")
            return None
        if isinstance(value, int):
            return value
        count = int(value.to_integral_value(ROUND_CEILING))
        if count != value and not is_fraction_normal:
            self.note("fractional_units")
        return count


def read_cost(value: Any, counts: UsageCounts) -> int | None:
    """Return an amount of US dollars, as it is in the JSON text, in nano-dollars."""
    if isinstance(value, str):
        counts.note("text_cost")
        try:
            # Decimal also takes `1_000` and digits of other scripts.
            is_number = len(value) <= 40 and value.isascii() and "_" not in value
            value = Decimal(value.strip()) if is_number else None
        except InvalidOperation:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        counts.note("malformed_cost")
        return None
    amount = Decimal(value)
    if not amount.is_finite():
        counts.note("malformed_cost")
        return None
    if amount < 0:
        counts.note("negative_cost")
        return None
    if amount > MAX_USD:
        counts.note("huge_cost")
        return None
    return int((amount * NANO).to_integral_value(ROUND_HALF_EVEN))
