"""The table: its state, protection and index, and what an unfinished operation left in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding, unchecked
from api.operations.diagnosis.installation import Installation
from api.operations.errors import OperationError
from api.storage.operation_marks import mark_key, read_mark
from api.storage.operations import INDEX

_CHECK = "table"
_UP = "Run pulumi up --refresh."


def table_findings(installation: Installation) -> list[Finding]:
    """Return findings about the table in use. Raises OperationError if it cannot be described."""
    dynamodb, name = installation.aws("dynamodb"), installation.table
    with explained(f"Describing the table {name}"):
        table = dynamodb.describe_table(TableName=name)["Table"]
    findings = description_findings(table, production=installation.is_production)
    for check in (_expiry, _recovery, _unfinished):
        try:
            findings += check(installation, dynamodb)
        except OperationError as error:
            findings.append(unchecked(_CHECK, error))
    if name != installation.base:
        findings.append(
            Finding(_CHECK, "ok", f"The stack uses a restored table (restoredTable): {name}.")
        )
    return findings


def description_findings(table: Mapping[str, Any], *, production: bool) -> list[Finding]:
    """Return findings from the description of a table."""
    name, status = table["TableName"], table["TableStatus"]
    findings = []
    if status not in ("ACTIVE", "UPDATING"):
        findings.append(_failed(f"The table {name} is {status}.", "Wait until it is ACTIVE."))
    index = next(
        (each for each in table.get("GlobalSecondaryIndexes", ()) if each["IndexName"] == INDEX),
        None,
    )
    if index is None:
        findings.append(_failed(f"The table {name} has no index {INDEX}.", _UP))
    elif index.get("IndexStatus", "ACTIVE") not in ("ACTIVE", "UPDATING"):
        findings.append(
            _warning(f"The index {INDEX} is {index['IndexStatus']}.", "Wait until it is ACTIVE.")
        )
    billing = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    if billing != "PAY_PER_REQUEST":
        findings.append(
            _warning(f"The table {name} has a fixed capacity, so calls can be throttled.", _UP)
        )
    if table.get("SSEDescription", {}).get("Status", "DISABLED") not in ("ENABLED", "UPDATING"):
        findings.append(
            _warning(f"The table {name} is encrypted with a key whose use is not logged.", _UP)
        )
    if production and not table.get("DeletionProtectionEnabled"):
        findings.append(
            _warning(
                f"AWS does not protect the table {name} from deletion.",
                "Set protectTable to true, and run pulumi up.",
            )
        )
    if not findings:
        size = int(table.get("TableSizeBytes", 0)) / 1e6
        findings.append(
            Finding(_CHECK, "ok", f"{name} is active and encrypted. It takes up {size:,.1f} MB.")
        )
    return findings


def _expiry(installation: Installation, dynamodb: Any) -> list[Finding]:
    with explained(f"Reading whether {installation.table} deletes what has expired"):
        found = dynamodb.describe_time_to_live(TableName=installation.table)
    status = found["TimeToLiveDescription"]["TimeToLiveStatus"]
    if status in ("ENABLED", "ENABLING"):
        return []
    return [
        _failed(
            f"TTL is off: nothing that has expired is deleted, and {installation.table} grows "
            "without end.",
            f"Run pulumi up --refresh, or aws dynamodb update-time-to-live --table-name "
            f"{installation.table} --time-to-live-specification Enabled=true,AttributeName=ttl.",
        )
    ]


def _recovery(installation: Installation, dynamodb: Any) -> list[Finding]:
    with explained(f"Reading whether {installation.table} has point-in-time recovery"):
        found = dynamodb.describe_continuous_backups(TableName=installation.table)
    recovery = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
        return [Finding(_CHECK, "ok", "Point-in-time recovery is on.")]
    if not installation.is_production:
        return []
    return [
        _warning(
            "Point-in-time recovery is off.",
            "Set pointInTimeRecovery to true, and run pulumi up.",
        )
    ]


def _unfinished(installation: Installation, _: Any) -> list[Finding]:
    item = next(iter(installation.place.read([mark_key()])), None)
    if item is None:
        return []
    mark = read_mark(item)
    return [
        _failed(
            f"A {mark.kind} to {installation.table} is not finished.",
            f"Run the same {mark.kind} again: it goes on where it stopped.",
        )
    ]


def _failed(detail: str, advice: str) -> Finding:
    return Finding(_CHECK, "failed", detail, advice)


def _warning(detail: str, advice: str) -> Finding:
    return Finding(_CHECK, "warning", detail, advice)
