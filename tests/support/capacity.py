"""Compute the capacity units that DynamoDB charges from the sizes of items.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
(sizes) and https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
(one read unit for each 4 kB of an item that is read strongly consistent, one write unit for each
1 kB of an item that is written, even if its condition fails; a missing item costs one).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.aws.json_client import AwsError, Operation
from tests.support.recording import READS, RecordingClient, Trip

READ_UNIT = 4096
WRITE_UNIT = 1024


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size in bytes of an item in DynamoDB's typed JSON: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(typed: Mapping[str, Any]) -> int:
    """Return the size of a typed value, rounded up where AWS says "approximately"."""
    ((kind, value),) = typed.items()
    if kind == "S":
        return len(str(value).encode())
    if kind == "N":
        number = str(value)
        digits = number.lstrip("-").replace(".", "").strip("0")
        return (len(digits) + 1) // 2 + 1 + number.startswith("-")
    if kind in ("NULL", "BOOL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + value_size(member) for member in value)
    assert kind == "M", kind
    return 3 + sum(len(name.encode()) + 1 + value_size(member) for name, member in value.items())


def units(trip: Trip, client: RecordingClient) -> tuple[int, int]:
    """Return the read and write units of a trip. Assert that the engine reports the same.

    Call this right after the trip, because it reads an updated item again to get its size.
    """
    read = written = 0
    for call, answer in zip(trip.calls, trip.answers, strict=True):
        own = _units(call, answer, client)
        if isinstance(answer, dict):
            reported = answer["ConsumedCapacity"]
            entry = reported[0] if isinstance(reported, list) else reported
            assert entry["CapacityUnits"] == own, (call[0], entry, own)
        if call[0] in READS:
            read += own
        else:
            written += own
    return read, written


def _units(call: Operation, answer: dict[str, Any] | AwsError, client: RecordingClient) -> int:
    operation, payload = call
    if operation == "BatchGetItem":
        assert isinstance(answer, dict)
        ((name, wanted),) = payload["RequestItems"].items()
        assert wanted["ConsistentRead"]
        items = answer["Responses"].get(name, [])
        absent = len(wanted["Keys"]) - len(items)
        return absent + sum(_rounded(item_size(item), READ_UNIT) for item in items)
    if isinstance(answer, AwsError):
        assert answer.code == "ConditionalCheckFailedException", answer
        return _rounded(item_size(answer.body.get("Item") or {}), WRITE_UNIT)
    if operation == "PutItem":
        return _rounded(item_size(payload["Item"]), WRITE_UNIT)
    assert operation == "UpdateItem", operation
    stored = client.unrecorded(
        "GetItem",
        {"TableName": payload["TableName"], "Key": payload["Key"], "ConsistentRead": True},
    )
    return _rounded(item_size(stored["Item"]), WRITE_UNIT)


def _rounded(size: int, unit: int) -> int:
    return max(1, -(-size // unit))
