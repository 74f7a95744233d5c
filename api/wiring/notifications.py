"""Builds the notifications: storage, the service of the API, the outbox and its runs."""

from __future__ import annotations

from api.notifications.outbox import Outbox
from api.notifications.results import Mailer
from api.notifications.run import NotificationRun
from api.notifications.sender import Sender
from api.services.notifications.service import NotificationService
from api.settings import Settings
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
        _sender(shared),
        shared.cipher,
        shared.resolver,
        settings.allowed_upstreams,
        settings.mail is not None,
        shared.clock,
    )


def build_notification_run(shared: Shared) -> NotificationRun:
    """Build what makes the deliveries that are due."""
    storage = shared.storage
    return NotificationRun(
        outbox_items(storage),
        notification_targets(storage),
        build_outbox(storage, shared.clock),
        _sender(shared),
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


def _sender(shared: Shared) -> Sender:
    return Sender(shared.upstream, _mailer(shared.settings), shared.cipher, shared.clock)


def _mailer(settings: Settings) -> Mailer | None:
    mail = settings.mail
    if mail is None:
        return None
    if mail.smtp is not None:
        from api.notifications.smtp_mailer import SmtpMailer

        return SmtpMailer(mail.sender, mail.smtp, settings.certificate_authorities)
    from api.notifications.ses_mailer import SesMailer

    return SesMailer(mail.sender, settings.region)
