"""Scans the accounts that have targets, and queues what is news. A caller runs it periodically."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from time import monotonic

from api.detection.accounts import AccountFindings
from api.detection.observation import news_of
from api.logs import log_failure
from api.notifications.outbox import Outbox
from api.storage.noted_findings import NotedFindings
from api.storage.notifications import Notification
from api.storage.notified_accounts import NotifiedAccount, NotifiedAccounts
from api.storage.page import Page

# Targets.
_PAGE = 200


class EventScan:
    """Scans accounts, as many at a time as there is time for. `clock` returns epoch seconds.

    Any number of processes may scan at the same time: the outbox queues each piece of news once.
    """

    def __init__(
        self,
        accounts: NotifiedAccounts,
        noted: NotedFindings,
        findings: AccountFindings,
        outbox: Outbox,
        clock: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._noted = noted
        self._findings = findings
        self._outbox = outbox
        self._clock = clock

    def run(self, seconds: float = inf) -> int:
        """Scan the accounts, and return the number of notifications that were queued.

        After `seconds`, no further account is scanned; the next run goes on with it. Costs one
        query if no account has an enabled target.
        """
        end = monotonic() + seconds
        first = self._accounts.page("", _PAGE)
        if not first.items:
            return 0
        start = self._noted.position()
        queued = 0
        last = start
        for account in self._in_turn(first, start):
            if monotonic() >= end:
                self._noted.set_position(last)
                return queued
            queued += self._scan(account)
            last = account.username
        if start:
            self._noted.set_position("")
        return queued

    def _in_turn(self, first: Page[NotifiedAccount], start: str) -> Iterator[NotifiedAccount]:
        """Return every account once: those after `start`, then the others."""
        if start:
            yield from self._rest(self._accounts.page(start, _PAGE))
        for account in self._rest(first):
            if start and account.username > start:
                return
            yield account

    def _rest(self, page: Page[NotifiedAccount]) -> Iterator[NotifiedAccount]:
        yield from page.items
        while page.next is not None:
            page = self._accounts.page(page.next, _PAGE)
            yield from page.items

    def _scan(self, account: NotifiedAccount) -> int:
        """Scan one account. A failure is logged, so that it does not prevent other scans."""
        try:
            return self._queue_news(account)
        except Exception:
            log_failure("scan_failed", user=account.username)
            return 0

    def _queue_news(self, account: NotifiedAccount) -> int:
        username, covered = account.username, account.events & self._findings.events
        if not covered:
            return 0
        # Before what is found, which is thus never older.
        noted = self._noted.get(username)
        findings = list(self._findings.of(username, covered))
        news, after = news_of(findings, noted.findings, covered, self._clock())
        queued = 0
        for each in news:
            found = each.finding
            queued += self._outbox.enqueue(
                username,
                Notification(
                    found.event, found.subject, each.window, found.title, found.text, found.facts
                ),
            )
        if after != noted.findings:
            # If another process has changed it meanwhile, it has queued the same news.
            self._noted.replace(username, noted, after)
        return queued
