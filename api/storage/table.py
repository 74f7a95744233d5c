"""The one DynamoDB table: sends operations and translates errors.

A failed condition becomes ConditionFailed or TransactionFailed, unless the write was repeated and
its first attempt was carried out (repeated_writes.py). Any other error becomes a StorageError
(faults.py).
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from api.aws.json_client import (
    AwsError,
    JsonClient,
    NonIdempotent,
    Operation,
    ServiceUnavailable,
)
from api.errors import StorageError, StorageFailed, StorageUnavailable
from api.logs import log_event, log_failure
from api.storage.faults import storage_error
from api.storage.marshal import decode_item
from api.storage.operations import Operations
from api.storage.repeated_writes import was_carried_out
from api.storage.write_state import WriteState

_TRANSACTION_ATTEMPTS = 8
_READ_ATTEMPTS = 5
_BATCH_GET_SIZE = 100
_BATCH_WRITE_SIZE = 25
_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
# Bytes that a test write stores: more than the record of a call, so that there is space for one.
_TEST_SIZE = 30_000
_MAX_LOGGED_REASON = 500
_TEMPORARY_REASONS = frozenset({"None", "TransactionConflict", "ThrottlingError"})
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

    def was_carried_out(self, operations: Sequence[Operation]) -> bool:
        """Return whether the transaction's own first attempt made its conditions fail."""
        return all(
            was_carried_out(operations[position], self.items.get(position))
            for position in self.failed
        )


class QueryResult(msgspec.Struct, frozen=True):
    """The items of one page of a query. `last` is the key to continue after, None at the end."""

    items: list[dict[str, Any]]
    last: dict[str, str] | None


Outcome = dict[str, Any] | ConditionFailed
"""The result of one operation of a batch: the response, or the failed condition."""


