"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Kind, renamed
from tests.deploy.provider.values import Properties


class Table(Kind):
    """A table with its indexes. Indexes and keys cannot change."""

    token = "aws:dynamodb/table:Table"
    required = frozenset(
        {"name", "billingMode", "hashKey", "rangeKey", "attributes", "globalSecondaryIndexes"}
    )
    optional = frozenset(
        {
            "deletionProtectionEnabled",
            "pointInTimeRecovery",
            "serverSideEncryption",
            "ttl",
        }
    )
    replaced_by = frozenset({"name", "hashKey", "rangeKey", "attributes", "globalSecondaryIndexes"})

    def make(self, inputs: Properties) -> str:
        """Create the table."""
        name: str = inputs["name"]
        self.aws["dynamodb"].create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": inputs["hashKey"], "KeyType": "HASH"},
                {"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"},
            ],
            AttributeDefinitions=renamed(
                inputs["attributes"], {"name": "AttributeName", "type": "AttributeType"}
            ),
            GlobalSecondaryIndexes=[_index(index) for index in inputs["globalSecondaryIndexes"]],
            **_settings(inputs),
        )
        return name

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set TTL and backups."""
        client = self.aws["dynamodb"]
        if "ttl" in inputs:
            client.update_time_to_live(
                TableName=identity, TimeToLiveSpecification=renamed(inputs["ttl"])
            )
        if "pointInTimeRecovery" in inputs:
            client.update_continuous_backups(
                TableName=identity,
                PointInTimeRecoverySpecification=renamed(
                    inputs["pointInTimeRecovery"], {"enabled": "PointInTimeRecoveryEnabled"}
                ),
            )

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the table's ARN."""
        table = self.aws["dynamodb"].describe_table(TableName=identity)["Table"]
        return {"arn": table["TableArn"], "streamArn": "", "streamLabel": ""}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the settings that can change."""
        if _settings(old) != _settings(new):
            self.aws["dynamodb"].update_table(TableName=identity, **_settings(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the table. AWS rejects this while deletion protection is on."""
        self.aws["dynamodb"].delete_table(TableName=identity)


def _index(inputs: Properties) -> Properties:
    made: Properties = renamed(inputs, {"name": "IndexName", "keySchemas": "KeySchema"})
    projection = made.pop("ProjectionType")
    return {**made, "Projection": {"ProjectionType": projection}}


def _settings(inputs: Properties) -> dict[str, Any]:
    return {
        "BillingMode": inputs["billingMode"],
        "DeletionProtectionEnabled": inputs.get("deletionProtectionEnabled", False),
        "SSESpecification": renamed(inputs.get("serverSideEncryption", {"enabled": False})),
    }
