"""Compare a day's spend with the provider's own figure, and say what explains the difference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from api.schemas.reconciliation import CauseCode, ReconciledDay, ReconciliationCause
from api.services.spend.reconciliation.reports import DAY
from api.spend.money import as_usd, usd_text
from api.storage.reconciliations import StoredDay

# A difference of at most a cent, or of a thousandth of the provider's figure, is called rounding.
_CENT = 10_000_000
_ROUNDING_SHARE = 1000
# Seconds after midnight. A reading of a total that is taken later misses a part of the day.
_LATE_READING = 1800


def drift_percent(provider: int | None, own: int) -> float | None:
    """Return (provider - own) / provider in percent, rounded to one decimal.

    None without a figure of the provider, or if only that figure is 0.
    """
    if provider is None or (provider == 0 and own != 0):
        return None
    if provider == own:
        return 0.0
    tenths = (abs(provider - own) * 2000 + provider) // (2 * provider)
    return (tenths if provider > own else -tenths) / 10


def reconciled_day(day: StoredDay) -> ReconciledDay:
    """Return a compared day as the web API shows it."""
    drift = None if day.provider is None else day.provider - day.own
    return ReconciledDay(
        date=_date(day.start),
        is_complete=is_complete(day),
        provider_usd=None if day.provider is None else as_usd(day.provider),
        own_usd=as_usd(day.own),
        estimated_usd=as_usd(day.estimated),
        unknown_calls=day.unknown_calls,
        drift_usd=None if drift is None else as_usd(drift),
        drift_percent=drift_percent(day.provider, day.own),
        causes=[ReconciliationCause(code=code, text=text) for code, text in _causes(day, drift)],
        compared_at=day.compared_at,
    )


def is_complete(day: StoredDay) -> bool:
    """Return whether a day was over when it was compared."""
    return day.compared_at >= day.start + DAY


def _causes(day: StoredDay, drift: int | None) -> Iterator[tuple[CauseCode, str]]:
    if not is_complete(day):
        yield "day_not_over", "The day is not over: it ends at midnight UTC."
    elif day.compared_at < day.start + 2 * DAY:
        yield (
            "recent",
            "The day ended less than a day before the comparison. Providers count some calls late.",
        )
    if day.first is not None and day.first.at > day.start + _LATE_READING:
        yield (
            "late_reading",
            "The provider reports only a total of all time. It was first read at "
            f"{_time(day.first.at)} UTC, so its figure lacks what was spent before.",
        )
    if drift is None:
        yield _no_figure(day)
        return
    if drift == 0:
        return
    if abs(drift) <= max(_CENT, (day.provider or 0) // _ROUNDING_SHARE):
        yield "rounding", "The difference is small enough to come from rounding."
    if drift > 0 and day.unknown_calls:
        yield (
            "unknown_cost",
            f"The cost of {day.unknown_calls} calls is unknown, so the dashboard's figure lacks "
            "them. Set a price for this API.",
        )
    if day.estimated:
        yield (
            "estimates",
            f"{usd_text(day.estimated)} US dollars of the dashboard's figure are estimates, for "
            "responses that did not say what was used.",
        )
    if drift > 0:
        yield (
            "outside",
            "The provider counts the whole account: calls with other keys, its own web pages, "
            "stored files and batches whose results were not fetched through the dashboard.",
        )
    else:
        yield (
            "discounts",
            "The provider charges less than its list prices, for example because of discounts, "
            "free credits or batches, or its prices changed after the dashboard's snapshot.",
        )


def _no_figure(day: StoredDay) -> tuple[CauseCode, str]:
    if day.is_total:
        return (
            "no_reading",
            "The provider reports only a total of all time, and it was not read at both ends of "
            "this day, or went down in between.",
        )
    return "not_in_report", "The provider's report has no figure for this day."


def _date(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")
