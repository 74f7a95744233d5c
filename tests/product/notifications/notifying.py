"""The product with its own clock, outbox and run, for one user."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from api.settings import read_settings
from api.storage.notifications import Notification
from api.wiring import build_shared
from api.wiring.notifications import build_notification_run, build_outbox
from tests.support.accounts import Account
from tests.support.clients import Response
from tests.support.products import Clock, another_app, keep, lambda_client
from tests.support.upstream import Place

TARGETS = "/api/notifications/targets"
EXAMPLE = Notification(
    event="quota",
    subject="openai.k3v9x2m8q4w7z1ab",
    window="2026-06",
    title="OpenAI runs out in 2 hours",
    text="At the present rate the quota of “openai” is used up at 14:00 UTC.",
    facts={"api_name": "openai", "percent": 92},
)


class NotifyingProduct:
    """One user of the product. `place` is where the targets are, unless a test says otherwise."""

    def __init__(self, environment: Mapping[str, str], place: Place, **changes: str) -> None:
        self.environment = {**environment, **changes}
        self.clock = Clock()
        self.account = Account(lambda_client(another_app(self.environment, self.clock)))
        self.place = place
        self.shared = build_shared(read_settings(self.environment), clock=self.clock)
        keep(self.shared)
        self.outbox = build_outbox(self.shared.storage, self.clock)
        self.run = build_notification_run(self.shared)

    def call(self, method: str, path: str, body: object = None) -> Response:
        """Call the API, with a new session if the clock was moved."""
        answer = self.account.call(method, path, body)
        if answer.status == 401:
            self.account.sign_in()
            answer = self.account.call(method, path, body)
        return answer

    def target(self, kind: str = "webhook", address: str = "", **members: Any) -> dict[str, Any]:
        """Create a target, by default at the place."""
        body = {
            "name": f"My {kind}",
            "kind": kind,
            "address": address or f"{self.place.url}/{secrets.token_hex(8)}",
            **members,
        }
        answer = self.call("POST", TARGETS, body)
        assert answer.status == 201, answer.body
        created: dict[str, Any] = answer.json
        return created

    def read(self, target: Mapping[str, Any]) -> dict[str, Any]:
        """Return a target as the API shows it."""
        answer = self.call("GET", f"{TARGETS}/{target['target_id']}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def test(self, target: Mapping[str, Any]) -> Any:
        """Send a test to a target."""
        answer = self.call("POST", f"{TARGETS}/{target['target_id']}/test")
        assert answer.status == 200, answer.body
        return answer.json

    def notify(self, **changes: Any) -> bool:
        """Queue a notification of this user."""
        notification = msgspec.structs.replace(EXAMPLE, **changes)
        return self.outbox.enqueue(self.account.username, notification)

    def deliver(self, after: float = 0) -> int:
        """Make what is due `after` seconds later. Returns the number of requests at the place."""
        self.clock.now += after
        before = len(self.place.received)
        self.run.run()
        return len(self.place.received) - before

    def listed(self) -> list[dict[str, Any]]:
        """Return the notifications that the API lists."""
        answer = self.call("GET", "/api/notifications")
        assert answer.status == 200, answer.body
        items: list[dict[str, Any]] = answer.json["items"]
        return items
