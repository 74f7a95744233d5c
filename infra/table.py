"""The DynamoDB table."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

INDEX = "GSI1"
TTL_ATTRIBUTE = "ttl"


@dataclass
class TableArgs:
    """`protect` makes AWS and Pulumi refuse to delete the table. `restored` is the table to use in
    place of this one, empty for none.
    """

    name: str
    protect: bool
    point_in_time_recovery: bool
    restored: str = ""


class DashboardTable(pulumi.ComponentResource):
    """A table with the keys `PK` and `SK` and the index `GSI1` with all attributes. It is billed by
    request and encrypted with a key whose use CloudTrail logs. Production stacks protect it from
    deletion and keep backups (S40). `name` and `arn` are those of the table that is in use.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Table", name, None, opts)
        table = aws.dynamodb.Table(
            f"{name}-table",
            name=args.name,
            billing_mode="PAY_PER_REQUEST",
            hash_key="PK",
            range_key="SK",
            attributes=[
                aws.dynamodb.TableAttributeArgs(name=attribute, type="S")
                for attribute in ("PK", "SK", "GSI1PK", "GSI1SK")
            ],
            global_secondary_indexes=[
                aws.dynamodb.TableGlobalSecondaryIndexArgs(
                    name=INDEX,
                    key_schemas=[
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name="GSI1PK", key_type="HASH"
                        ),
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name="GSI1SK", key_type="RANGE"
                        ),
                    ],
                    projection_type="ALL",
                )
            ],
            ttl=aws.dynamodb.TableTtlArgs(attribute_name=TTL_ATTRIBUTE, enabled=True),
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(enabled=True),
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(
                enabled=args.point_in_time_recovery
            ),
            deletion_protection_enabled=args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.name = table.name
        self.arn = table.arn
        if args.restored:
            # It has this one's items as they were at a moment. The functions use it, and this one
            # stays as it is.
            restored = aws.dynamodb.get_table_output(name=args.restored)
            self.name, self.arn = restored.name, restored.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
