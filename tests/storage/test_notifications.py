"""Notifications: each once in its window, and a limited number in an hour."""

from __future__ import annotations

import msgspec
import pytest

from api.notifications.outbox import MAX_IN_HOUR, Outbox
from api.storage.notification_targets import (
    LastDelivery,
    NotificationTarget,
    NotificationTargets,
    TargetChanged,
)
from api.storage.notifications import (
    HOUR,
    DeliveryRecord,
    DueSummary,
    Notification,
    Notifications,
)
from api.storage.outbox_items import DueDelivery, OutboxItems
from api.wiring import Storage
from api.wiring.notifications import notification_items, notification_targets, outbox_items
from tests.storage.conftest import NOW, Parallel

QUOTA = Notification("quota", "key-1", "2026-06-01", "Title", "Text", {"percent": 80})
TARGET = NotificationTarget("one", "Mine", "webhook", "cipher text", ("quota", "key"), NOW)


@pytest.fixture
def items(storage: Storage) -> Notifications:
    return notification_items(storage)


@pytest.fixture
def waiting(storage: Storage) -> OutboxItems:
    return outbox_items(storage)


@pytest.fixture
def targets(storage: Storage) -> NotificationTargets:
    return notification_targets(storage)


@pytest.fixture
def outbox(items: Notifications) -> Outbox:
    return Outbox(items, lambda: NOW)


def due(waiting: OutboxItems, username: str, now: int) -> list[DueDelivery | DueSummary]:
    return [one for one in waiting.due(now, 1000) if one.username == username]


def test_a_notification_is_queued_for_the_targets_that_want_its_event(
    items: Notifications,
    waiting: OutboxItems,
    targets: NotificationTargets,
    outbox: Outbox,
    username: str,
) -> None:
    targets.create(username, TARGET)
    targets.create(username, msgspec.structs.replace(TARGET, target_id="off", enabled=False))
    targets.create(username, msgspec.structs.replace(TARGET, target_id="no", events=("backup",)))
    assert outbox.enqueue(username, QUOTA)
    (found,) = due(waiting, username, NOW)
    assert isinstance(found, DueDelivery)
    assert (found.target_id, found.at, found.first_at, found.attempts) == ("one", NOW, NOW, 0)
    notification, target = waiting.read(found)
    assert target == TARGET and notification is not None
    assert notification.facts == {"percent": 80}
    assert notification.deliveries == (DeliveryRecord("one", "waiting", 0, ""),)
    assert items.page(username, NOW - 60, 10, None).items == [notification]


def test_an_event_is_notified_once_in_a_window(
    items: Notifications,
    waiting: OutboxItems,
    targets: NotificationTargets,
    outbox: Outbox,
    username: str,
    parallel: Parallel,
) -> None:
    targets.create(username, TARGET)
    queued = parallel(12, lambda number: outbox.enqueue(username, QUOTA))
    assert queued.count(True) == 1
    others = [
        msgspec.structs.replace(QUOTA, window="2026-06-02"),
        msgspec.structs.replace(QUOTA, subject="key-2"),
        msgspec.structs.replace(QUOTA, event="key"),
    ]
    assert [outbox.enqueue(username, one) for one in others] == [True] * 3
    assert [outbox.enqueue(username, one) for one in others] == [False] * 3
    assert len(due(waiting, username, NOW)) == 4


def test_without_targets_a_notification_is_only_listed(
    items: Notifications, waiting: OutboxItems, outbox: Outbox, username: str
) -> None:
    assert outbox.enqueue(username, QUOTA)
    assert due(waiting, username, NOW) == []
    (listed,) = items.page(username, NOW - 60, 10, None).items
    assert (listed.title, listed.deliveries) == ("Title", ())


def test_an_account_that_does_not_exist_is_not_notified(
    items: Notifications, outbox: Outbox
) -> None:
    assert not outbox.enqueue("nobody-at-all", QUOTA)
    assert items.page("nobody-at-all", 0, 10, None).items == []


