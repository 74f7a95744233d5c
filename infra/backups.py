"""Backups: a bucket for them, and a function that writes one on a schedule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.function import Function, FunctionArgs
from infra.secrets import SecretParameter

HANDLER = "api.aws_lambda.backup.handler"
# What a backup reads: every item, and then each user's items again.
TABLE_ACTIONS = ("dynamodb:DescribeTable", "dynamodb:Query", "dynamodb:Scan")
PARAMETERS = ("JWT_SECRET_PARAMETER", "FERNET_KEYS_PARAMETER")
PREFIX = "scheduled/"
# Lambda's own limit, in seconds, and MB: a backup of any size needs less than 100.
TIMEOUT = 900
_MEMORY = 512
_ABORT_DAYS = 7


@dataclass
class BackupBucketArgs:
    """`base` is the prefix of the bucket's name. Scheduled backups and former versions are deleted
    after `keep_days`. `protect` makes Pulumi refuse to remove the bucket from the stack.
    """

    base: str
    keep_days: int
    protect: bool


class BackupBucket(pulumi.ComponentResource):
    """A private, encrypted bucket that keeps former versions of its objects, over TLS only.

    It is never deleted: when the stack is destroyed, or the setting is taken back, it stays with
    its backups and its protection, outside the stack.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: BackupBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:BackupBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket_prefix=f"{args.base}-",
            force_destroy=False,
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(protect=args.protect)),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.id,
            block_public_acls=True,
            ignore_public_acls=True,
            block_public_policy=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            rules=_lifecycle(args.keep_days),
            opts=pulumi.ResourceOptions.merge(
                child, pulumi.ResourceOptions(depends_on=[versioning])
            ),
        )
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=bucket.arn.apply(_only_tls),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[closed])),
        )
        self.name = bucket.id
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


def _lifecycle(days: int) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    rule = aws.s3.BucketLifecycleConfigurationRuleArgs
    every = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
    return [
        rule(
            id="former-versions",
            status="Enabled",
            filter=every,
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=days
            ),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=_ABORT_DAYS
            ),
        ),
        rule(
            id="scheduled",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=PREFIX),
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
        ),
    ]


def _only_tls(arn: str) -> str:
    statement = {
        "Sid": "Tls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


@dataclass
class ScheduledBackupsArgs:
    """`recipient` is the public part of a recovery key, and `hours` the time between two backups.
    The other arguments are those of the functions.
    """

    base: str
    bucket: BackupBucket
    recipient: str
    hours: int
    bundle: Path
    runtime: str
    architecture: str
    log_retention_days: int
    table_name: pulumi.Input[str]
    table_arn: pulumi.Input[str]
    parameters: Mapping[str, SecretParameter]


class ScheduledBackups(pulumi.ComponentResource):
    """A function that writes a backup to the bucket, and the rule that calls it.

    The function has no key that opens a backup. It may read the table and the two secrets, and
    write below `scheduled/` in the bucket.
    """

    function: Function

    def __init__(
        self, name: str, args: ScheduledBackupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:ScheduledBackups", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.function = Function(
            f"{name}-function",
            FunctionArgs(
                name=f"{args.base}-backup",
                purpose="scheduled backups",
                bundle=args.bundle,
                runtime=args.runtime,
                architecture=args.architecture,
                timeout=TIMEOUT,
                memory=_MEMORY,
                reserved_concurrency=0,
                log_retention_days=args.log_retention_days,
                table_arn=args.table_arn,
                table_actions=TABLE_ACTIONS,
                index_actions=(),
                environment={
                    "DYNAMODB_TABLE": args.table_name,
                    "API_DASHBOARD_BACKUP_TARGET": pulumi.Output.concat(
                        "s3://", args.bucket.name, "/", PREFIX
                    ),
                    "API_DASHBOARD_BACKUP_RECIPIENT": args.recipient,
                },
                parameters={name: args.parameters[name] for name in PARAMETERS},
                xray=False,
                handler=HANDLER,
                backups_arn=pulumi.Output.concat(args.bucket.arn, "/", PREFIX),
            ),
            opts=child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=f"{args.base}-backup",
            description="Backs up the table",
            schedule_expression=_rate(args.hours),
            opts=child,
        )
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="backup",
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            target_id="function",
            arn=self.function.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})


def _rate(hours: int) -> str:
    return "rate(1 hour)" if hours == 1 else f"rate({hours} hours)"
