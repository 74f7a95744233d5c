"""Notifications and their deliveries.

| item of `USER#{username}` | what it stores |
|---|---|
| `NOTIFICATION#{notification_id}` | a notification with the state of each delivery, for 30 days |
| `NOTIFIED#{hash}` | that an event of a subject was notified in a window, for 400 days |
| `OUTBOX#{notification_id}#{target_id}` | a delivery that is still to be made |
| `NOTIFYHOUR#{hour}` | how many notifications an hour had, and how many were only counted |

outbox_items.py finds and claims deliveries. They are listed in the index by the time of their next
attempt: `GSI1PK = OUTBOX`, `GSI1SK = {epoch seconds}#{username}`. So is an hour with counted
notifications, by its end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from api.aws.json_client import Operation
from api.storage.marshal import decode_item
from api.storage.notification_targets import (
    TARGET_PREFIX,
    NotificationTarget,
    as_target,
)
from api.storage.operations import NOT_EXISTS
from api.storage.page import Page, delete_expired, start_key
from api.storage.table import ConditionFailed, Table, TransactionFailed
from api.storage.users import Users, user_partition

HOUR = 3600
KEPT_SECONDS = 30 * 86_400
_NOTIFIED_SECONDS = 400 * 86_400
_COUNTED_SECONDS = 2 * 86_400
LISTING = "OUTBOX"
_PREFIX = "NOTIFICATION#"
_NOTIFIED_PREFIX = "NOTIFIED#"
OUTBOX_PREFIX = "OUTBOX#"
HOUR_PREFIX = "NOTIFYHOUR#"
STATE_PREFIX = "delivery:"
_COUNTED_PREFIX = "counted:"

DeliveryState = Literal["waiting", "delivered", "given_up"]
Fact = str | int | float | bool | None


class Notification(msgspec.Struct, frozen=True):
    """What a user is told: a title and a text without markup, secrets, paths and queries.

    `event` is a word of NotificationEvent. An event of a `subject`, such as a key's id, is notified
    once in a `window`, a text such as `2026-12`. `facts` are the same as members for programs.
    """

    event: str
    subject: str
    window: str
    title: str
    text: str
    facts: dict[str, Fact] = {}


class DeliveryRecord(msgspec.Struct, frozen=True):
    """How the delivery to a target went until now."""

    target_id: str
    state: DeliveryState
    attempts: int
    detail: str


class StoredNotification(msgspec.Struct, frozen=True):
    """A notification of `at` (epoch seconds) with its deliveries."""

    notification_id: str
    at: int
    event: str
    title: str
    text: str
    facts: dict[str, Fact]
    deliveries: tuple[DeliveryRecord, ...]


class DueSummary(msgspec.Struct, frozen=True):
    """An hour, by its start in epoch seconds, in which notifications were only counted."""

    username: str
    hour: int


class OutboxState(msgspec.Struct, frozen=True):
    """What decides whether a notification is queued."""

    targets: list[NotificationTarget]
    is_notified: bool
    queued: int


class AlreadyNotified(Exception):
    """The event was notified before, or the account no longer exists."""


class HourFull(Exception):
    """As many notifications as an hour may have are queued."""


class Notifications:
    """Stores notifications and queues their deliveries."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def state(self, username: str, notification: Notification, hour: int) -> OutboxState:
        """Read the targets, and whether the notification or the hour's limit is reached."""
        pk = user_partition(username)
        notified = (pk, _notified_sort_key(notification))
        counter = (pk, _hour_sort_key(hour))
        found, rest = self._table.batch(
            [
                self._table.query_op(pk, prefix=TARGET_PREFIX),
                self._table.batch_get_op([notified, counter]),
            ]
        )
        assert not isinstance(found, ConditionFailed) and not isinstance(rest, ConditionFailed)
        items = {(item["PK"], item["SK"]): item for item in rest["items"]}
        return OutboxState(
            [as_target(decode_item(item)) for item in found.get("Items", [])],
            notified in items,
            int(items.get(counter, {}).get("queued", 0)),
        )

    def add(
        self,
        username: str,
        notification: Notification,
        notification_id: str,
        target_ids: Sequence[str],
        now: int,
        most: int,
    ) -> None:
        """Store a notification and queue its deliveries, if fewer than `most` are in this hour.

        Raises AlreadyNotified and HourFull.
        """
        operations = [
            self._users.assert_active_op(username),
            self._notified_op(username, notification, now),
            self._table.update_op(
                user_partition(username),
                _hour_sort_key(now - now % HOUR),
                "SET #ttl = :ttl ADD queued :one",
                {":ttl": now + _COUNTED_SECONDS, ":one": 1, ":most": most},
                names={"#ttl": "ttl"},
                condition="attribute_not_exists(queued) OR queued < :most",
            ),
            *self._add_ops(username, notification, notification_id, target_ids, now),
        ]
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            if {0, 1} & set(failure.failed):
                raise AlreadyNotified from failure
            raise HourFull from failure

    def count(self, username: str, notification: Notification, now: int) -> None:
        """Count a notification that is one too many. Its hour is then due at its end.

        Raises AlreadyNotified.
        """
        hour = now - now % HOUR
        operations = [
            self._users.assert_active_op(username),
            self._notified_op(username, notification, now),
            self._table.update_op(
                user_partition(username),
                _hour_sort_key(hour),
                "SET #ttl = :ttl, GSI1PK = :listing, GSI1SK = :end ADD #counted :one",
                {
                    ":ttl": now + _COUNTED_SECONDS,
                    ":listing": LISTING,
                    ":end": index_sort_key(hour + HOUR, username),
                    ":one": 1,
                },
                names={"#ttl": "ttl", "#counted": f"{_COUNTED_PREFIX}{notification.event}"},
            ),
        ]
        try:
            self._table.transact(operations)
        except TransactionFailed as failure:
            raise AlreadyNotified from failure

    def count_test(self, username: str, now: int, most: int) -> bool:
        """Count a test of this hour. Returns False if there were `most` before."""
        try:
            self._table.run(
                self._table.update_op(
                    user_partition(username),
                    _hour_sort_key(now - now % HOUR),
                    "SET #ttl = :ttl ADD tests :one",
                    {":ttl": now + _COUNTED_SECONDS, ":one": 1, ":most": most},
                    names={"#ttl": "ttl"},
                    condition="attribute_not_exists(tests) OR tests < :most",
                )
            )
        except ConditionFailed:
            return False
        return True

    def counted(self, due: DueSummary) -> dict[str, int]:
        """Read how many notifications of each event the hour only counted."""
        item = self._table.get(user_partition(due.username), _hour_sort_key(due.hour)) or {}
        return {
            name.removeprefix(_COUNTED_PREFIX): int(value)
            for name, value in item.items()
            if name.startswith(_COUNTED_PREFIX)
        }

    def add_summary(
        self,
        due: DueSummary,
        counted: dict[str, int],
        notification: Notification,
        notification_id: str,
        target_ids: Sequence[str],
        now: int,
    ) -> bool:
        """Queue the summary of an hour. Returns False if it was queued or more was counted."""
        names = {f"#c{number}": f"{_COUNTED_PREFIX}{event}" for number, event in enumerate(counted)}
        values = {f":c{number}": value for number, value in enumerate(counted.values())}
        condition = " AND ".join(f"#c{number} = :c{number}" for number in range(len(counted)))
        operations = [
            self._users.assert_active_op(due.username),
            self._table.update_op(
                user_partition(due.username),
                _hour_sort_key(due.hour),
                f"REMOVE GSI1PK, GSI1SK{''.join(f', {name}' for name in names)}",
                values,
                names=names,
                condition=condition,
            ),
            *self._add_ops(due.username, notification, notification_id, target_ids, now),
        ]
        try:
            self._table.transact(operations)
        except TransactionFailed:
            return False
        return True

    def page(
        self, username: str, since: int, limit: int, after: str | None
    ) -> Page[StoredNotification]:
        """Read a page of notifications since a time (epoch seconds), the newest first."""
        pk = user_partition(username)
        result = self._table.query(
            pk,
            between=(f"{_PREFIX}{since * 1000:013d}", f"{_PREFIX}~"),
            limit=limit,
            after=start_key(pk, after),
            newest_first=True,
        )
        items = [as_notification(item) for item in result.items]
        return Page(items, result.last["SK"] if result.last else None)

    def sweep(self, username: str, now: float) -> None:
        """Delete the expired items of a user."""
        for prefix in (_PREFIX, _NOTIFIED_PREFIX, HOUR_PREFIX):
            delete_expired(self._table, user_partition(username), prefix, now)

    def _add_ops(
        self,
        username: str,
        notification: Notification,
        notification_id: str,
        target_ids: Sequence[str],
        now: int,
    ) -> list[Operation]:
        pk, sk = notification_key(username, notification_id)
        stored: dict[str, Any] = {
            "PK": pk,
            "SK": sk,
            "at": now,
            "event": notification.event,
            "title": notification.title,
            "text": notification.text,
            "facts": msgspec.json.encode(notification.facts).decode(),
            "ttl": now + KEPT_SECONDS,
            **{f"{STATE_PREFIX}{target_id}": ["waiting", 0, ""] for target_id in target_ids},
        }
        queued = [
            self._table.put_op(
                {
                    "PK": pk,
                    "SK": outbox_sort_key(notification_id, target_id),
                    "GSI1PK": LISTING,
                    "GSI1SK": index_sort_key(now, username),
                    "at": now,
                    "first_at": now,
                    "attempts": 0,
                }
            )
            for target_id in target_ids
        ]
        return [self._table.put_op(stored), *queued]

    def _notified_op(self, username: str, notification: Notification, now: int) -> Operation:
        item = {
            "PK": user_partition(username),
            "SK": _notified_sort_key(notification),
            "ttl": now + _NOTIFIED_SECONDS,
        }
        return self._table.put_op(item, NOT_EXISTS)


