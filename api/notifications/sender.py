"""Sends a notification to one target, whatever its kind."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from api.errors import Problem
from api.notifications.messages import (
    Message,
    discord_body,
    ntfy_body,
    slack_body,
    webhook_body,
)
from api.notifications.results import AttemptResult, Mailer
from api.notifications.signing import signed_headers
from api.notifications.texts import named
from api.notifications.web_sender import post
from api.proxy.exchange import UpstreamClient
from api.schemas.notifications import TestResult
from api.services.keys.cipher import Cipher
from api.services.notifications.addresses import InvalidAddress, WebAddress, parse_web_address
from api.services.notifications.secrets import TargetSecrets, unseal
from api.storage.notification_targets import NotificationTarget


class Sender:
    """Sends messages. `mailer` is None without settings for mail; `clock` is in epoch seconds."""

    def __init__(
        self,
        client: UpstreamClient,
        mailer: Mailer | None,
        cipher: Cipher,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._mailer = mailer
        self._cipher = cipher
        self._clock = clock

    def send(self, username: str, target: NotificationTarget, message: Message) -> AttemptResult:
        """Make one attempt and return its outcome. Raises nothing for a target that fails."""
        try:
            found = unseal(self._cipher, username, target)
        except Problem as problem:
            return AttemptResult(False, problem.detail)
        address = found.address.reveal()
        if target.kind == "email":
            if self._mailer is None:
                return AttemptResult(False, "This server cannot send email.")
            return self._mailer.send(message, address)
        try:
            parsed = parse_web_address(target.kind, address, self._client.allowed)
        except InvalidAddress as error:
            return AttemptResult(False, error.reason)
        headers, body = self._request(target, found, parsed, message)
        return post(self._client, parsed, headers, body)

    def test(self, username: str, target: NotificationTarget) -> TestResult:
        """Send a test message at once, and return what came of it."""
        now = int(self._clock())
        message = Message(
            message_id=f"test-{now}-{secrets.token_hex(8)}",
            at=now,
            event="test",
            title="Test notification",
            text=f"Notifications of API Dashboard reach the target {named(target.name)}.",
        )
        result = self.send(username, target, message)
        return TestResult(delivered=result.delivered, status=result.status, detail=result.detail)

    def _request(
        self,
        target: NotificationTarget,
        found: TargetSecrets,
        address: WebAddress,
        message: Message,
    ) -> tuple[list[tuple[str, str]], bytes]:
        """Return the header fields and the body for a kind of target."""
        if target.kind == "ntfy":
            token = found.access_token
            headers = [("Authorization", f"Bearer {token.reveal()}")] if token is not None else []
            return headers, ntfy_body(message, address.topic)
        if target.kind == "slack":
            return [], slack_body(message)
        if target.kind == "discord":
            return [], discord_body(message)
        now = int(self._clock())
        signing = [found.signing, found.previous if now < target.previous_until else None]
        body = webhook_body(message)
        keys = [secret for secret in signing if secret is not None]
        return signed_headers(keys, message.message_id, now, body), body
