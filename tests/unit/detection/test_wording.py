"""How messages name things."""

from __future__ import annotations

import pytest

from api.services.notifications.wording import amount_text, shown_name, utc
from api.spend.money import from_usd


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("CI", "CI"),
        ("  two\n\nlines\t", "two lines"),
        ("a\u202eb\u200bc\x1b[31m", "abc[31m"),
        ("x" * 100, "x" * 59 + "…"),
        ("Bearer abcdefghijkl", "***"),
        ("my sk-proj-0123456789abcdef0123456789", "my ***"),
        ("ghp_0123456789abcdefghij0123456789", "***"),
        ("550e8400-e29b-41d4-a716-446655440000", "***"),
        ("github-actions-deploy-2026", "github-actions-deploy-2026"),
        ("", ""),
        ("日本語のキー", "日本語のキー"),
    ],
)
def test_names_are_readable_and_without_secrets(given: str, shown: str) -> None:
    assert shown_name(given) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [("0", "$0.00"), ("0.5", "$0.50"), ("0.000012", "$0.000012"), ("1234.567", "$1,234.56"),
     ("1", "$1.00")],
)  # fmt: skip
def test_amounts(usd: str, shown: str) -> None:
    assert amount_text(from_usd(usd)) == shown


def test_times_have_the_date_and_any_time_can_be_shown() -> None:
    assert utc(1_790_000_000.9) == "2026-09-21 14:13 UTC"
    assert utc(-5) == "1970-01-01 00:00 UTC"
    assert utc(10**18) == "9999-12-31 23:59 UTC"
