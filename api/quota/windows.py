"""The quota of a key as its upstream reports it: windows, and the reading of one response."""

from collections.abc import Sequence

import msgspec

from api.quota.units import REQUESTS, unit_of


class QuotaWindow(msgspec.Struct, frozen=True):
    """One quota of a key. A field is None if it is not known.

    `reset_at` is in epoch seconds, `window` is the length in seconds. `stated_unit` is the unit if
    the upstream names one (`qu`). `consumption_rate` is in units per second.
    """

    name: str
    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None
    window: int | None = None
    stated_unit: str | None = None
    consumption_rate: float | None = None

    @property
    def unit(self) -> str:
        """The unit that the window counts: the stated unit, or the unit that its name implies."""
        return self.stated_unit or unit_of(self.name)


class QuotaReading(msgspec.Struct, frozen=True):
    """The quota that one response reports: at most 8 windows, and the retry time.

    `retry_at` is when the key may be used again, in epoch seconds. It is None unless the upstream
    refused the request.
    """

    windows: tuple[QuotaWindow, ...]
    retry_at: int | None = None

    @property
    def exhausted_until(self) -> int | None:
        """When the key has quota again, in epoch seconds, or None if it is not exhausted.

        The upstream's retry time takes precedence over the resets of its windows.
        """
        return self.retry_at if self.retry_at is not None else exhausted_reset(self.windows)


def exhausted_reset(windows: Sequence[QuotaWindow]) -> int | None:
    """Return the epoch second at which the last of the exhausted windows resets.

    Anthropic serves requests beyond the Priority Tier at the standard tier
    (https://platform.claude.com/docs/en/api/service-tiers), so `priority-` windows do not count.
    """
    resets = [
        window.reset_at
        for window in windows
        if window.remaining == 0 and not window.name.startswith("priority-")
    ]
    return max((reset for reset in resets if reset is not None), default=None)


def primary_window(reading: QuotaReading) -> QuotaWindow | None:
    """Return the window to show first: requests before other units, the smallest share first."""
    return min(filter(has_numbers, reading.windows), key=urgency, default=None)


def has_numbers(window: QuotaWindow) -> bool:
    """Return whether limit, remaining or reset is known."""
    return not (window.limit is None and window.remaining is None and window.reset_at is None)


def urgency(window: QuotaWindow) -> tuple[bool, bool, float, int, str]:
    """Return a sort key: known windows first, then requests, then the smallest share."""
    remaining = window.remaining or 0
    share = 1.0 if remaining and not window.limit else remaining / (window.limit or 1)
    return (
        window.remaining is None,
        window.unit != REQUESTS,
        share,
        remaining,
        window.name,
    )
