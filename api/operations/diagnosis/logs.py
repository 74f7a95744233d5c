"""The functions' logs are kept for a limited time, and how often the functions failed lately."""

from __future__ import annotations

import datetime

from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation

_DAY = 86_400
_METRICS = {"Errors": "failed", "Throttles": "were throttled"}


def log_findings(installation: Installation) -> list[Finding]:
    """Return findings about log groups, and the failed calls of a day. Raises OperationError."""
    if not installation.is_stack:
        return []
    return [*_groups(installation), *_failures(installation)]


def _groups(installation: Installation) -> list[Finding]:
    logs, findings = installation.aws("logs"), []
    for name in installation.functions.values():
        group = f"/aws/lambda/{name}"
        with explained(f"Reading the log group {group}"):
            answer = logs.describe_log_groups(logGroupNamePrefix=group)
        found = next((each for each in answer["logGroups"] if each["logGroupName"] == group), None)
        if found is None:
            findings.append(
                Finding("logs", "failed", f"There is no log group {group}.",
                        "Run pulumi up --refresh.")
            )  # fmt: skip
        elif not found.get("retentionInDays"):
            findings.append(
                Finding("logs", "warning", f"The log group {group} keeps logs forever.",
                        "Run pulumi up --refresh.")
            )  # fmt: skip
    return findings or [Finding("logs", "ok", "The logs are kept for a limited time.")]


def _failures(installation: Installation) -> list[Finding]:
    cloudwatch, findings = installation.aws("cloudwatch"), []
    now = datetime.datetime.now(datetime.UTC)
    for name in installation.functions.values():
        for metric, what in _METRICS.items():
            with explained(f"Reading how many calls of {name} {what}"):
                answer = cloudwatch.get_metric_statistics(
                    Namespace="AWS/Lambda",
                    MetricName=metric,
                    Dimensions=[{"Name": "FunctionName", "Value": name}],
                    StartTime=now - datetime.timedelta(days=1),
                    EndTime=now,
                    Period=_DAY,
                    Statistics=["Sum"],
                )
            count = int(sum(point.get("Sum", 0) for point in answer["Datapoints"]))
            if count:
                findings.append(
                    Finding(
                        "errors",
                        "warning",
                        f"{count:,} calls of {name} {what} in the last 24 hours.",
                        f"Run aws logs tail /aws/lambda/{name} --since 24h --format short.",
                    )
                )
    return findings or [Finding("errors", "ok", "No call of a function failed in 24 hours.")]
