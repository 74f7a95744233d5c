"""The outcome of one attempt to deliver a notification."""

from __future__ import annotations

from typing import Protocol

import msgspec

from api.notifications.messages import Message

SECONDS = 10.0
"""The time for one attempt in all, from the lookup of the name to the response."""


class AttemptResult(msgspec.Struct, frozen=True):
    """Whether a target accepted a message, and a sentence for the user.

    `status` is that of an HTTP response. `retry_after` are the seconds that the target asks to wait
    for. `is_final` means that another attempt cannot succeed.
    """

    delivered: bool
    detail: str
    status: int | None = None
    retry_after: int = 0
    is_final: bool = False


class Mailer(Protocol):
    """Sends emails."""

    def send(self, message: Message, recipient: str) -> AttemptResult:
        """Send one email. Never raises."""
        ...
