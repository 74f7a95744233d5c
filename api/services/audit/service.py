"""The audit log of a user and of the installation: pages, and the trails of requests."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import msgspec

from api.errors import Problem
from api.raw_request import RawRequest
from api.services.audit.trail import AuditTrail
from api.storage.audit import AuditEntry, AuditFilter, AuditItems, audit_position_time

# Seconds. A search of the log stops after this time, and its next page continues it.
_SEARCH_SECONDS = 0.6
_EXPORT_PAGE = 1000
MAX_EXPORTED = 10_000
"""The largest number of entries in an export: a response of the function has at most 6 MB."""


class FoundEntries(msgspec.Struct, frozen=True):
    """A page of entries, newest first. `next` is the position to continue from.

    If the search stopped before the page was full, `searched_until` is the time of the last entry
    that was searched, in epoch seconds.
    """

    items: list[AuditEntry]
    next: str | None
    searched_until: float | None = None


class AuditService:
    """Reads the audit log, and makes the trails of requests.

    A `username` of None means the installation. `clock` returns epoch seconds, `timer` seconds
    from any start.
    """

    def __init__(
        self,
        items: AuditItems,
        clock: Callable[[], float],
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._items = items
        self._clock = clock
        self._timer = timer

    def trail(
        self, action: str | None, raw_request: RawRequest, session_id: str | None = None
    ) -> AuditTrail:
        """Return the trail of a request. `action` is None if it records nothing."""
        return AuditTrail(self._items, self._clock, action, raw_request, session_id)

    def entries(
        self, username: str | None, audit_filter: AuditFilter, limit: int, after: str | None
    ) -> FoundEntries:
        """Return a page of entries, newest first.

        Searches until the page is full, but for 0.6 seconds at most. A page whose filter matches
        few entries can therefore have fewer entries than `limit` and still have a next page.
        """
        entries: list[AuditEntry] = []
        stop_at = self._timer() + _SEARCH_SECONDS
        while True:
            page = self._items.page(
                username,
                audit_filter,
                limit=limit - len(entries),
                after=after,
                now=self._clock(),
            )
            entries += page.items
            after = page.next
            is_complete = after is None or len(entries) == limit
            if is_complete or self._timer() >= stop_at:
                until = None if is_complete or after is None else audit_position_time(after)
                return FoundEntries(entries, after, until)

    def exported(self, username: str | None, audit_filter: AuditFilter) -> list[AuditEntry]:
        """Return every entry, newest first. Raises Problem(invalid_field) for too many."""
        entries: list[AuditEntry] = []
        after: str | None = None
        while True:
            page = self._items.page(
                username, audit_filter, limit=_EXPORT_PAGE, after=after, now=self._clock()
            )
            entries += page.items
            after = page.next
            if len(entries) > MAX_EXPORTED:
                raise Problem(
                    "invalid_field",
                    f"The export would have more than {MAX_EXPORTED:,} entries. Choose a shorter "
                    "time with `since` and `until`, or an action.",
                    field="since",
                )
            if after is None:
                return entries
