"""An account whose calls are measured in database trips and capacity units."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from api.storage.requests import LogEntry
from api.wiring import Storage, build_app, build_storage
from tests.support.accounts import Account
from tests.support.capacity import units
from tests.support.clients import Response
from tests.support.in_process import InProcess
from tests.support.products import keep
from tests.support.recording import RecordingClient
from tests.support.upstream import Place, Upstream

KEYS = 100
LOG_ITEMS = 10_000


class MeasuredAccount:
    """An account on a table whose client records every trip."""

    def __init__(self, settings: Any, upstream: Upstream) -> None:
        self.settings = settings
        self.storage: Storage = build_storage(settings)
        self.trips = RecordingClient(self.storage.table.client)
        self.storage.table.client = self.trips  # type: ignore[assignment]
        app = build_app(settings, storage=self.storage)
        keep(self.storage, app)
        self.client = InProcess(app)
        # A name of a usual length: ten characters.
        self.account = Account(self.client, f"ada-{secrets.token_hex(3)}")
        self.upstream = upstream

    def stock(self, place: Place) -> None:
        """Store 100 APIs with one key each, one API with 100 keys, and 10,000 log entries."""
        body = {
            "base_url": place.url,
            "auth": {"scheme": "bearer"},
            "secret": "sk-proj-" + "s" * 156,
        }
        for i in range(KEYS):
            for api_name in (f"api-{i}", "pool"):
                answer = self.account.call("POST", "/api/keys", {**body, "api_name": api_name})
                assert answer.status == 201, answer.body
        entry = LogEntry(
            "0123456789abcdef", 0.0, "pool", "GET", "api.example.com:443", "/v1/x", 200, 10
        )
        table = self.storage.table
        now = time.time()

        def write(start: int) -> None:
            entries = [
                msgspec.structs.replace(entry, at=now - (start + i) * 0.5) for i in range(25)
            ]
            puts = [self.storage.log.put_op(self.account.username, one)[1] for one in entries]
            self.trips.unrecorded(
                "BatchWriteItem",
                {"RequestItems": {table.name: [{"PutRequest": {"Item": p["Item"]}} for p in puts]}},
            )

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(write, range(0, LOG_ITEMS, 25)))

    def stored(self, username: str, sort_key: str) -> dict[str, Any]:
        """Read an item in DynamoDB's typed JSON."""
        key = {"PK": {"S": f"USER#{username}"}, "SK": {"S": sort_key}}
        table = self.storage.table.name
        item: dict[str, Any] = self.trips.unrecorded("GetItem", {"TableName": table, "Key": key})[
            "Item"
        ]
        return item

    def cost(self, call: Callable[[], Response]) -> tuple[Response, int, int, int]:
        """Return the response of a call with its trips, read units and write units."""
        self.trips.clear()
        answer = call()
        trips = list(self.trips.trips)
        costs = [units(trip, self.trips) for trip in trips]
        read, written = (sum(part) for part in zip(*costs, strict=True))
        return answer, len(trips), read, written
