"""Moves the calls of a killed process to the request log."""

from __future__ import annotations

from collections.abc import Callable

from api.logs import log_event
from api.proxy.cost_records import entry_spend, with_cost
from api.proxy.usage_counts import usage_counters
from api.spend.usage import Cost
from api.storage.listed_spend import NOTHING_SPENT
from api.storage.open_calls import OpenCallItems, OpenEntry
from api.storage.requests import LogEntry, RequestLog

PROBLEM = "server_stopped_unexpectedly"
# The status of a call whose caller had no response.
_STATUS = 503


class LostCalls:
    """Finds the items of calls whose process has ended without a record of them.

    `has_ended` returns whether a process has certainly ended; for processes of which that is not
    known, an item counts as left when its time is over in two runs. `clock` returns epoch seconds.
    """

    def __init__(
        self,
        items: OpenCallItems,
        log: RequestLog,
        has_ended: Callable[[str], bool],
        clock: Callable[[], float],
    ) -> None:
        self._items = items
        self._log = log
        self._has_ended = has_ended
        self._clock = clock
        self._overdue: set[str] = set()

    def run(self) -> None:
        """Record all lost calls, each once."""
        now = self._clock()
        entries = self._items.all()
        before = self._overdue
        self._overdue = {entry.request_id for _, entry in entries if entry.fresh_until < now}
        recorded = 0
        for username, entry in entries:
            is_overdue = entry.request_id in before and entry.request_id in self._overdue
            if is_overdue or self._has_ended(entry.process):
                recorded += self._record(username, entry)
        if recorded:
            log_event("lost_calls_recorded", level="warning", number=recorded)

    def _record(self, username: str, entry: OpenEntry) -> bool:
        """Record one call with what was last known. Return False if its record exists."""
        milliseconds = round((entry.seen_at - entry.at) * 1000)
        logged = LogEntry(
            request_id=entry.request_id,
            at=entry.at,
            api_name=entry.api_name,
            method=entry.method,
            host=entry.host,
            path=entry.path,
            status=entry.status if entry.status is not None else _STATUS,
            duration_ms=milliseconds,
            upstream_ms=milliseconds if entry.host else None,
            bytes_in=entry.bytes_in,
            bytes_out=entry.bytes_out,
            token_id=entry.token_id,
            key_id=entry.key_id,
            problem=PROBLEM,
            websocket=entry.websocket,
            messages_in=entry.messages_in,
            messages_out=entry.messages_out,
            client=entry.client,
        )
        if entry.has_price and entry.host:
            logged = with_cost(logged, Cost(None, "unknown", oddities=("process_ended",)))
        found = entry_spend(logged)
        spend = NOTHING_SPENT if found is None else dict([found])
        counters = usage_counters(logged)
        return self._items.close(username, logged, entry.seen_at, counters, spend, self._log)