def test_further_notifications_of_an_hour_are_counted_in_one_message(
    storage: Storage,
    items: Notifications,
    waiting: OutboxItems,
    targets: NotificationTargets,
    outbox: Outbox,
    username: str,
) -> None:
    targets.create(username, TARGET)
    for number in range(MAX_IN_HOUR + 7):
        assert outbox.enqueue(username, msgspec.structs.replace(QUOTA, subject=f"k{number}"))
    key = msgspec.structs.replace(QUOTA, event="key")
    assert outbox.enqueue(username, key) and not outbox.enqueue(username, key)
    hour = NOW - NOW % HOUR
    assert len(due(waiting, username, NOW)) == MAX_IN_HOUR
    (summary,) = [one for one in due(waiting, username, hour + HOUR) if isinstance(one, DueSummary)]
    later = Outbox(items, lambda: hour + HOUR + 5)
    assert later.summarise(summary, targets.all(username))
    assert not later.summarise(summary, targets.all(username))
    newest = items.page(username, 0, 1, None).items[0]
    assert newest.title == "8 more notifications"
    assert "7 about quotas" in newest.text and "1 about keys" in newest.text
    assert len(due(waiting, username, hour + HOUR + 5)) == MAX_IN_HOUR + 1
    assert later.enqueue(username, msgspec.structs.replace(QUOTA, subject="next hour"))


def test_a_delivery_is_claimed_once_and_ends(
    items: Notifications,
    waiting: OutboxItems,
    targets: NotificationTargets,
    outbox: Outbox,
    username: str,
    parallel: Parallel,
) -> None:
    targets.create(username, TARGET)
    outbox.enqueue(username, QUOTA)
    (found,) = due(waiting, username, NOW)
    assert isinstance(found, DueDelivery)
    assert parallel(8, lambda number: waiting.claim(found, NOW + 60)).count(True) == 1
    assert due(waiting, username, NOW + 59) == []
    (again,) = due(waiting, username, NOW + 60)
    assert isinstance(again, DueDelivery)
    assert (again.attempts, again.first_at) == (1, NOW)
    failed = LastDelivery(NOW, False, "The server responded 500.")
    waiting.finish(again, DeliveryRecord("one", "waiting", 1, failed.detail), failed)
    later = LastDelivery(NOW + 60, False, "The server responded 502.")
    waiting.finish(again, DeliveryRecord("one", "waiting", 2, later.detail), later)
    stored = targets.get(username, "one")
    assert stored is not None
    assert (stored.failing_since, stored.last_delivery) == (NOW, later)
    delivered = LastDelivery(NOW + 90, True, "Delivered.")
    waiting.finish(again, DeliveryRecord("one", "delivered", 3, "Delivered."), delivered)
    stored = targets.get(username, "one")
    assert stored is not None
    assert (stored.failing_since, stored.last_delivery) == (None, delivered)
    assert due(waiting, username, NOW + 86_400) == []
    (listed,) = items.page(username, 0, 10, None).items
    assert listed.deliveries == (DeliveryRecord("one", "delivered", 3, "Delivered."),)


def test_an_outcome_does_not_bring_a_deleted_target_back(
    items: Notifications,
    waiting: OutboxItems,
    targets: NotificationTargets,
    outbox: Outbox,
    username: str,
) -> None:
    targets.create(username, TARGET)
    outbox.enqueue(username, QUOTA)
    (found,) = due(waiting, username, NOW)
    assert isinstance(found, DueDelivery)
    assert targets.delete(username, "one") and not targets.delete(username, "one")
    waiting.finish(found, DeliveryRecord("one", "given_up", 0, ""), LastDelivery(NOW, False, ""))
    assert targets.all(username) == []


def test_a_change_that_saw_an_older_target_is_refused(
    targets: NotificationTargets, username: str
) -> None:
    targets.create(username, TARGET)
    new = msgspec.structs.replace(TARGET, name="New", encrypted="other")
    targets.change(username, TARGET, new)
    with pytest.raises(TargetChanged):
        targets.change(username, TARGET, new)
    stored = targets.get(username, "one")
    assert stored is not None and (stored.name, stored.revision) == ("New", 2)


def test_expired_notifications_are_deleted(
    items: Notifications, outbox: Outbox, username: str
) -> None:
    outbox.enqueue(username, QUOTA)
    items.sweep(username, NOW + 29 * 86_400)
    assert len(items.page(username, 0, 10, None).items) == 1
    items.sweep(username, NOW + 31 * 86_400)
    assert items.page(username, 0, 10, None).items == []
    assert not outbox.enqueue(username, QUOTA)  # still the same window


def test_more_targets_than_the_cap_do_not_prevent_a_notification(
    waiting: OutboxItems, targets: NotificationTargets, outbox: Outbox, username: str
) -> None:
    for number in range(105):
        targets.create(username, msgspec.structs.replace(TARGET, target_id=f"t{number}"))
    assert outbox.enqueue(username, QUOTA)
    assert len(due(waiting, username, NOW)) == 20
