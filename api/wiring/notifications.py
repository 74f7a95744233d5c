"""Builds the notifications: their storage, the service of the API, the outbox."""

from __future__ import annotations

from api.notifications.outbox import Outbox
from api.services.notifications.service import NotificationService
from api.storage.notification_targets import NotificationTargets
from api.storage.notifications import Notifications
from api.storage.outbox_items import OutboxItems
from api.wiring.shared import Clock, Shared, Storage


def build_notification_service(shared: Shared) -> NotificationService:
    """Build the service of the endpoints."""
    storage, settings = shared.storage, shared.settings
    return NotificationService(
        notification_targets(storage),
        notification_items(storage),
        shared.cipher,
        shared.resolver,
        settings.allowed_upstreams,
        settings.mail is not None,
        shared.clock,
    )


def build_outbox(storage: Storage, clock: Clock) -> Outbox:
    """Build what queues notifications."""
    return Outbox(notification_items(storage), clock)


def notification_targets(storage: Storage) -> NotificationTargets:
    """Return the storage of targets."""
    return NotificationTargets(storage.table, storage.users)


def notification_items(storage: Storage) -> Notifications:
    """Return the storage of notifications."""
    return Notifications(storage.table, storage.users)


def outbox_items(storage: Storage) -> OutboxItems:
    """Return the storage of deliveries that are still to be made."""
    return OutboxItems(storage.table, notification_targets(storage))
