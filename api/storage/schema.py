"""The table's schema, for a table that the product creates itself (one machine, tests)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from api.aws.json_client import AwsError, ServiceUnavailable
from api.errors import StorageUnavailable
from api.storage.operations import INDEX
from api.storage.table import Table


def ensure_table(table: Table, sleep: Callable[[float], None] = time.sleep) -> None:
    """Create the table if it does not exist, enable TTL, and wait until it is active."""
    client = table.client
    try:
        try:
            described = client.call("DescribeTable", {"TableName": table.name})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
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


def definition(name: str) -> dict[str, Any]:
    """Return the CreateTable request: keys, an index with all attributes, on-demand billing."""
    attribute_names = ("PK", "SK", "GSI1PK", "GSI1SK")
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in attribute_names
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
