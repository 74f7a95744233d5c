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


class PublicSample(NamedTuple):
    """A successful response with header fields, one a line, and the windows to be read from it."""

    id: str
    text: str
    windows: tuple[QuotaWindow, ...]


def public_window(
    name: str,
    limit: int | None,
    remaining: int | None,
    *,
    window: int | None = None,
    reset: int | None = None,
    unit: str = "requests",
) -> QuotaWindow:
    """Return a window that resets `reset` seconds after `NOW`."""
    reset_at = None if reset is None else NOW + reset
    return QuotaWindow(name, limit, remaining, reset_at, window, stated_unit=unit)


def public_sample(name: str, text: str, *windows: QuotaWindow) -> PublicSample:
    """Return a sample of a provider's documented header fields."""
    return PublicSample(name, text, windows)
