"""Usage as the user sees it: totals, per API, per hour or day; and the request log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from api.errors import Problem
from api.schemas.statistics import ApiCounts, Counts, Latency, SeriesPoint, Statistics
from api.services.cursors import Cursors
from api.services.latency import percentiles
from api.storage.requests import LogEntry, RequestLog, as_entry
from api.storage.usage import DAY, HOUR, Usage, UsageRecord

_MAX_HOURS = 31 * 24
_MAX_DAYS = 400
_READS = 20
_READ_SIZE = 250


class StatisticsService:
    """Reads what the proxy recorded. `clock` gives epoch seconds."""

    def __init__(
        self, usage: Usage, log: RequestLog, cursors: Cursors, clock: Callable[[], float]
    ) -> None:
        self._usage = usage
        self._log = log
        self._cursors = cursors
        self._clock = clock

    def statistics(
        self,
        username: str,
        start: int | None,
        end: int | None,
        granularity: str,
        api_name: str | None,
    ) -> Statistics:
        """Counts of [start, end), widened to whole hours or days; by default the last 24 hours or
        30 days. Raises Problem(invalid_field) for a range that is empty or too long."""
        step = HOUR if granularity == "hour" else DAY
        most = _MAX_HOURS if granularity == "hour" else _MAX_DAYS
        last = end if end is not None else int(self._clock()) + 1
        last = -(-last // step) * step
        first = start if start is not None else last - (24 if step == HOUR else 30) * step
        first = max(0, first // step * step)
        if first >= last:
            field = "end" if start is None else "start"
            raise Problem("invalid_field", "`start` is before `end`.", field=field)
        if (last - first) // step > most:
            raise Problem("invalid_field", f"At most {most} {granularity}s at once.", field="start")
        records = [
            record
            for record in self._records(username, first, last, step)
            if api_name is None or record.api_name == api_name
        ]
        by_api: dict[str, list[dict[str, int]]] = {}
        by_step: dict[tuple[int, str], list[dict[str, int]]] = {}
        for record in records:
            by_api.setdefault(record.api_name, []).append(record.counters)
            by_step.setdefault((record.start, record.api_name), []).append(record.counters)
        return Statistics(
            start=first,
            end=last,
            granularity="hour" if step == HOUR else "day",
            totals=_counts(record.counters for record in records),
            apis=[
                ApiCounts(api_name=name, counts=_counts(counters))
                for name, counters in sorted(by_api.items())
            ],
            series=[
                SeriesPoint(start=at, api_name=name, counts=_counts(counters))
                for (at, name), counters in sorted(by_step.items())
            ],
        )

    def requests(
        self,
        username: str,
        *,
        limit: int,
        cursor: str | None,
        api_name: str | None,
        status: str | None,
        token_id: str | None,
        start: int | None,
        end: int | None,
    ) -> tuple[list[LogEntry], str | None]:
        """A page of the request log, newest first, and the cursor of the next."""
        where, values, names = _filter(api_name, status, token_id)
        listing = (
            "requests:"
            + hashlib.sha256(repr((api_name, status, token_id, start, end)).encode()).hexdigest()
        )
        after = self._cursors.unwrap(username, listing, cursor)
        entries: list[LogEntry] = []
        for _ in range(_READS):
            page = self._log.page(
                username,
                limit=_READ_SIZE if where else limit - len(entries),
                after=after,
                start=start,
                end=end,
                now=self._clock(),
                where=where,
                values=values,
                names=names,
            )
            for position, item in enumerate(page.items):
                entries.append(as_entry(item))
                if len(entries) == limit:
                    rest = position + 1 < len(page.items) or page.last is not None
                    last = {"SK": item["SK"]} if rest else None
                    return entries, self._cursors.wrap(username, listing, last)
            if page.last is None:
                return entries, None
            after = page.last["SK"]
        return entries, self._cursors.wrap(username, listing, {"SK": after or ""})

    def _records(self, username: str, start: int, end: int, step: int) -> list[UsageRecord]:
        now = self._clock()
        if step == HOUR:
            records = self._usage.hours(username, start, end, now)
        else:
            records = self._usage.days(username, start, end, now)
        # The hour that is still being counted stands in the rate-limit items.
        for limit in self._usage.rate_limits(username, now):
            at = limit.hour // step * step
            if limit.counters and start <= at < end:
                records.append(UsageRecord(at, limit.api_name, limit.counters))
        return records


def _filter(
    api_name: str | None, status: str | None, token_id: str | None
) -> tuple[str | None, dict[str, object], dict[str, str]]:
    conditions = []
    values: dict[str, object] = {}
    names: dict[str, str] = {}
    if api_name is not None:
        conditions.append("api_name = :api")
        values[":api"] = api_name
    if token_id is not None:
        conditions.append("token_id = :token")
        values[":token"] = token_id
    if status is not None:
        names["#status"] = "status"
        if status.endswith("xx"):
            low = int(status[0]) * 100
            conditions.append("#status BETWEEN :least AND :most")
            values |= {":least": low, ":most": low + 99}
        else:
            conditions.append("#status = :status")
            values[":status"] = int(status)
    return " AND ".join(conditions) or None, values, names


def _counts(records: Iterable[dict[str, int]]) -> Counts:
    total: dict[str, int] = {}
    for counters in records:
        for name, value in counters.items():
            total[name] = total.get(name, 0) + value
    p50, p90, p95, p99 = percentiles(total, (0.5, 0.9, 0.95, 0.99))
    return Counts(
        requests=total.get("n", 0),
        errors=total.get("s4", 0) + total.get("s5", 0),
        failures=total.get("f", 0),
        refused=total.get("r", 0),
        rehearsed=total.get("h", 0),
        status_2xx=total.get("s2", 0),
        status_3xx=total.get("s3", 0),
        status_4xx=total.get("s4", 0),
        status_5xx=total.get("s5", 0),
        bytes_in=total.get("bi", 0),
        bytes_out=total.get("bo", 0),
        latency=Latency(p50=p50, p90=p90, p95=p95, p99=p99),
    )
