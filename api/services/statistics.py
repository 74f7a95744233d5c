"""Usage by API and by hour or day, and the request log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic

import msgspec

from api.errors import Problem
from api.schemas.statistics import ApiCounts, Counts, Latency, SeriesPoint, Statistics
from api.services.latency import percentiles
from api.storage.open_calls import OpenCallItems, OpenEntry
from api.storage.requests import LogEntry, LogFilter, RequestLog, position_time
from api.storage.usage import Usage
from api.storage.usage_records import DAY, HOUR, Counters, UsageRecord

_MAX_HOURS = 31 * 24
_MAX_DAYS = 400
_DEFAULT_HOURS = 24
_DEFAULT_DAYS = 30
# Seconds. A search of the log stops after this time, and its next page continues it.
_SEARCH_SECONDS = 0.6
# The number of calls in progress that are listed.
_MAX_OPEN = 100


class FoundRequests(msgspec.Struct, frozen=True):
    """A page of log entries, newest first. `next` is the position to continue from.

    If the search stopped before the page was full, `searched_until` is the time of the last entry
    that was searched, in epoch seconds. `open` are the calls in progress, none on later pages.
    """

    items: list[LogEntry]
    next: str | None
    searched_until: float | None
    open: list[OpenEntry]


class StatisticsService:
    """Reads the usage and the request log.

    `clock` returns epoch seconds, `timer` seconds from any start. Without `open_calls`, there are
    no calls in progress.
    """

    def __init__(
        self,
        usage: Usage,
        log: RequestLog,
        clock: Callable[[], float],
        timer: Callable[[], float] = monotonic,
        open_calls: OpenCallItems | None = None,
    ) -> None:
        self._open_calls = open_calls
        self._usage = usage
        self._log = log
        self._clock = clock
        self._timer = timer

    def statistics(
        self,
        username: str,
        start: int | None,
        end: int | None,
        granularity: str,
        api_name: str | None,
    ) -> Statistics:
        """Return the counts of [start, end), widened to whole hours or days.

        The default is the last 24 hours or 30 days. Raises Problem(invalid_field) for a range that
        is empty or too long.
        """
        step = HOUR if granularity == "hour" else DAY
        first, last = self._range(start, end, granularity, step)
        records = [
            record
            for record in self._records(username, first, last, step)
            if api_name is None or record.api_name == api_name
        ]
        by_api: dict[str, list[Counters]] = {}
        by_step: dict[tuple[int, str], list[Counters]] = {}
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
        log_filter: LogFilter,
        *,
        limit: int,
        after: str | None,
        start: int | None,
        end: int | None,
    ) -> FoundRequests:
        """Return a page of the request log, newest first, and the calls in progress on the first.

        A call in progress is listed if it began before `end`, because it goes on after `start`.

        Searches until the page is full, but for 0.6 seconds at most. A page whose filter matches
        few entries can therefore have fewer entries than `limit` and still have a next page.
        """
        # Read before the log, so that a call that ends meanwhile is in one of them.
        found = self._open(username, log_filter, end) if after is None else []
        entries: list[LogEntry] = []
        stop_at = self._timer() + _SEARCH_SECONDS
        while True:
            page = self._log.page(
                username,
                log_filter,
                limit=limit - len(entries),
                after=after,
                start=start,
                end=end,
                now=self._clock(),
            )
            entries += page.items
            after = page.next
            is_complete = after is None or len(entries) == limit
            if is_complete or self._timer() >= stop_at:
                until = None if is_complete or after is None else position_time(after)
                return FoundRequests(entries, after, until, _without(found, entries))

    def _open(self, username: str, log_filter: LogFilter, end: int | None) -> list[OpenEntry]:
        if self._open_calls is None:
            return []
        return self._open_calls.of_user(
            username, log_filter, limit=_MAX_OPEN, end=end, now=self._clock()
        )

    def _range(
        self, start: int | None, end: int | None, granularity: str, step: int
    ) -> tuple[int, int]:
        by_hour = step == HOUR
        last = end if end is not None else int(self._clock()) + 1
        last = -(-last // step) * step
        steps = _DEFAULT_HOURS if by_hour else _DEFAULT_DAYS
        first = start if start is not None else last - steps * step
        first = max(0, first // step * step)
        if first >= last:
            field = "end" if start is None else "start"
            raise Problem("invalid_field", "`start` must be before `end`.", field=field)
        max_steps = _MAX_HOURS if by_hour else _MAX_DAYS
        if (last - first) // step > max_steps:
            raise Problem(
                "invalid_field",
                f"The range is too long. Ask for at most {max_steps} {granularity}s at once.",
                field="start",
            )
        return first, last

    def _records(self, username: str, start: int, end: int, step: int) -> list[UsageRecord]:
        now = self._clock()
        read = self._usage.records.hours if step == HOUR else self._usage.records.days
        records = read(username, start, end, now)
        # The rate-limit items contain the counters of the current hour.
        for limit in self._usage.rate_limits(username, now):
            at = limit.hour // step * step
            if limit.counters and start <= at < end:
                records.append(UsageRecord(at, limit.api_name, limit.counters))
        return records


def _without(found: list[OpenEntry], logged: Iterable[LogEntry]) -> list[OpenEntry]:
    """Return the calls in progress without those that have ended meanwhile."""
    if not found:
        return found
    ended = {entry.request_id for entry in logged}
    return [entry for entry in found if entry.request_id not in ended]


def _counts(records: Iterable[Counters]) -> Counts:
    total: Counters = {}
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
