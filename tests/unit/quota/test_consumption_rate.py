"""Measuring how fast quotas are consumed."""

import pytest

from api.quota.consumption_rate import ConsumptionRates
from api.quota.windows import QuotaWindow
from tests.unit.quota.samples import NOW


def rates(*reported: tuple[float, int | None, int | None]) -> list[float | None]:
    """Return the rates of one window, given times, remaining quota and resets."""
    measured = ConsumptionRates()
    return [
        measured.observe("k", (QuotaWindow("requests", 1000, left, reset),), NOW + at)[
            0
        ].consumption_rate
        for at, left, reset in reported
    ]


def test_a_rate_needs_five_seconds() -> None:
    assert rates((0, 100, None), (4.9, 90, None), (5, 90, None), (10, 80, None)) == [
        None, None, 2.0, 2.0
    ]  # fmt: skip


def test_a_rate_covers_the_last_minutes_only() -> None:
    slow = [(float(at), 1000 - at // 100, None) for at in range(0, 1000, 50)]
    fast = [(1000.0 + at, 990 - at, None) for at in range(0, 400, 50)]
    measured = rates(*slow, *fast)
    assert measured[len(slow) - 1] == pytest.approx(0.01, abs=0.005)
    assert measured[-1] == pytest.approx(1, abs=0.1)


def test_a_window_that_was_reset_has_no_rate_yet() -> None:
    assert rates((0, 100, NOW + 60), (50, 10, NOW + 60), (61, 99, NOW + 120),
                 (71, 79, NOW + 120)) == [None, 1.8, None, 2.0]  # fmt: skip
    assert rates((0, 100, None), (50, 10, None), (60, 101, None)) == [None, 1.8, None]


def test_responses_out_of_order_do_not_restart_a_rate() -> None:
    assert rates((0, 100, None), (10, 80, None), (10, 82, None), (20, 60, None))[-1] == 2.0


def test_an_unused_quota_has_a_rate_of_zero() -> None:
    assert rates((0, 100, None), (60, 100, None)) == [None, 0.0]
    assert rates((0, None, None), (60, None, None)) == [None, None]


def test_windows_and_keys_have_their_own_rates() -> None:
    known = ConsumptionRates()
    one, two = QuotaWindow("requests", 10, 9), QuotaWindow("tokens", 1000, 900)
    known.observe("k", (one, two), NOW)
    known.observe("other", (one,), NOW)
    later = (QuotaWindow("requests", 10, 4), QuotaWindow("tokens", 1000, 400))
    assert known.observe("k", later, NOW + 10) == (
        QuotaWindow("requests", 10, 4, consumption_rate=0.5),
        QuotaWindow("tokens", 1000, 400, consumption_rate=50.0),
    )
    (unused,) = known.observe("other", (one,), NOW + 10)
    assert unused.consumption_rate == 0.0
