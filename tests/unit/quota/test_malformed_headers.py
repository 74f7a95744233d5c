"""Malformed values are unknown; the rest of the response is read."""

import pytest

from api.quota.headers import read_quota
from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW, only_window
from tests.unit.quota.unreadable import TEN_YEARS, UNREADABLE_COUNTS, UNREADABLE_RESETS


@pytest.mark.parametrize("text", UNREADABLE_COUNTS, ids=lambda text: ascii(text)[:20])
def test_an_unreadable_count_is_unknown(text: str) -> None:
    headers = [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", text)]
    assert only_window(headers) == QuotaWindow("default", 100)
    headers = [("x-ratelimit-limit", text), ("x-ratelimit-remaining", "100")]
    assert only_window(headers) == QuotaWindow("default", remaining=100)


@pytest.mark.parametrize("text", UNREADABLE_RESETS, ids=lambda text: ascii(text)[:30])
def test_an_unreadable_or_absurd_reset_is_unknown(text: str) -> None:
    headers = [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", text)]
    assert only_window(headers) == QuotaWindow("default", remaining=3)
    assert read_quota([("retry-after", text)], 429, NOW) is None


@pytest.mark.parametrize(
    "text", ["0", "0s", str(NOW - 5), "1000000001", "150000000000", "1970-01-01T00:00:00Z"]
)
def test_a_reset_in_the_past_is_now(text: str) -> None:
    headers = [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", text)]
    assert only_window(headers).reset_at == NOW
    assert read_quota([("x-ratelimit-reset", text)], 200, NOW) is None


@pytest.mark.parametrize("text", [str(TEN_YEARS), f"{NOW + TEN_YEARS}", "3660d"])
def test_a_reset_in_exactly_400_days_is_accepted(text: str) -> None:
    assert only_window([("x-ratelimit-reset", text)]).reset_at == NOW + TEN_YEARS


@pytest.mark.parametrize(
    "text",
    [
        "garbage(",
        '"default";r=50;t=30, garbage(',
        '"default";r=50;t=30,',
        '"default";r=50 t=30',
        '"default;r=50;t=30',
        '"default";R=50',
        '"def\x7fault";r=50',
        '"défaut";r=50',
        '"default";r=-1',
        '"default";r=1.5',
        '"default";r="50"',
        '"default";r',
        '"default";r=9999999999999999',
        '("default");r=50',
        "50;r=50",
        "limit=100, remaining=ten",
        "limit=100, garbage, remaining=10",
        "limit=100; remaining=10",
        '"' + "x" * 10_000 + '";r=50',
        ";" * 2_000,
        '"\\' * 1_000,
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_a_malformed_structured_field_leaves_the_remaining_quota_unknown(text: str) -> None:
    reading = read_quota([("RateLimit", text)], 200, NOW)
    assert reading is None or all(w.remaining is None for w in reading.windows)