class Table(Operations):
    """Sends operations to the table. The inherited `*_op` methods only build them.

    `writes` remembers whether the last write failed.
    """

    def __init__(self, client: JsonClient, name: str, writes: WriteState | None = None) -> None:
        super().__init__(name)
        self.client = client
        self._writes = writes or WriteState()
        self._testing = threading.Lock()
        self._last_test: tuple[float, StorageError | None] = (0.0, None)

    def batch(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Send several operations in one round trip. A failed condition is returned in its place.

        The outcome of a BatchGetItem is `{"items": [...]}`, in no particular order.
        """
        try:
            responses = self.client.batch(operations)
        except ServiceUnavailable as error:
            raise self._failed(operations, StorageUnavailable(str(error))) from error
        outcomes = self._outcomes(operations, responses)
        if self._writes.failed and any(map(_is_written, operations, outcomes)):
            self._writes.set_succeeded()
        return outcomes

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

    def require_writable(self) -> None:
        """Check that the last write succeeded, or that a test write succeeds now. Raises
        StorageError.

        Costs a trip only after a failed write. One thread at a time sends a test write, and the
        threads that wait for it use its result.
        """
        if not self._writes.failed:
            return
        asked_at = time.monotonic()
        with self._testing:
            tested_at, problem = self._last_test
            if tested_at < asked_at:
                problem = None
                try:
                    self.run(self.put_op({"PK": "SERVER", "SK": "TEST", "text": "x" * _TEST_SIZE}))
                except StorageError as error:
                    problem = error.copy()
                self._last_test = (time.monotonic(), problem)
        if problem is not None:
            raise problem.copy()

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

    def query_all(
        self, pk: str, *, after: Mapping[str, str] | None = None, **arguments: Any
    ) -> list[dict[str, Any]]:
        """Read every item of a query, page by page."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.query(pk, after=after, **arguments)
            items.extend(page.items)
            if page.last is None:
                return items
            after = page.last

    def query_prefixes(self, pk: str, prefixes: Sequence[str]) -> list[list[dict[str, Any]]]:
        """Read every item of several ranges of a partition. The first pages take one trip."""
        outcomes = self.batch([self.query_op(pk, prefix=prefix) for prefix in prefixes])
        ranges = []
        for prefix, response in zip(prefixes, outcomes, strict=True):
            assert not isinstance(response, ConditionFailed)
            items = [decode_item(item) for item in response.get("Items", [])]
            if last := response.get("LastEvaluatedKey"):
                after = {name: value["S"] for name, value in last.items()}
                items += self.query_all(pk, prefix=prefix, after=after)
            ranges.append(items)
        return ranges

    def count(self, pk: str, **arguments: Any) -> int:
        """Count the items of a query without transferring them. Costs as much as reading them."""
        number = 0
        after: dict[str, str] | None = None
        while True:
            operation, payload = self.query_op(pk, after=after, **arguments)
            response = self.run((operation, {**payload, "Select": "COUNT"}))
            number += int(response["Count"])
            last = response.get("LastEvaluatedKey")
            if not last:
                return number
            after = {name: value["S"] for name, value in last.items()}

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
        self.transact_beside(operations, ())

    def transact_beside(
        self, operations: Sequence[Operation], others: Sequence[Operation]
    ) -> list[Outcome]:
        """Do the same, and send `others` in the same trip. Return the outcomes of these, which
        are carried out whether or not the transaction fails.
        """
        payload: dict[str, Any] = {
            "TransactItems": [
                {_TRANSACTION_MEMBERS[operation]: _without_return_values(payload)}
                for operation, payload in operations
            ],
            "ClientRequestToken": secrets.token_hex(16),
        }
        write = ("TransactWriteItems", payload)
        outcomes: list[Outcome] = []
        for attempt in range(_TRANSACTION_ATTEMPTS):
            sent = [write, *others] if attempt == 0 else [write]
            try:
                error, *responses = self.client.batch(sent)
            except ServiceUnavailable as failure:
                raise self._failed(sent, StorageUnavailable(str(failure))) from failure
            outcomes += self._outcomes(sent[1:], responses)
            if not isinstance(error, AwsError):
                if self._writes.failed:
                    self._writes.set_succeeded()
                return outcomes
            reasons = error.body.get("CancellationReasons") or []
            failed = _failed_conditions(reasons)
            if failed is not None:
                if error.repeated and failed.was_carried_out(operations):
                    return outcomes
                raise failed from error
            permanent = _permanent_reason(error, reasons)
            if permanent is not None:
                raise self._failed([write], permanent) from error
            time.sleep(random.uniform(0.5, 1.0) * 0.01 * 2**attempt)
        raise StorageUnavailable("transaction conflicts")

    def _failed(self, operations: Sequence[Operation], problem: StorageError) -> StorageError:
        """Log why operations failed, and remember it if one of them is a write."""
        if any(name in _WRITES for name, _ in operations):
            self._writes.set_failed()
        names = sorted({name for name, _ in operations})
        reason = problem.reason[:_MAX_LOGGED_REASON]
        if isinstance(problem, StorageFailed):
            log_failure("storage_error", code=problem.code, operations=names, reason=reason)
        else:
            log_event("storage_error", "error", code=problem.code, operations=names, reason=reason)
        return problem

    def _outcomes(
        self, operations: Sequence[Operation], responses: Sequence[dict[str, Any] | AwsError]
    ) -> list[Outcome]:
        outcomes = []
        for operation, response in zip(operations, responses, strict=True):
            try:
                outcomes.append(self._outcome(operation, response))
            except AwsError as error:
                problem = storage_error(error.code, error.message)
                raise self._failed([operation], problem) from error
        return outcomes

    def _outcome(self, operation: Operation, response: dict[str, Any] | AwsError) -> Outcome:
        if isinstance(response, AwsError):
            if response.code == "ConditionalCheckFailedException":
                stored = response.body.get("Item")
                item = decode_item(stored) if stored else None
                if response.repeated and was_carried_out(operation, item):
                    return {}
                return ConditionFailed(item)
            raise response
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


def _failed_conditions(reasons: Sequence[dict[str, Any]]) -> TransactionFailed | None:
    """Return the failed conditions of a cancelled transaction, None if none failed."""
    failed = [
        position
        for position, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    ]
    items = {
        position: decode_item(reasons[position]["Item"])
        for position in failed
        if reasons[position].get("Item")
    }
    return TransactionFailed(failed, items) if failed else None


def _permanent_reason(error: AwsError, reasons: Sequence[dict[str, Any]]) -> StorageError | None:
    """Return the problem of a transaction whose repetition would fail too, None after a
    conflict."""
    if error.code != "TransactionCanceledException":
        return storage_error(error.code, error.message)
    for reason in reasons:
        code, message = str(reason.get("Code")), str(reason.get("Message") or "")
        if code == "InternalError":
            return storage_error("InternalServerError", message)
        if code not in _TEMPORARY_REASONS:
            return storage_error(code, message)
    return None


def _is_written(operation: Operation, outcome: Outcome) -> bool:
    """Return whether the outcome of an operation shows that the database can be written."""
    name, payload = operation
    return (
        name in _WRITES
        and not isinstance(outcome, ConditionFailed)
        and not isinstance(payload, NonIdempotent)
    )
