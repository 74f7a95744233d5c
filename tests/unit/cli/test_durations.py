"""Durations and limits as options."""

from __future__ import annotations

import pytest

from api.cli.durations import format_duration, format_limit, parse_duration, parse_limit
from api.cli.times import ago, until


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("45s", 45), ("30m", 1800), ("30 min", 1800), ("12h", 43_200), ("7d", 604_800),
        ("2w", 1_209_600), ("1d12h", 129_600), ("1h 30m", 5400), (" 1Hour ", 3600),
        ("1 day 2 hours", 93_600),
    ],
)  # fmt: skip
def test_a_duration_has_units(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "h", "0s", "-1h", "1.5h", "1y", "1h5", "12h!", "never", "1e9s", "٣h"]
)
def test_another_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("100/min", (100, 60)), ("100/minute", (100, 60)), ("1000/day", (1000, 86_400)),
        ("5/10s", (5, 10)), ("1 / s", (1, 1)), ("60 per hour", (60, 3600)),
        ("7/1d12h", (7, 129_600)),
    ],
)  # fmt: skip
def test_a_limit_is_a_number_in_a_time(text: str, limit: tuple[int, int]) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    "text", ["", "100", "/min", "100/", "0/min", "-1/min", "a/min", "100/0s", "100/moon", "1/2/3"]
)
def test_another_text_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match=r"limit|duration"):
        parse_limit(text)


@pytest.mark.parametrize("limit", [(100, 60), (5, 10), (1, 1), (7, 129_600), (3, 604_800)])
def test_a_limit_is_shown_as_it_is_written(limit: tuple[int, int]) -> None:
    assert parse_limit(format_limit(*limit)) == limit


def test_times_are_shown_in_their_largest_units() -> None:
    assert format_duration(0) == "0s"
    assert format_duration(59.7) == "1m"
    assert format_duration(93_784) == "1d 2h"
    assert (ago(None), ago(940, 1000)) == ("never", "1m ago")
    assert (until(None), until(1060, 1000), until(990, 1000)) == ("-", "in 1m", "now")
