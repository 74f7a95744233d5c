"""Whose credentials these are, and whether they belong to the stack's account."""

from __future__ import annotations

from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation


def identity_findings(installation: Installation) -> list[Finding]:
    """Return who calls AWS. Raises OperationError if AWS does not accept the credentials."""
    with explained("Asking AWS whose credentials these are"):
        caller = installation.aws("sts").get_caller_identity()
    account = str(caller["Account"])
    who = str(caller["Arn"]).rpartition(":")[2]
    findings = [
        Finding(
            "identity",
            "ok",
            f"You are {who} of the account {account}, in {installation.region}.",
        )
    ]
    owner = _account_of(str(installation.outputs.get("LAMBDA_ROLE_ARN", "")))
    if owner and owner != account:
        findings[0] = Finding(
            "identity",
            "failed",
            f"You are {who} of the account {account}, but the stack is in the account {owner}.",
            f"Choose a --profile of the account {owner}.",
        )
    return findings


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
