"""A client of the table that records trips, operations and consumed capacity."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from api.aws.json_client import AwsError, JsonClient, Operation

# Operations that can return their consumed capacity.
METERED = frozenset(
    {
        "GetItem",
        "BatchGetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
    }
)
READS = frozenset({"GetItem", "BatchGetItem", "Query"})


@dataclass
class Trip:
    """The calls of one round trip with their responses."""

    calls: list[Operation]
    answers: list[dict[str, Any] | AwsError] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        """The names of the operations."""
        return [operation for operation, _ in self.calls]


class RecordingClient:
    """Wraps a JsonClient and records every trip. Thread-safe."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.trips: list[Trip] = []

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a call as JsonClient.call does."""
        result = self.batch([(operation, payload)])[0]
        if isinstance(result, AwsError):
            raise result
        return result

    def batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        """Send calls as JsonClient.batch does."""
        asked = [
            (name, payload | {"ReturnConsumedCapacity": "TOTAL"} if name in METERED else payload)
            for name, payload in calls
        ]
        trip = Trip(list(calls))
        with self._lock:
            self.trips.append(trip)
        trip.answers = self._client.batch(asked)
        return trip.answers

    def unrecorded(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a call without recording it."""
        return self._client.call(operation, payload)

    def clear(self) -> None:
        """Forget all trips."""
        with self._lock:
            self.trips = []

    def operations(self) -> set[str]:
        """Return the names of all recorded operations."""
        return {name for trip in self.trips for name in trip.operations}
