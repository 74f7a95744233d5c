"""The one DynamoDB table: typed calls, and the only place that translates its errors.

Only the expected conditional failure is translated (ConditionFailed, TransactionFailed); no answer
and throttling become StorageUnavailable; anything else is a fault of ours and goes on as it is.
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
from api.storage.marshal import decode_item, encode, encode_item

EXISTS = "attribute_exists(PK)"
NOT_EXISTS = "attribute_not_exists(PK)"
INDEX = "GSI1"

_TRANSACTION_ATTEMPTS = 8
_BATCH_WRITE_SIZE = 25


class ConditionFailed(Exception):
    """A write's condition did not hold. `item` is the item as it stands, None when there is
    none.
    """

    def __init__(self, item: dict[str, Any] | None) -> None:
        super().__init__("condition failed")
        self.item = item


class TransactionFailed(Exception):
    """A transaction's condition did not hold. `failed` are the positions of the writes concerned,
    `items` the items found there."""

    def __init__(self, failed: Sequence[int], items: Mapping[int, dict[str, Any]]) -> None:
        super().__init__(f"conditions {list(failed)} failed")
        self.failed = tuple(failed)
        self.items = dict(items)


class Page(msgspec.Struct, frozen=True):
    """A page of a query: its items and the sort key to go on from, None at the end."""

    items: list[dict[str, Any]]
    last: dict[str, str] | None


Outcome = dict[str, Any] | ConditionFailed


class Table:
    """Calls on the table. Each `*_call` only builds a call; `batch` sends several as one
    trip.
    """

    def __init__(self, client: JsonClient, name: str) -> None:
        self.client = client
        self.name = name

    # -- building calls ----------------------------------------------------------------------

    def batch_get_op(self, keys: Sequence[tuple[str, str]]) -> Operation:
        """Strongly consistent reads of up to 100 items."""
        typed = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in keys]
        return (
            "BatchGetItem",
            {"RequestItems": {self.name: {"Keys": typed, "ConsistentRead": True}}},
        )

    def put_op(
        self,
        item: Mapping[str, Any],
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Write a whole item (with PK and SK among its members)."""
        payload: dict[str, Any] = {"TableName": self.name, "Item": encode_item(item)}
        _add_condition(payload, condition, values, None)
        return "PutItem", payload

    def update_op(
        self,
        pk: str,
        sk: str,
        expression: str,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
        returning: str = "NONE",
    ) -> Operation:
        """Change an item (or begin one). `returning`: NONE, ALL_OLD, ALL_NEW, UPDATED_NEW."""
        payload: dict[str, Any] = {
            "TableName": self.name,
            "Key": {"PK": {"S": pk}, "SK": {"S": sk}},
            "UpdateExpression": expression,
        }
        if returning != "NONE":
            payload["ReturnValues"] = returning
        _add_condition(payload, condition, values, names)
        return "UpdateItem", payload

    def delete_op(
        self,
        pk: str,
        sk: str,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Operation:
        """Delete an item; one that is not there is no error unless a condition says so."""
        payload: dict[str, Any] = {
            "TableName": self.name,
            "Key": {"PK": {"S": pk}, "SK": {"S": sk}},
        }
        _add_condition(payload, condition, values, names)
        return "DeleteItem", payload

    def condition_op(
        self, pk: str, sk: str, condition: str, values: Mapping[str, Any] | None = None
    ) -> Operation:
        """A condition on an item that a transaction does not write."""
        payload: dict[str, Any] = {
            "TableName": self.name,
            "Key": {"PK": {"S": pk}, "SK": {"S": sk}},
        }
        _add_condition(payload, condition, values, None)
        return "ConditionCheck", payload

    # -- carrying them out -------------------------------------------------------------------

    def batch(self, calls: Sequence[Operation]) -> list[Outcome]:
        """Several calls as one round trip. A failed condition stands in its place as a value.

        For a BatchGetItem the outcome is `{"items": [...]}` in no order.
        """
        try:
            answers = self.client.batch(calls)
        except ServiceUnavailable as error:
            raise StorageUnavailable(str(error)) from error
        return [self._outcome(call, answer) for call, answer in zip(calls, answers, strict=True)]

    def run(self, call: Operation) -> dict[str, Any]:
        """One call. Raises ConditionFailed."""
        outcome = self.batch([call])[0]
        if isinstance(outcome, ConditionFailed):
            try:
                raise outcome
            finally:
                del outcome  # no cycle of exception and frame that would keep sockets alive
        return outcome

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """One item, strongly consistent."""
        answer = self.run(
            (
                "GetItem",
                {
                    "TableName": self.name,
                    "Key": {"PK": {"S": pk}, "SK": {"S": sk}},
                    "ConsistentRead": True,
                },
            )
        )
        item = answer.get("Item")
        return decode_item(item) if item else None

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        """Several items by (PK, SK), strongly consistent; those that are not there are left out."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for start in range(0, len(keys), 100):
            outcome = self.run(self.batch_get_op(keys[start : start + 100]))
            for item in outcome["items"]:
                found[item["PK"], item["SK"]] = item
        return found

    def query(
        self,
        pk: str,
        *,
        prefix: str | None = None,
        between: tuple[str, str] | None = None,
        limit: int | None = None,
        after: Mapping[str, str] | None = None,
        newest_first: bool = False,
        index: bool = False,
        where: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Page:
        """One page of a partition, strongly consistent (an index: eventually).

        `limit` bounds the items read, before `where` filters them.
        """
        key_names = ("GSI1PK", "GSI1SK") if index else ("PK", "SK")
        condition = f"{key_names[0]} = :pk"
        typed = {":pk": {"S": pk}}
        if prefix is not None:
            condition += f" AND begins_with({key_names[1]}, :prefix)"
            typed[":prefix"] = {"S": prefix}
        elif between is not None:
            condition += f" AND {key_names[1]} BETWEEN :low AND :high"
            typed[":low"], typed[":high"] = {"S": between[0]}, {"S": between[1]}
        payload: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": typed
            | {name: encode(value) for name, value in (values or {}).items()},
        }
        if index:
            payload["IndexName"] = INDEX
        else:
            payload["ConsistentRead"] = True
        if newest_first:
            payload["ScanIndexForward"] = False
        if limit is not None:
            payload["Limit"] = limit
        if after is not None:
            payload["ExclusiveStartKey"] = {name: {"S": text} for name, text in after.items()}
        if where is not None:
            payload["FilterExpression"] = where
        if names:
            payload["ExpressionAttributeNames"] = dict(names)
        answer = self.run(("Query", payload))
        last = answer.get("LastEvaluatedKey")
        return Page(
            items=[decode_item(item) for item in answer.get("Items", [])],
            last={name: value["S"] for name, value in last.items()} if last else None,
        )

    def query_all(self, pk: str, **arguments: Any) -> list[dict[str, Any]]:
        """Every item of a query, page after page."""
        items: list[dict[str, Any]] = []
        after: Mapping[str, str] | None = None
        while True:
            page = self.query(pk, after=after, **arguments)
            items.extend(page.items)
            if page.last is None:
                return items
            after = page.last

    def transact(self, calls: Sequence[Operation]) -> None:
        """All writes or none (at most 100), tried again on conflicts with others.

        Raises TransactionFailed when a condition did not hold.
        """
        kinds = {
            "PutItem": "Put",
            "UpdateItem": "Update",
            "DeleteItem": "Delete",
            "ConditionCheck": "ConditionCheck",
        }
        writes = [{kinds[operation]: dict(payload)} for operation, payload in calls]
        for write in writes:
            for payload in write.values():
                payload.pop("ReturnValues", None)
        token = secrets.token_hex(16)
        for attempt in range(_TRANSACTION_ATTEMPTS):
            try:
                self.client.call(
                    "TransactWriteItems",
                    {"TransactItems": writes, "ClientRequestToken": token},
                )
                return
            except ServiceUnavailable as error:
                raise StorageUnavailable(str(error)) from error
            except AwsError as error:
                if error.code != "TransactionCanceledException":
                    raise _translated(error) from error
                reasons = error.body.get("CancellationReasons") or []
                failed = [
                    position
                    for position, reason in enumerate(reasons)
                    if reason.get("Code") == "ConditionalCheckFailed"
                ]
                if failed:
                    raise TransactionFailed(
                        failed,
                        {
                            position: decode_item(reasons[position]["Item"])
                            for position in failed
                            if reasons[position].get("Item")
                        },
                    ) from error
                if any(
                    reason.get("Code")
                    not in (None, "None", "TransactionConflict", "ThrottlingError")
                    for reason in reasons
                ):
                    raise
            time.sleep(random.uniform(0.5, 1.0) * 0.01 * 2**attempt)
        raise StorageUnavailable("transaction conflicts")

    def delete_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Delete many items, in batches; safe to repeat."""
        for start in range(0, len(keys), _BATCH_WRITE_SIZE):
            requests = [
                {"DeleteRequest": {"Key": {"PK": {"S": pk}, "SK": {"S": sk}}}}
                for pk, sk in keys[start : start + _BATCH_WRITE_SIZE]
            ]
            while requests:
                answer = self.run(("BatchWriteItem", {"RequestItems": {self.name: requests}}))
                requests = (answer.get("UnprocessedItems") or {}).get(self.name, [])

    def _outcome(self, call: Operation, answer: dict[str, Any] | AwsError) -> Outcome:
        if isinstance(answer, AwsError):
            if answer.code == "ConditionalCheckFailedException":
                item = answer.body.get("Item")
                return ConditionFailed(decode_item(item) if item else None)
            raise _translated(answer) from answer
        if call[0] != "BatchGetItem":
            return answer
        items = [decode_item(item) for item in answer["Responses"].get(self.name, [])]
        unread = answer.get("UnprocessedKeys")
        for _ in range(5):
            if not unread:
                return {"items": items}
            more = self.client.call("BatchGetItem", {"RequestItems": unread})
            items += [decode_item(item) for item in more["Responses"].get(self.name, [])]
            unread = more.get("UnprocessedKeys")
        raise StorageUnavailable("throttled reads")


def unchanged(attribute: str, revision: int) -> str:
    """The condition that a revision is still `:old`; the first may not have been written."""
    first = f" OR attribute_not_exists({attribute})" if revision == 1 else ""
    return f"({attribute} = :old{first})"


def attributes(answer: dict[str, Any]) -> dict[str, Any]:
    """The attributes that an update returned."""
    return decode_item(answer.get("Attributes") or {})


def _translated(error: AwsError) -> Exception:
    if error.code in (
        "ResourceNotFoundException",
        "AccessDeniedException",
    ) or error.code.startswith(
        ("UnrecognizedClient", "ExpiredToken", "InvalidSignature", "MissingAuthenticationToken")
    ):
        return StorageUnavailable(error.code)
    return error


def _add_condition(
    payload: dict[str, Any],
    condition: str | None,
    values: Mapping[str, Any] | None,
    names: Mapping[str, str] | None,
) -> None:
    if condition is not None:
        payload["ConditionExpression"] = condition
        payload["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        payload["ExpressionAttributeValues"] = {
            name: encode(value) for name, value in values.items()
        }
    if names:
        payload["ExpressionAttributeNames"] = dict(names)
