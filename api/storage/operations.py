"""Requests to DynamoDB on one table, built but not sent. Table (table.py) sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.aws.json_client import Operation
from api.storage.marshal import encode, encode_item

EXISTS = "attribute_exists(PK)"
NOT_EXISTS = "attribute_not_exists(PK)"
INDEX = "GSI1"


class Operations:
    """Builds operations on the table `name`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get_op(self, pk: str, sk: str) -> Operation:
        """Read one item, strongly consistent."""
        payload = {"TableName": self.name, "Key": _key(pk, sk), "ConsistentRead": True}
        return "GetItem", payload

    def batch_get_op(self, keys: Sequence[tuple[str, str]]) -> Operation:
        """Read up to 100 items, strongly consistent."""
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
        """Write a whole item, which includes its PK and SK."""
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
        """Change an item, or create it. `returning`: NONE, ALL_OLD, ALL_NEW or UPDATED_NEW."""
        payload: dict[str, Any] = {
            "TableName": self.name,
            "Key": _key(pk, sk),
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
        """Delete an item. Idempotent unless a condition requires that it exists."""
        payload: dict[str, Any] = {"TableName": self.name, "Key": _key(pk, sk)}
        _add_condition(payload, condition, values, names)
        return "DeleteItem", payload

    def delete_many_op(self, keys: Sequence[tuple[str, str]]) -> Operation:
        """Delete up to 25 items. Idempotent."""
        requests = [{"DeleteRequest": {"Key": _key(pk, sk)}} for pk, sk in keys]
        return "BatchWriteItem", {"RequestItems": {self.name: requests}}

    def condition_op(
        self, pk: str, sk: str, condition: str, values: Mapping[str, Any] | None = None
    ) -> Operation:
        """Require a condition of an item that the transaction does not write."""
        payload: dict[str, Any] = {"TableName": self.name, "Key": _key(pk, sk)}
        _add_condition(payload, condition, values, None)
        return "ConditionCheck", payload

    def query_op(
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
    ) -> Operation:
        """Read one page of a partition, strongly consistent. The index is eventually consistent.

        `limit` bounds the items read, before `where` filters them. `after` is the key of the last
        item of the page before.
        """
        key_names = ("GSI1PK", "GSI1SK") if index else ("PK", "SK")
        condition = f"{key_names[0]} = :pk"
        typed = {":pk": {"S": pk}}
        if prefix is not None:
            between = prefix_range(prefix)
        if between is not None:
            low, high = between
            if after is not None:
                # The embedded engine reads a page from the bounds of the range, not from `after`.
                low, high = (
                    (low, after[key_names[1]]) if newest_first else (after[key_names[1]], high)
                )
            condition += f" AND {key_names[1]} BETWEEN :low AND :high"
            typed[":low"], typed[":high"] = {"S": low}, {"S": high}
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
        return "Query", payload


def prefix_range(prefix: str) -> tuple[str, str]:
    """Return the first sort key with a prefix, and the first one after all of them.

    The embedded engine reads the whole partition for `begins_with`, but only the range for
    `BETWEEN`. The range includes its end, which is no stored key: prefixes end in `#` or `.`.
    """
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def revision_is(attribute: str, revision: int) -> str:
    """Return the condition that a revision equals `:old`. Revision 1 may not be stored."""
    absent = f" OR attribute_not_exists({attribute})" if revision == 1 else ""
    return f"({attribute} = :old{absent})"


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"PK": {"S": pk}, "SK": {"S": sk}}


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
