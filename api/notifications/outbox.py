"""Queues notifications: each once in its window, and a limited number in an hour."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from api.logs import log_event
from api.notifications.texts import clean_text, clean_title, counted_text
from api.services.notifications.service import MAX_TARGETS
from api.storage.notification_targets import NotificationTarget
from api.storage.notifications import (
    HOUR,
    AlreadyNotified,
    DueSummary,
    HourFull,
    Notification,
    Notifications,
)

MAX_IN_HOUR = 30
"""Notifications that an account's targets get one by one in an hour. Further ones are counted."""


class Outbox:
    """Queues notifications for the targets that want them. `clock` returns epoch seconds."""

    def __init__(self, notifications: Notifications, clock: Callable[[], float]) -> None:
        self._notifications = notifications
        self._clock = clock

    def enqueue(self, username: str, notification: Notification, *, without: str = "") -> bool:
        """Queue a notification for every target of its event, except the one with the id `without`.

        Returns False if the event of this subject was notified before in this window. An account
        without targets has the notification in its list only. Beyond MAX_IN_HOUR in an hour, a
        notification is counted, and the hour's summary says how many there were.
        """
        now = int(self._clock())
        state = self._notifications.state(username, notification, now - now % HOUR)
        if state.is_notified:
            return False
        clean = Notification(
            notification.event,
            notification.subject,
            notification.window,
            clean_title(notification.title),
            clean_text(notification.text),
            {
                name: clean_title(value) if isinstance(value, str) else value
                for name, value in notification.facts.items()
            },
        )
        target_ids = [
            target_id
            for target_id in wanted_by(state.targets, [notification.event])
            if target_id != without
        ]
        try:
            if state.queued < MAX_IN_HOUR:
                try:
                    self._notifications.add(
                        username, clean, new_notification_id(now), target_ids, now, MAX_IN_HOUR
                    )
                except HourFull:
                    self._notifications.count(username, clean, now)
            else:
                self._notifications.count(username, clean, now)
        except AlreadyNotified:
            return False
        log_event("notification_queued", user=username, about=notification.event)
        return True

    def summarise(self, due: DueSummary, targets: Sequence[NotificationTarget]) -> bool:
        """Queue the summary of an hour. Returns False if another process did."""
        now = int(self._clock())
        counted = self._notifications.counted(due)
        if not counted:
            return False
        title, text = counted_text(counted, due.hour)
        summary = Notification(
            "summary", str(due.hour), "", title, text, {"count": sum(counted.values())}
        )
        return self._notifications.add_summary(
            due, counted, summary, new_notification_id(now), wanted_by(targets, list(counted)), now
        )


def wanted_by(targets: Sequence[NotificationTarget], events: Sequence[str]) -> list[str]:
    """Return the ids of the targets that are enabled and want one of the events.

    Every target wants the events that nobody can choose, which are about notifications. There are
    at most MAX_TARGETS, although targets that are created at the same time can exceed the cap: all
    deliveries of a notification are queued in one transaction.
    """
    wanted = [
        target.target_id
        for target in targets
        if target.enabled
        and any(event in target.events or event in ("summary", "target") for event in events)
    ]
    return wanted[:MAX_TARGETS]


def new_notification_id(now: int) -> str:
    """Return a random id that sorts by time. It has no dot, as Standard Webhooks requires."""
    return f"{now * 1000:013d}-{secrets.token_hex(8)}"
