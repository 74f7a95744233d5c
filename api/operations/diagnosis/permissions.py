"""What the functions' roles may do, as IAM itself evaluates it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding, unchecked
from api.operations.diagnosis.installation import Installation, is_missing
from api.operations.errors import OperationError
from api.storage.operations import INDEX

_CHECK = "permissions"
_UP = "Run pulumi up --refresh, which restores the role's policy."

TABLE_NEEDS = {
    "api": (
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    ),
    "proxy": (
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    ),
    "backup": ("dynamodb:DescribeTable", "dynamodb:Query", "dynamodb:Scan"),
}
"""What each function needs on the table. A test compares it with the program's policies."""
SECRET_NEEDS = ("ssm:GetParameters",)
BACKUP_NEEDS = ("s3:AbortMultipartUpload", "s3:PutObject")
MAIL_NEEDS = ("ses:SendEmail",)
TABLE_REFUSED = ("dynamodb:DeleteTable", "dynamodb:Scan", "dynamodb:UpdateTable")
SECRET_REFUSED = ("ssm:PutParameter", "ssm:DeleteParameter")


def permission_findings(installation: Installation) -> list[Finding]:
    """Return what the roles lack, and what they may do but must not, or one finding for all."""
    findings: list[Finding] = []
    checked = []
    for kind, name in installation.functions.items():
        try:
            found = _role_findings(installation, kind, name)
        except OperationError as error:
            if not is_missing(error):
                found = [unchecked(_CHECK, error)]
            else:
                continue  # reported with the functions
        findings += found
        checked.append(name)
    if not findings and checked:
        names = ", ".join(checked)
        findings = [Finding(_CHECK, "ok", f"The roles of {names} may do what they need, no more.")]
    return findings


def _role_findings(installation: Installation, kind: str, name: str) -> list[Finding]:
    configuration = installation.configuration(name)
    role = str(configuration["Role"])
    _, partition, _, region, account, *_ = str(configuration["FunctionArn"]).split(":")

    def arn(service: str, resource: str) -> str:
        return ":".join(("arn", partition, service, region, account, resource))

    table = arn("dynamodb", f"table/{installation.table}")
    environment = installation.environment(name)
    needs = [(table, TABLE_NEEDS[kind])]
    if environment.get("API_DASHBOARD_SCHEDULED_CHECKS") == "true":
        needs.append((f"{table}/index/{INDEX}", ("dynamodb:Query",)))
    parameters = [
        arn("ssm", f"parameter{value}")
        for variable, value in sorted(environment.items())
        if variable.endswith("_PARAMETER")
    ]
    needs += [(parameter, SECRET_NEEDS) for parameter in parameters]
    if target := environment.get("API_DASHBOARD_BACKUP_TARGET"):
        needs.append((f"arn:{partition}:s3:::{target.removeprefix('s3://')}new", BACKUP_NEEDS))
    never = tuple(each for each in TABLE_REFUSED if each not in TABLE_NEEDS[kind])
    refused = [(table, never), *((each, SECRET_REFUSED) for each in parameters[:1])]
    findings = []
    if sender := environment.get("API_DASHBOARD_MAIL_FROM"):
        identities = [arn("ses", f"identity/{each}") for each in _identities(sender)]
        findings += _mail_findings(installation, name, role, sender, identities)
    for resource, actions in needs:
        missing = [
            action
            for action, allowed in _simulate(installation, role, actions, resource).items()
            if not allowed
        ]
        if missing:
            findings.append(
                Finding(
                    _CHECK,
                    "failed",
                    f"The role of {name} may not call {', '.join(missing)} on "
                    f"{resource.rpartition(':')[2]}.",
                    _UP,
                )
            )
    for resource, actions in refused:
        excess = [
            action
            for action, allowed in _simulate(installation, role, actions, resource).items()
            if allowed
        ]
        if excess:
            findings.append(
                Finding(
                    _CHECK,
                    "warning",
                    f"The role of {name} may call {', '.join(excess)} on "
                    f"{resource.rpartition(':')[2]}, which it never needs.",
                    "Remove the policy that allows it from the role.",
                )
            )
    return findings


def _mail_findings(
    installation: Installation, name: str, role: str, sender: str, identities: Sequence[str]
) -> list[Finding]:
    """Return a finding if the role may not send email by one of the sender's identities."""
    context = {
        "ContextKeyName": "ses:FromAddress",
        "ContextKeyValues": [sender],
        "ContextKeyType": "string",
    }
    for identity in identities:
        if all(_simulate(installation, role, MAIL_NEEDS, identity, [context]).values()):
            return []
    return [
        Finding(
            _CHECK,
            "failed",
            f"The role of {name} may not call {', '.join(MAIL_NEEDS)} as {sender}.",
            _UP,
        )
    ]


def _identities(sender: str) -> list[str]:
    """Return what SES may have verified for a sender: the address, its domain, those above it."""
    labels = sender.rpartition("@")[2].split(".")
    return [sender, *(".".join(labels[start:]) for start in range(len(labels) - 1))]


def _simulate(
    installation: Installation,
    role: str,
    actions: Sequence[str],
    resource: str,
    context: Sequence[Mapping[str, object]] = (),
) -> dict[str, bool]:
    with explained(f"Simulating the policies of {role.rpartition('/')[2]}"):
        answer = installation.aws("iam").simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=list(actions),
            ResourceArns=[resource],
            ContextEntries=list(context),
        )
    return {
        found["EvalActionName"]: found["EvalDecision"] == "allowed"
        for found in answer["EvaluationResults"]
    }
