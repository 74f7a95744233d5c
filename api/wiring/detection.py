"""Builds the scan for what users are notified of, and the notices that services send."""

from __future__ import annotations

from collections.abc import Callable

from api.detection.accounts import AccountFindings
from api.detection.backups import BackupOutcome
from api.detection.scan import EventScan
from api.services.notifications.security_notices import SecurityNotices
from api.storage.budget_counters import BudgetCounters
from api.storage.budgets import Budgets
from api.storage.noted_findings import NotedFindings
from api.storage.notified_accounts import NotifiedAccounts
from api.wiring.notifications import build_outbox, notification_targets
from api.wiring.shared import Clock, Shared, Storage


def build_event_scan(
    storage: Storage,
    clock: Clock,
    backups: Callable[[], BackupOutcome | None] | None = None,
) -> EventScan:
    """Build the scan. `backups` is as in AccountFindings."""
    table = storage.table
    return EventScan(
        NotifiedAccounts(table),
        NotedFindings(table, storage.users),
        AccountFindings(
            storage.pools,
            storage.keys,
            storage.usage,
            storage.tokens,
            Budgets(table, storage.pools, storage.tokens),
            BudgetCounters(table),
            backups,
            clock,
        ),
        build_outbox(storage, clock),
        clock,
    )


def build_security_notices(shared: Shared) -> SecurityNotices:
    """Build what notifies users of sign-ins and of changes to how they sign in."""
    storage, clock = shared.storage, shared.clock
    outbox = None if shared.settings.closed else build_outbox(storage, clock)
    return SecurityNotices(notification_targets(storage), outbox, clock)
