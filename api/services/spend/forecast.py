"""The forecast of a month's spend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo

from api.schemas.spend import Forecast
from api.services.spend.days import day_start, local_day, next_month
from api.services.spend.totals import total
from api.spend.money import as_usd, usd_text
from api.storage.spend_records import SpendRecord

_DAYS = 7
_DAY = 86_400
_CENT = 10_000_000


def month_forecast(records: Sequence[SpendRecord], now: float, zone: tzinfo) -> Forecast | None:
    """Return what this month will cost: its spend so far, and the average of the last complete
    days, at most seven, for the rest of it.

    `records` begin a week before today or earlier, and include those of this month. Returns None
    without a complete day since the first of them.
    """
    if not records:
        return None
    today = local_day(now, zone)
    days = min(_DAYS, (today - local_day(min(each.start for each in records), zone)).days)
    if days < 1:
        return None
    today_starts = day_start(today, zone)
    past_starts = day_start(today - timedelta(days=days), zone)
    past = total(each for each in records if past_starts <= each.start < today_starts)
    month_starts = day_start(today.replace(day=1), zone)
    month_ends = day_start(next_month(today), zone)
    month = total(each for each in records if month_starts <= each.start < month_ends)
    rest = max(0, month_ends - int(now))
    daily = past.cost * _DAY // (today_starts - past_starts)
    amount = month.cost + past.cost * rest // (today_starts - past_starts)
    basis = (
        f"The spend so far, plus {usd_text(daily // _CENT * _CENT)} USD a day for the remaining "
        f"{rest / _DAY:.1f} days: the average of the last {_complete(days)}."
    )
    if past.unknown or month.unknown:
        basis += " Calls whose cost is not known are left out."
    return Forecast(amount_usd=as_usd(amount), basis=basis, days=days)


def _complete(days: int) -> str:
    return "complete day" if days == 1 else f"{days} complete days"
