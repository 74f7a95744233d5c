"""The product with a clock of its own and a table of its own, whose accounts are scanned."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from api.detection.scan import EventScan
from api.settings import read_settings
from api.wiring import Storage, build_storage
from api.wiring.detection import build_event_scan
from tests.support.accounts import Account
from tests.support.engines import new_table
from tests.support.products import Clock, another_app, keep, lambda_client
from tests.support.recording import RecordingClient
from tests.support.upstream import Place

NOW = 1_790_000_000
HOOK = {"name": "hook", "kind": "webhook"}


class ScannedProduct:
    """The product, with scans that a test makes."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        self.environment = environment
        self.clock = Clock(NOW)
        self.app = another_app(environment, self.clock)
        self.place = place
        self.storage: Storage = build_storage(read_settings(environment))
        keep(self.storage)
        self.recording = RecordingClient(self.storage.table.client)
        self.storage.table.client = self.recording  # type: ignore[assignment]
        self.scan: EventScan = build_event_scan(self.storage, self.clock)

    def account(self, source: str = "203.0.113.7") -> Account:
        """Return a new account that calls from an address."""
        return Account(lambda_client(self.app, source))

    def scan_after(self, seconds: float = 15) -> int:
        """Scan later, and return how many notifications were queued."""
        self.clock.now += seconds
        return self.scan.run()


def add_target(account: Account, place: Place, **members: Any) -> dict[str, Any]:
    """Create a target at a place of the upstream."""
    body = {**HOOK, "address": f"{place.url}/hook", **members}
    answer = account.call("POST", "/api/notifications/targets", body)
    assert answer.status == 201, answer.body
    target: dict[str, Any] = answer.json
    return target


def titles(account: Account) -> list[str]:
    """Return the titles of the account's notifications, the oldest first."""
    items = account.call("GET", "/api/notifications?limit=100").json["items"]
    return [item["title"] for item in reversed(items)]


@pytest.fixture
def own_table(environment: dict[str, str]) -> dict[str, str]:
    """The settings of the product with an empty table."""
    name = f"scanned-{secrets.token_hex(4)}"
    new_table(environment["AWS_ENDPOINT_URL_DYNAMODB"], name)
    return {**environment, "DYNAMODB_TABLE": name}


@pytest.fixture
def product(own_table: dict[str, str], place: Place) -> ScannedProduct:
    """The product with an empty table."""
    return ScannedProduct(own_table, place)
