"""Deliveries of notifications that are still to be made: found by time, claimed, finished."""

from __future__ import annotations

from typing import Any

import msgspec

from api.storage.notification_targets import (
    LastDelivery,
    NotificationTarget,
    NotificationTargets,
    as_target,
    target_key,
)
from api.storage.notifications import (
    HOUR_PREFIX,
    LISTING,
    OUTBOX_PREFIX,
    STATE_PREFIX,
    DeliveryRecord,
    DueSummary,
    StoredNotification,
    as_notification,
    index_sort_key,
    notification_key,
    outbox_sort_key,
)
from api.storage.operations import EXISTS
from api.storage.table import ConditionFailed, Table
from api.storage.users import user_partition


class DueDelivery(msgspec.Struct, frozen=True):
    """A delivery whose next attempt is at `at`; the notification was queued at `first_at`.

    `restored` is whether it comes from a backup (item_kinds.py).
    """

    username: str
    notification_id: str
    target_id: str
    at: int
    first_at: int
    attempts: int
    restored: bool = False


class OutboxItems:
    """Finds and claims deliveries, and stores how they ended."""

    def __init__(self, table: Table, targets: NotificationTargets) -> None:
        self._table = table
        self._targets = targets

    def due(self, now: int, limit: int) -> list[DueDelivery | DueSummary]:
        """Find what is due, the longest overdue first (eventually consistent)."""
        result = self._table.query(LISTING, between=("0", f"{now:010d}#~"), index=True, limit=limit)
        return [_as_due(item) for item in result.items]

    def claim(self, due: DueDelivery, next_at: int, *, is_attempt: bool = True) -> bool:
        """Claim a delivery, whose next attempt is then at `next_at`.

        Returns False if another process claimed it or it was deleted.
        """
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(due.username),
                    outbox_sort_key(due.notification_id, due.target_id),
                    "SET #at = :next, GSI1SK = :key ADD attempts :one",
                    {
                        ":next": next_at,
                        ":key": index_sort_key(next_at, due.username),
                        ":one": 1 if is_attempt else 0,
                        ":seen": due.at,
                        ":attempts": due.attempts,
                    },
                    names={"#at": "at"},
                    condition="#at = :seen AND attempts = :attempts",
                )
            )
        except ConditionFailed:
            return False
        return True

    def read(self, due: DueDelivery) -> tuple[StoredNotification | None, NotificationTarget | None]:
        """Read the notification and the target of a delivery. Either may be deleted."""
        keys = [
            notification_key(due.username, due.notification_id),
            target_key(due.username, due.target_id),
        ]
        found = self._table.get_many(keys)
        notification, target = (found.get(key) for key in keys)
        return (
            as_notification(notification) if notification else None,
            as_target(target) if target else None,
        )

    def finish(
        self, due: DueDelivery, record: DeliveryRecord, outcome: LastDelivery | None
    ) -> None:
        """Store how an attempt ended. A delivery that is not waiting leaves the outbox."""
        pk = user_partition(due.username)
        operations = [
            self._table.update_op(
                *notification_key(due.username, due.notification_id),
                "SET #state = :record",
                {":record": [record.state, record.attempts, record.detail]},
                names={"#state": f"{STATE_PREFIX}{due.target_id}"},
                condition=EXISTS,
            )
        ]
        if record.state != "waiting":
            sort_key = outbox_sort_key(due.notification_id, due.target_id)
            operations.append(self._table.delete_op(pk, sort_key))
        if outcome is not None:
            operations.append(self._targets.delivered_op(due.username, due.target_id, outcome))
        self._table.batch(operations)


def _as_due(item: dict[str, Any]) -> DueDelivery | DueSummary:
    username, sort_key = item["PK"].removeprefix("USER#"), item["SK"]
    if sort_key.startswith(HOUR_PREFIX):
        return DueSummary(username, int(sort_key.removeprefix(HOUR_PREFIX)))
    notification_id, _, target_id = sort_key.removeprefix(OUTBOX_PREFIX).partition("#")
    return DueDelivery(
        username,
        notification_id,
        target_id,
        item["at"],
        item["first_at"],
        item["attempts"],
        "restored" in item,
    )