def notification_key(username: str, notification_id: str) -> tuple[str, str]:
    """Return PK and SK of a notification."""
    return user_partition(username), f"{_PREFIX}{notification_id}"


def _notified_sort_key(notification: Notification) -> str:
    text = "\0".join((notification.event, notification.subject, notification.window))
    return _NOTIFIED_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32]


def _hour_sort_key(hour: int) -> str:
    return f"{HOUR_PREFIX}{hour:010d}"


def outbox_sort_key(notification_id: str, target_id: str) -> str:
    """Return SK of a delivery."""
    return f"{OUTBOX_PREFIX}{notification_id}#{target_id}"


def index_sort_key(at: int, username: str) -> str:
    """Return the index's sort key of what is due at a time (epoch seconds)."""
    return f"{at:010d}#{username}"


def as_notification(item: dict[str, Any]) -> StoredNotification:
    """Return the notification that an item stores."""
    deliveries = [
        DeliveryRecord(name.removeprefix(STATE_PREFIX), *value)
        for name, value in sorted(item.items())
        if name.startswith(STATE_PREFIX)
    ]
    return StoredNotification(
        item["SK"].removeprefix(_PREFIX),
        item["at"],
        item["event"],
        item["title"],
        item["text"],
        msgspec.json.decode(item["facts"], type=dict[str, Fact]),
        tuple(deliveries),
    )
