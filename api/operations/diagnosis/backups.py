"""The bucket with scheduled backups, and how old the newest one is."""

from __future__ import annotations

import datetime
import re

from api.operations.aws.session import error_code, explained
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation, is_missing
from api.operations.errors import OperationError

_CHECK = "backups"
_UP = "Run pulumi up --refresh."
_PREFIX = "scheduled/"
_RATE = re.compile(r"rate\((\d+) hours?\)")


def stored_backup_findings(installation: Installation) -> list[Finding]:
    """Return findings about scheduled backups of a stack. Raises OperationError."""
    if not installation.is_stack:
        return []
    bucket = installation.outputs.get("BACKUP_BUCKET")
    if not bucket:
        return [_without(installation.is_production)]
    findings = _bucket(installation, str(bucket))
    hours = _hours(installation)
    if hours is None:
        return [
            *findings,
            Finding(
                _CHECK,
                "warning",
                "The stack has a bucket for backups, but no schedule.",
                "Set backupRecipient to the public part of a recovery key (api-dashboard "
                "recovery-key), and run pulumi up.",
            ),
        ]
    return [*findings, _newest(installation, str(bucket), hours)]


def _without(production: bool) -> Finding:
    if not production:
        return Finding(_CHECK, "ok", "The stack makes no backups by schedule.")
    return Finding(
        _CHECK,
        "warning",
        "The stack makes no backups by schedule.",
        "Set backupBucket and backupRecipient, and run pulumi up (docs/operations.md).",
    )


def _bucket(installation: Installation, bucket: str) -> list[Finding]:
    s3, findings = installation.aws("s3"), []
    with explained(f"Reading the settings of the bucket {bucket}"):
        versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    if versioning != "Enabled":
        findings.append(
            Finding(_CHECK, "warning", f"The bucket {bucket} keeps no former versions.", _UP)
        )
    try:
        with explained(f"Reading whether the bucket {bucket} is private"):
            blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except OperationError as error:
        if error.__cause__ is None or error_code(error.__cause__) != (
            "NoSuchPublicAccessBlockConfiguration"
        ):
            raise
        blocked = {}
    if not (blocked and all(blocked.values())):
        findings.append(
            Finding(_CHECK, "failed", f"The bucket {bucket} does not refuse public access.", _UP)
        )
    return findings or [Finding(_CHECK, "ok", f"{bucket} is private and keeps former versions.")]


def _hours(installation: Installation) -> int | None:
    """Return the hours between two backups, None without a schedule."""
    try:
        with explained("Reading the schedule of backups"):
            rule = installation.aws("events").describe_rule(Name=f"{installation.base}-backup")
    except OperationError as error:
        if is_missing(error):
            return None
        raise
    match = _RATE.fullmatch(str(rule.get("ScheduleExpression", "")))
    return int(match[1]) if match and rule.get("State", "ENABLED") == "ENABLED" else None


def _newest(installation: Installation, bucket: str, hours: int) -> Finding:
    latest = None
    with explained(f"Listing the backups in {bucket}"):
        pages = installation.aws("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=_PREFIX):
            for found in page.get("Contents", ()):
                if latest is None or found["LastModified"] > latest["LastModified"]:
                    latest = found
    log = f"Run aws logs tail /aws/lambda/{installation.base}-backup --since 48h --format short."
    if latest is None:
        return Finding(
            _CHECK, "warning", f"There is no backup yet. One is made every {hours} hours.", log
        )
    return newest_finding(
        str(latest["Key"]), latest["LastModified"], hours, datetime.datetime.now(datetime.UTC), log
    )


def newest_finding(
    name: str, made: datetime.datetime, hours: int, now: datetime.datetime, log: str
) -> Finding:
    """Return whether the newest backup is younger than twice the time between two."""
    age = (now - made).total_seconds() / 3600
    detail = f"The newest backup, {name}, is {age:,.0f} hours old (one every {hours} hours)."
    if age > 2 * hours:
        return Finding(_CHECK, "failed", detail, log)
    return Finding(_CHECK, "ok", detail)
