"""What calls cost: totals, by API, token, model and day, and the forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta, tzinfo

import msgspec

from api.schemas.spend import ApiCost, HostingCost, ModelCost, Spend, SpendPoint, TokenCost
from api.services.spend.csv_export import spend_csv
from api.services.spend.days import Days, day_start, local_day, require_days, require_zone
from api.services.spend.forecast import month_forecast
from api.services.spend.hosting import HostingCosts
from api.services.spend.prices import PriceService
from api.services.spend.totals import Total, grouped, total
from api.spend.money import as_usd
from api.storage.spend_records import SpendRecord
from api.storage.tokens import Tokens
from api.storage.usage import Usage
from api.storage.usage_records import DAY

_SESSION = "-"
"""The filter for calls with an access token."""


class SpendService:
    """Reads what calls cost. `clock` returns epoch seconds."""

    def __init__(
        self,
        usage: Usage,
        tokens: Tokens,
        prices: PriceService,
        hosting: HostingCosts,
        clock: Callable[[], float],
    ) -> None:
        self._hosting = hosting
        self._usage = usage
        self._tokens = tokens
        self._prices = prices
        self._clock = clock

    def spend(
        self,
        username: str,
        time_zone: str,
        start: str | None,
        end: str | None,
        api_name: str | None,
        token_id: str | None,
    ) -> Spend:
        """Return what the calls from day `start` to day `end` cost, and those of this month.

        All figures are those of one API or token, if it is given. An hour belongs to the day in
        which it begins. Raises Problem(invalid_field).
        """
        now = self._clock()
        zone = require_zone(time_zone)
        today = local_day(now, zone)
        days = require_days(start, end, today, zone)
        month = today.replace(day=1)
        recent = Days(min(month, today - timedelta(days=7)), today, zone)
        chosen, latest = self._two_ranges(username, days, recent, now, api_name, token_id)
        whole = total(chosen)
        return Spend(
            time_zone=time_zone,
            start=days.first.isoformat(),
            end=days.last.isoformat(),
            total_usd=as_usd(whole.cost),
            estimated_usd=as_usd(whole.estimated),
            unknown_calls=whole.unknown,
            today_usd=as_usd(total(_since(latest, day_start(today, zone))).cost),
            month_usd=as_usd(total(_since(latest, day_start(month, zone))).cost),
            forecast=month_forecast(latest, now, zone),
            apis=self._apis(username, chosen, days, api_name, token_id),
            tokens=self._token_costs(username, chosen),
            models=_models(chosen),
            series=_series(chosen, zone),
            hosting=self._hosting_cost(username),
        )

    def csv(
        self,
        username: str,
        time_zone: str,
        start: str | None,
        end: str | None,
        api_name: str | None,
        token_id: str | None,
    ) -> str:
        """Return the same days as CSV. Raises Problem(invalid_field)."""
        now = self._clock()
        zone = require_zone(time_zone)
        days = require_days(start, end, local_day(now, zone), zone)
        records = self._read(username, days, now, api_name, token_id)
        return spend_csv(records, self._names(username, records), zone)

    def _two_ranges(
        self,
        username: str,
        days: Days,
        recent: Days,
        now: float,
        api_name: str | None,
        token_id: str | None,
    ) -> tuple[list[SpendRecord], list[SpendRecord]]:
        """Return the records of two ranges, read at once if one begins in the other."""
        if days.first > recent.last or days.last < recent.first:
            return (
                self._read(username, days, now, api_name, token_id),
                self._read(username, recent, now, api_name, token_id),
            )
        both = Days(min(days.first, recent.first), max(days.last, recent.last), recent.zone)
        records = self._read(username, both, now, api_name, token_id)
        return _within(records, days), _within(records, recent)

    def _read(
        self,
        username: str,
        days: Days,
        now: float,
        api_name: str | None,
        token_id: str | None,
    ) -> list[SpendRecord]:
        wanted = None if token_id == _SESSION else token_id
        return [
            record
            for record in self._usage.spend_records(username, days.starts_at, days.ends_at, now)
            if (api_name is None or record.api_name == api_name)
            and (token_id is None or record.token_id == wanted)
        ]

    def _apis(
        self,
        username: str,
        records: Sequence[SpendRecord],
        days: Days,
        api_name: str | None,
        token_id: str | None,
    ) -> list[ApiCost]:
        """Return the cost by API. An API that was called, but has no counted call, has none."""
        priced = self._prices.priced_apis(username)
        costs = grouped(records, lambda each: each.api_name)
        apis = {name: _api_cost(name, cost, name in priced) for name, cost in costs.items()}
        if token_id is None:
            for name, calls in self._calls(username, days).items():
                if name not in apis and api_name in (None, name):
                    uncounted = _api_cost(name, Total(), name in priced)
                    apis[name] = msgspec.structs.replace(uncounted, calls=calls)
        return [apis[name] for name in sorted(apis)]

    def _hosting_cost(self, username: str) -> HostingCost | None:
        estimate = self._hosting.month(username)
        if estimate is None:
            return None
        return HostingCost(month_usd=as_usd(estimate.amount), basis=estimate.basis)

    def _calls(self, username: str, days: Days) -> dict[str, int]:
        """Return the number of calls by API, in the UTC days that the range touches."""
        calls: dict[str, int] = {}
        first = days.starts_at - days.starts_at % DAY
        for record in self._usage.records.days(username, first, days.ends_at, self._clock()):
            calls[record.api_name] = calls.get(record.api_name, 0) + record.counters.get("n", 0)
        for limit in self._usage.rate_limits(username, self._clock()):
            if first <= limit.hour < days.ends_at:
                calls[limit.api_name] = calls.get(limit.api_name, 0) + limit.counters.get("n", 0)
        return {name: number for name, number in calls.items() if number}

    def _token_costs(self, username: str, records: Sequence[SpendRecord]) -> list[TokenCost]:
        names = self._names(username, records)
        costs = grouped(records, lambda each: each.token_id)
        return [
            TokenCost(
                token_id=token_id,
                name=names.get(token_id) if token_id is not None else None,
                cost_usd=as_usd(cost.cost),
                unknown_calls=cost.unknown,
            )
            for token_id, cost in sorted(
                costs.items(), key=lambda item: (-item[1].cost, item[0] or "")
            )
        ]

    def _names(self, username: str, records: Iterable[SpendRecord]) -> dict[str, str]:
        """Return the names of the tokens that exist, by id."""
        ids = sorted({each.token_id for each in records if each.token_id is not None})
        tokens = self._tokens.get_many(username, ids)
        return {token_id: token.name for token_id, token in tokens.items()}


def _api_cost(name: str, cost: Total, is_priced: bool) -> ApiCost:
    return ApiCost(
        api_name=name,
        cost_usd=None if cost.known_cost is None else as_usd(cost.known_cost),
        estimated_usd=as_usd(cost.estimated),
        calls=cost.calls,
        unknown_calls=cost.unknown,
        is_priced=is_priced,
    )


def _models(records: Sequence[SpendRecord]) -> list[ModelCost]:
    costs = grouped(records, lambda each: (each.api_name, each.model))
    return [
        ModelCost(
            api_name=api_name,
            model=model,
            cost_usd=None if cost.known_cost is None else as_usd(cost.known_cost),
            unknown_calls=cost.unknown,
        )
        for (api_name, model), cost in sorted(
            costs.items(), key=lambda item: (-item[1].cost, item[0][0], item[0][1] or "")
        )
    ]


def _series(records: Sequence[SpendRecord], zone: tzinfo) -> list[SpendPoint]:
    costs = grouped(records, lambda each: (local_day(each.start, zone).isoformat(), each.api_name))
    return [
        SpendPoint(date=day, api_name=api_name, cost_usd=as_usd(cost.cost))
        for (day, api_name), cost in sorted(costs.items())
        if cost.known_cost is not None
    ]


def _since(records: Iterable[SpendRecord], start: int) -> list[SpendRecord]:
    return [record for record in records if record.start >= start]


def _within(records: Iterable[SpendRecord], days: Days) -> list[SpendRecord]:
    return [record for record in records if days.starts_at <= record.start < days.ends_at]
