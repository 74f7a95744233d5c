"""The table's schema, for a table that the product creates itself (one machine, tests)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from api.aws.json_client import AwsError, ServiceUnavailable
from api.errors import StorageUnavailable
from api.storage.faults import storage_error
from api.storage.operations import INDEX
from api.storage.table import Table

KEY_ATTRIBUTES = ("PK", "SK", "GSI1PK", "GSI1SK")
"""The attributes of the table's key and of its index's key."""


def ensure_table(table: Table, sleep: Callable[[float], None] = time.sleep) -> None:
    """Create the table if it does not exist, enable TTL, and wait until it is active."""
    client = table.client
    try:
        if not table_exists(table):
            client.call("CreateTable", definition(table.name))
        described = client.call("DescribeTable", {"TableName": table.name})
        while described["Table"]["TableStatus"] != "ACTIVE":
            sleep(0.2)
            described = client.call("DescribeTable", {"TableName": table.name})
        ttl = client.call("DescribeTimeToLive", {"TableName": table.name})
        if ttl["TimeToLiveDescription"]["TimeToLiveStatus"] in ("DISABLED", "DISABLING"):
            client.call(
                "UpdateTimeToLive",
                {
                    "TableName": table.name,
                    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"},
                },
            )
    except ServiceUnavailable as error:
        raise StorageUnavailable(str(error)) from error
    except AwsError as error:
        raise storage_error(error.code, error.message) from error


def table_exists(table: Table) -> bool:
    """Return whether the table exists."""
    try:
        table.client.call("DescribeTable", {"TableName": table.name})
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise storage_error(error.code, error.message) from error
        return False
    except ServiceUnavailable as error:
        raise StorageUnavailable(str(error)) from error
    return True


def definition(name: str) -> dict[str, Any]:
    """Return the CreateTable request: keys, an index with all attributes, on-demand billing."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in KEY_ATTRIBUTES
        ],
        "KeySchema": [
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": INDEX,
                "KeySchema": [
                    {"AttributeName": "GSI1PK", "KeyType": "HASH"},
                    {"AttributeName": "GSI1SK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }
