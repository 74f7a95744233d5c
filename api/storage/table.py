"""The one DynamoDB table: sends operations and translates errors.

A failed condition becomes ConditionFailed or TransactionFailed. A missing response and throttling
become StorageUnavailable. Any other error is a bug and propagates unchanged.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from api.aws.json_client import AwsError, JsonClient, Operation, ServiceUnavailable
from api.errors import StorageUnavailable
from api.storage.marshal import decode_item
from api.storage.operations import Operations

_TRANSACTION_ATTEMPTS = 8
_READ_ATTEMPTS = 5
_BATCH_GET_SIZE = 100
_BATCH_WRITE_SIZE = 25
_TRANSACTION_MEMBERS = {
    "PutItem": "Put",
    "UpdateItem": "Update",
    "DeleteItem": "Delete",
    "ConditionCheck": "ConditionCheck",
}


class ConditionFailed(Exception):
    """A write's condition failed. `item` is the stored item, or None if there is none."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        super().__init__("condition failed")
        self.item = item


class TransactionFailed(Exception):
    """Conditions of a transaction failed.

    `failed` are the positions of their operations, and `items` the stored items by position.
    """

    def __init__(self, failed: Sequence[int], items: Mapping[int, dict[str, Any]]) -> None:
        super().__init__(f"conditions {list(failed)} failed")
        self.failed = tuple(failed)
        self.items = dict(items)


class QueryResult(msgspec.Struct, frozen=True):
    """The items of one page of a query. `last` is the key to continue after, None at the end."""

    items: list[dict[str, Any]]
    last: dict[str, str] | None


Outcome = dict[str, Any] | ConditionFailed
"""The result of one operation of a batch: the response, or the failed condition."""


class Table(Operations):
    """Sends operations to the table. The inherited `*_op` methods only build them."""

    def __init__(self, client: JsonClient, name: str) -> None:
        super().__init__(name)
        self.client = client

    def batch(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Send several operations in one round trip. A failed condition is returned in its place.

        The outcome of a BatchGetItem is `{"items": [...]}`, in no particular order.
        """
        try:
            responses = self.client.batch(operations)
        except ServiceUnavailable as error:
            raise StorageUnavailable(str(error)) from error
        return [
            self._outcome(operation, response)
            for operation, response in zip(operations, responses, strict=True)
        ]

    def run(self, operation: Operation) -> dict[str, Any]:
        """Send one operation. Raises ConditionFailed."""
        outcome = self.batch([operation])[0]
        if isinstance(outcome, ConditionFailed):
            try:
                raise outcome
            finally:
                # A cycle of exception and frame would keep the connection's socket open.
                del outcome
        return outcome

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """Read one item, strongly consistent."""
        item = self.run(self.get_op(pk, sk)).get("Item")
        return decode_item(item) if item else None

    def ping(self) -> None:
        """Read an item that does not exist. Raises StorageUnavailable."""
        self.get("STATUS", "STATUS")

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        """Read several items by (PK, SK), strongly consistent. Missing items are left out."""
        items: dict[tuple[str, str], dict[str, Any]] = {}
        for start in range(0, len(keys), _BATCH_GET_SIZE):
            outcome = self.run(self.batch_get_op(keys[start : start + _BATCH_GET_SIZE]))
            for item in outcome["items"]:
                items[item["PK"], item["SK"]] = item
        return items

    def query(self, pk: str, **arguments: Any) -> QueryResult:
        """Read one page of a partition. `arguments` are those of `query_op`."""
        response = self.run(self.query_op(pk, **arguments))
        last = response.get("LastEvaluatedKey")
        return QueryResult(
            items=[decode_item(item) for item in response.get("Items", [])],
            last={name: value["S"] for name, value in last.items()} if last else None,
        )

    def query_all(self, pk: str, **arguments: Any) -> list[dict[str, Any]]:
        """Read every item of a query, page by page."""
        items: list[dict[str, Any]] = []
        after: Mapping[str, str] | None = None
        while True:
            page = self.query(pk, after=after, **arguments)
            items.extend(page.items)
            if page.last is None:
                return items
            after = page.last

    def delete_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Delete many items, in batches. Idempotent."""
        for start in range(0, len(keys), _BATCH_WRITE_SIZE):
            operation, payload = self.delete_many_op(keys[start : start + _BATCH_WRITE_SIZE])
            while True:
                unprocessed = self.run((operation, payload)).get("UnprocessedItems")
                if not unprocessed:
                    break
                payload = {"RequestItems": unprocessed}

    def transact(self, operations: Sequence[Operation]) -> None:
        """Carry out all operations (at most 100) or none. Retries on conflicts with other
        transactions.

        Raises TransactionFailed if a condition fails.
        """
        payload = {
            "TransactItems": [
                {_TRANSACTION_MEMBERS[operation]: _without_return_values(payload)}
                for operation, payload in operations
            ],
            "ClientRequestToken": secrets.token_hex(16),
        }
        for attempt in range(_TRANSACTION_ATTEMPTS):
            try:
                self.client.call("TransactWriteItems", payload)
                return
            except ServiceUnavailable as error:
                raise StorageUnavailable(str(error)) from error
            except AwsError as error:
                if error.code != "TransactionCanceledException":
                    raise _translated(error) from error
                reasons = error.body.get("CancellationReasons") or []
                _raise_failed_conditions(error, reasons)
                if not all(_is_temporary(reason) for reason in reasons):
                    raise
            time.sleep(random.uniform(0.5, 1.0) * 0.01 * 2**attempt)
        raise StorageUnavailable("transaction conflicts")

    def _outcome(self, operation: Operation, response: dict[str, Any] | AwsError) -> Outcome:
        if isinstance(response, AwsError):
            if response.code == "ConditionalCheckFailedException":
                item = response.body.get("Item")
                return ConditionFailed(decode_item(item) if item else None)
            raise _translated(response) from response
        if operation[0] != "BatchGetItem":
            return response
        items = [decode_item(item) for item in response["Responses"].get(self.name, [])]
        unread = response.get("UnprocessedKeys")
        for _ in range(_READ_ATTEMPTS):
            if not unread:
                return {"items": items}
            more = self.client.call("BatchGetItem", {"RequestItems": unread})
            items += [decode_item(item) for item in more["Responses"].get(self.name, [])]
            unread = more.get("UnprocessedKeys")
        raise StorageUnavailable("throttled reads")


def attributes(response: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes in the response to an update."""
    return decode_item(response.get("Attributes") or {})


def _without_return_values(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "ReturnValues"}


def _raise_failed_conditions(error: AwsError, reasons: Sequence[dict[str, Any]]) -> None:
    failed = [
        position
        for position, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    ]
    if failed:
        items = {
            position: decode_item(reasons[position]["Item"])
            for position in failed
            if reasons[position].get("Item")
        }
        raise TransactionFailed(failed, items) from error


def _is_temporary(reason: dict[str, Any]) -> bool:
    return reason.get("Code") in (None, "None", "TransactionConflict", "ThrottlingError")


def _translated(error: AwsError) -> Exception:
    if error.code in (
        "ResourceNotFoundException",
        "AccessDeniedException",
    ) or error.code.startswith(
        ("UnrecognizedClient", "ExpiredToken", "InvalidSignature", "MissingAuthenticationToken")
    ):
        return StorageUnavailable(error.code)
    return error
