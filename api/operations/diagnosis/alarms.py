"""The alarms: present, enabled, their state, and whom they notify."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation

_CHECK = "alarms"
_UP = "Run pulumi up --refresh."
ALARMS = (
    "5xx",
    "duration",
    "errors",
    "proxy-concurrency",
    "proxy-errors",
    "proxy-throttles",
    "throttles",
)
"""The alarms of every stack, by the end of their names. A test compares it with the program."""
BACKUP_ALARMS = ("backup-errors", "backup-missing")
"""Those of a stack with scheduled backups. The second is missing if they are days apart."""


def alarm_findings(installation: Installation) -> list[Finding]:
    """Return findings about the alarms of a stack. Raises OperationError."""
    if not installation.is_stack:
        return []
    base = installation.base
    names = [f"{base}-{kind}" for kind in (*ALARMS, *BACKUP_ALARMS)]
    with explained("Reading the alarms"):
        found = installation.aws("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    alarms = {str(alarm["AlarmName"]): alarm for alarm in found}
    wanted = (*ALARMS, *(BACKUP_ALARMS[:1] if "backup" in installation.functions else ()))
    findings = stack_alarm_findings(base, alarms, wanted)
    topics = sorted({topic for alarm in found for topic in alarm.get("AlarmActions", ())})
    if not topics:
        findings.append(
            Finding(
                _CHECK,
                "warning" if installation.is_production else "ok",
                "The alarms notify nobody.",
                "Set alertEmail (pulumi config set alertEmail), and run pulumi up."
                if installation.is_production
                else "",
            )
        )
    for topic in topics:
        with explained("Reading who is notified of alarms"):
            answer = installation.aws("sns").list_subscriptions_by_topic(TopicArn=topic)
        findings += subscription_findings(answer["Subscriptions"])
    return findings


def stack_alarm_findings(
    base: str, alarms: Mapping[str, Mapping[str, Any]], wanted: Collection[str] = ALARMS
) -> list[Finding]:
    """Return what is wrong with the alarms of a stack, or one finding for all."""
    findings = [
        Finding(_CHECK, "failed", f"The alarm {base}-{kind} is missing.", _UP)
        for kind in wanted
        if f"{base}-{kind}" not in alarms
    ]
    for name, alarm in sorted(alarms.items()):
        if not alarm.get("ActionsEnabled", True):
            findings.append(
                Finding(_CHECK, "warning", f"The alarm {name} notifies nobody: it is muted.", _UP)
            )
        if alarm.get("StateValue") == "ALARM":
            meaning = str(alarm.get("AlarmDescription") or "It has no description.")
            findings.append(
                Finding(
                    _CHECK,
                    "failed",
                    f"{name} is in alarm. {meaning}",
                    "Look at the function's log (docs/deploy.md, Troubleshooting).",
                )
            )
    if findings:
        return findings
    return [Finding(_CHECK, "ok", f"{len(alarms)} alarms are set, and none is in alarm.")]


def subscription_findings(subscriptions: Collection[Mapping[str, Any]]) -> list[Finding]:
    """Return whether those who are to be notified have agreed to it."""
    pending = [
        str(each.get("Endpoint", ""))
        for each in subscriptions
        if each.get("SubscriptionArn") in ("PendingConfirmation", "pending confirmation")
    ]
    if pending:
        return [
            Finding(
                _CHECK,
                "warning",
                f"{', '.join(pending)} gets no emails yet: the subscription is not confirmed.",
                "Click the link in the email from AWS. After three days, it is no longer valid: "
                "run pulumi up --refresh for a new one.",
            )
        ]
    if not subscriptions:
        return [Finding(_CHECK, "warning", "No address is subscribed to the alarms.", _UP)]
    return [Finding(_CHECK, "ok", "The email address of the alarms is confirmed.")]
