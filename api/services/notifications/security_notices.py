"""Notifies users of what concerns the security of their account, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from api.client_family import client_family
from api.logs import log_failure
from api.services.accounts.throttling import network
from api.services.notifications.wording import shown_name, utc
from api.storage.notification_targets import NotificationTargets
from api.storage.notifications import Fact, Notification

_HOUR = 3600
_NOT_YOU = "If that was not you, change your password and end the other sessions now."


class NoticeOutbox(Protocol):
    """Queues notifications, each once in its window."""

    def enqueue(self, username: str, notification: Notification) -> bool:
        """Queue a notification. False if it was queued before."""


class SecurityNotices:
    """Queues security notices. A failure is logged: it must not fail what the user does.

    `outbox` is None while the server is closed for writes: then nothing is queued. `clock` returns
    epoch seconds. Every `source` is the client's address.
    """

    def __init__(
        self,
        targets: NotificationTargets,
        outbox: NoticeOutbox | None,
        clock: Callable[[], float],
    ) -> None:
        self._targets = targets
        self._outbox = outbox
        self._clock = clock

    def signed_in(self, username: str, source: str, user_agent: str) -> None:
        """Notify of a sign-in from a network and a browser that are not known.

        An account without targets gets nothing, so the very first sign-in is no news.
        """
        now = int(self._clock())
        place, client = network(source), client_family([("User-Agent", user_agent)])
        self._queue(
            username,
            Notification(
                "sign_in",
                f"place:{place}",
                str(now // _HOUR),
                "Sign-in from a new place",
                f"Somebody signed in to {username} from {place} with {client} at {utc(now)}. "
                f"Neither the network nor the browser was used before. {_NOT_YOU}",
                {"network": place, "client": client, "at": now},
            ),
            only_with_targets=True,
        )

    def password_changed(self, username: str, source: str) -> None:
        """Notify of a new password."""
        self._notice(
            username,
            "password",
            "The password was changed",
            f"The password of {username} was changed, which ended every session.",
            source,
        )

    def factor_removed(self, username: str, kind: str, name: str, source: str) -> None:
        """Notify of a second factor that was removed. `kind` is passkey or authenticator app."""
        label = f" “{shown_name(name)}”" if name else ""
        self._notice(
            username,
            f"removed:{kind}:{name}",
            f"A second factor was removed: {kind}",
            f"The {kind}{label} of {username} was removed and no longer works.",
            source,
        )

    def recovery_code_used(self, username: str, left: int, source: str) -> None:
        """Notify of a sign-in or a confirmation with a recovery code. `left` are not used yet."""
        advice = "" if left > 2 else " Create new ones soon."
        self._notice(
            username,
            f"recovery:{left}",
            "A recovery code was used",
            f"A recovery code of {username} was used; {left} are left.{advice}",
            source,
            recovery_codes_left=left,
        )

    def passkey_cloned(self, username: str, name: str, source: str) -> None:
        """Notify of a passkey whose counter went back: somebody may have a copy of it."""
        self._notice(
            username,
            f"cloned:{name}",
            "A passkey may have been copied",
            f"The passkey “{shown_name(name)}” of {username} was refused: its counter shows that "
            "another copy of it is in use. Remove it, and create a new one.",
            source,
        )

    def _notice(
        self, username: str, subject: str, title: str, text: str, source: str, **facts: Fact
    ) -> None:
        now = int(self._clock())
        place = network(source)
        self._queue(
            username,
            Notification(
                "sign_in",
                subject,
                str(now),
                title,
                f"{text} That was at {utc(now)} from {place}. {_NOT_YOU}",
                {"network": place, "at": now, **facts},
            ),
        )

    def _queue(
        self, username: str, notification: Notification, *, only_with_targets: bool = False
    ) -> None:
        if self._outbox is None:
            return
        try:
            if not only_with_targets or any(
                notification.event in target.events and target.enabled
                for target in self._targets.all(username)
            ):
                self._outbox.enqueue(username, notification)
        except Exception:
            log_failure(
                "notice_failed", user=username, about=notification.subject.partition(":")[0]
            )
