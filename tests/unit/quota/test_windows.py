"""Units of windows, the primary window, and when a key is exhausted."""

import pytest

from api.quota.windows import QuotaReading, QuotaWindow, primary_window
from tests.unit.quota.samples import NOW


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("default", "requests"),
        ("requests", "requests"),
        ("core", "requests"),
        ("5h", "requests"),
        ("tokens", "tokens"),
        ("input-tokens", "tokens"),
        ("priority-output-tokens", "tokens"),
        ("project-tokens", "tokens"),
        ("Complexity", "complexity"),
        ("query-cost", "cost"),
        ("content-bytes", "bytes"),
        ("concurrency", "concurrent-requests"),
        ("token", "tokens"),
        ("daily-token", "tokens"),
        ("api-token", "requests"),
        ("token-bucket", "requests"),
        ("endpoint-rate", "requests"),
    ],
)
def test_a_window_has_the_unit_that_it_counts(name: str, unit: str) -> None:
    assert QuotaWindow(name).unit == unit


def test_a_retry_time_takes_precedence_over_the_windows() -> None:
    exhausted = QuotaWindow("requests", 10, 0, NOW + 300)
    assert QuotaReading((exhausted,), NOW + 5).exhausted_until == NOW + 5


def test_a_key_is_exhausted_until_the_last_of_its_exhausted_windows_resets() -> None:
    windows = (
        QuotaWindow("requests", 10, 0, NOW + 3),
        QuotaWindow("tokens", 10, 0, NOW + 60),
        QuotaWindow("daily", 10, 1, NOW + 900),
        QuotaWindow("complexity", 10, 0),
    )
    assert QuotaReading(windows).exhausted_until == NOW + 60


def test_a_key_without_priority_access_uses_the_standard_tier() -> None:
    windows = (
        QuotaWindow("tokens", 10_000, 500, NOW + 30),
        QuotaWindow("priority-input-tokens", 10_000, 0, NOW + 60),
    )
    assert QuotaReading(windows).exhausted_until is None
    assert QuotaReading(windows, NOW + 9).exhausted_until == NOW + 9


def test_a_key_with_something_left_is_not_exhausted() -> None:
    assert QuotaReading((QuotaWindow("requests", 10, 1, NOW + 3),)).exhausted_until is None


@pytest.mark.parametrize(
    ("windows", "name"),
    [
        ((QuotaWindow("tokens", 100, 1), QuotaWindow("requests", 100, 90)), "requests"),
        (
            (QuotaWindow("input-tokens", 100, 60), QuotaWindow("output-tokens", 100, 5)),
            "output-tokens",
        ),
        ((QuotaWindow("complexity", 100, 1), QuotaWindow("default", 100, 90)), "default"),
        ((QuotaWindow("burst", 100, 90), QuotaWindow("daily", 1_000, 100)), "daily"),
        ((QuotaWindow("daily", 1_000, 0), QuotaWindow("burst", 0, 0)), "burst"),
        ((QuotaWindow("b", 10, 5), QuotaWindow("a", 10, 5)), "a"),
        ((QuotaWindow("requests", 10), QuotaWindow("tokens", 10, 5)), "tokens"),
        ((QuotaWindow("requests", None, 5), QuotaWindow("minute", 10, 9)), "minute"),
        ((QuotaWindow("endpoint-rate"), QuotaWindow("unified", reset_at=NOW)), "unified"),
    ],
)
def test_the_primary_window_counts_requests_and_is_exhausted_first(
    windows: tuple[QuotaWindow, ...], name: str
) -> None:
    for order in (windows, windows[::-1]):
        shown = primary_window(QuotaReading(order))
        assert shown is not None
        assert shown.name == name


def test_nothing_is_shown_where_nothing_is_known() -> None:
    assert primary_window(QuotaReading(())) is None
    assert primary_window(QuotaReading((QuotaWindow("endpoint-rate"),))) is None
