"""The form of a sample: header fields of one response, and their meaning at `NOW`."""

from typing import NamedTuple

from api.quota.headers import read_quota
from api.quota.windows import QuotaReading, QuotaWindow

NOW = 1_790_000_000
"""Epoch seconds: Mon, 21 Sep 2026 14:13:20 GMT."""


class Sample(NamedTuple):
    """One response: its dialect, status and headers, and the quota to be read from them."""

    id: str
    dialect: str
    status: int
    headers: list[tuple[str, str]]
    now: float
    expected: QuotaReading | None


def reading(*windows: QuotaWindow, retry_at: int | None = None) -> QuotaReading:
    return QuotaReading(windows, retry_at)


def fields(text: str) -> list[tuple[str, str]]:
    """Parse header fields, one per line."""
    lines = (line.strip() for line in text.strip().splitlines())
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def only_window(
    headers: list[tuple[str, str]], status: int = 200, dialect: str = "generic"
) -> QuotaWindow:
    """Read a response that reports one window."""
    found = read_quota(headers, status, NOW, dialect)
    assert found is not None
    (window,) = found.windows
    return window
