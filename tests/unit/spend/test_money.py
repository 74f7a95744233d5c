"""Amounts: exact both ways, and never written with an exponent."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from api.errors import Problem
from api.services.spend.amounts import require_amount, require_positive_amount
from api.spend.money import MAX_USD, NANO, as_usd, from_usd, usd_text


@pytest.mark.parametrize(
    ("given", "nano"),
    [
        (0, 0),
        (0.1, 100_000_000),
        ("0.000000001", 1),
        (1e-9, 1),
        ("1e-9", 1),
        (1.47, 1_470_000_000),
        (123456.123456789, 123_456_123_456_789),
        (999999.999999999, 999_999_999_999_999),
        ("1000000", MAX_USD * NANO),
        (1_000_000.0, MAX_USD * NANO),
        ("1000000.000000001", None),
        ("0.0000000001", None),
        ("-1", None),
        ("", None),
        (" 5", None),
        ("5 USD", None),
        ("0x10", None),
        ("1_000", None),
        ("\u0665", None),
        ("1e999999999999", None),
        (float("inf"), None),
        (float("nan"), None),
        ("9" * 10_000, None),
    ],
    ids=repr,
)  # fmt: skip
def test_an_amount_is_read_exactly_or_refused(given: float | str, nano: int | None) -> None:
    if nano is None:
        with pytest.raises(Problem) as raised:
            require_amount(given, "amount_usd")
        assert (raised.value.code, raised.value.document("")["field"]) == (
            "invalid_field",
            "amount_usd",
        )
    else:
        assert require_amount(given, "amount_usd") == nano


def test_a_budget_needs_more_than_0() -> None:
    with pytest.raises(Problem):
        require_positive_amount("0.0", "amount_usd")
    assert require_positive_amount("0.000000001", "amount_usd") == 1


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "0"),
        (1, "0.000000001"),
        (100, "0.0000001"),
        (1_500_000_000, "1.5"),
        (10**15, "1000000"),
        (10**18, "1000000000"),
        (-1, "-0.000000001"),
        (-2 * NANO, "-2"),
        (123_456_789_012_345_678, "123456789.012345678"),
    ],
)
def test_an_amount_is_written_as_digits(nano: int, text: str) -> None:
    assert usd_text(nano) == text
    assert msgspec.json.encode({"usd": as_usd(nano)}) == b'{"usd":%s}' % text.encode()
    assert Decimal(text) * NANO == nano
    if 0 <= nano <= MAX_USD * NANO:
        assert from_usd(text) == nano
