"""The checks of `doctor --stack` run on their own: what one may not read does not hide others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from api.operations.diagnosis.diagnose import CHECKS, diagnose
from api.operations.diagnosis.installation import Installation
from api.operations.diagnosis.permissions import permission_findings
from api.operations.places.table import TablePlace

ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:us-east-2:{ACCOUNT}:function:base"


class Refusing:
    """A client of AWS that refuses every call but those in `answers`."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            answer = self._answers.get(name)
            if callable(answer):
                return answer(**arguments)
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                return answer
            error = {"Code": "AccessDenied", "Message": f"no {name}: nothing allows it"}
            raise ClientError({"Error": error}, name)

        if name == "get_paginator":
            return lambda operation: SimpleNamespace(paginate=getattr(self, operation))
        return call


class Emulated(Installation):
    """A stack whose clients are those of the test."""

    is_stack = True
    is_production = True

    def __init__(self, answers: dict[str, Any], outputs: dict[str, Any] | None = None) -> None:
        session = SimpleNamespace(region_name="us-east-2")
        place = TablePlace(cast(Any, session), "base")
        self.client = place._client = Refusing(answers)
        super().__init__(place)
        self.outputs = outputs or {}

    def aws(self, service: str, region: str | None = None) -> Any:
        return self.client


IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/me"}


def test_without_credentials_there_is_one_finding() -> None:
    [found] = diagnose(Emulated({"get_caller_identity": NoCredentialsError()}))
    assert (found.check, found.outcome) == ("identity", "failed")
    assert "no AWS credentials" in found.detail and "--profile" in found.advice


def test_credentials_of_another_account_are_named() -> None:
    outputs = {"LAMBDA_ROLE_ARN": "arn:aws:iam::999999999999:role/base"}
    found = diagnose(Emulated({"get_caller_identity": IDENTITY}, outputs), preview=False)[0]
    assert (found.outcome, "account 999999999999" in found.detail) == ("failed", True)


def test_what_may_not_be_read_is_a_warning_of_its_own() -> None:
    outputs = {
        "CDN_DOMAIN": "d1.cloudfront.net",
        "DASHBOARD_URL": "https://d1.cloudfront.net",
        "S3_BUCKET": "pages",
        "BACKUP_BUCKET": "backups",
    }
    findings = diagnose(Emulated({"get_caller_identity": IDENTITY}, outputs))
    identity, *others = findings
    assert identity.outcome == "ok" and "user/me" in identity.detail
    names = [name for name, _ in CHECKS]
    assert sorted({found.check for found in others}) == sorted(names)
    for found in others:
        assert found.outcome == "warning" and found.advice, found
        assert "may not call" in found.detail or found.check == "drift", found


def test_an_answer_of_another_shape_is_a_warning() -> None:
    answers = {"get_caller_identity": IDENTITY, "describe_table": {"Surprise": 1}}
    findings = diagnose(Emulated(answers), preview=False)
    [found] = [found for found in findings if found.check == "table"]
    assert found.outcome == "warning" and "unexpected" in found.detail


@pytest.mark.parametrize(
    ("allowed", "outcome", "part"),
    [
        (lambda action: not action.startswith(("dynamodb:Sc", "dynamodb:DeleteT")), "ok", "need"),
        (lambda action: "BatchGet" not in action, "failed", "dynamodb:BatchGetItem on table/base"),
        (lambda action: True, "warning", "dynamodb:Scan"),
        (lambda action: "ses" not in action, "failed", "ses:SendEmail as alerts@example.com"),
    ],
)
def test_permissions_are_simulated(allowed: Any, outcome: str, part: str) -> None:
    def simulate(ActionNames: list[str], **_: Any) -> Any:
        never = ("dynamodb:UpdateTable", "ssm:PutParameter", "ssm:DeleteParameter")
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalDecision": "allowed"
                    if allowed(action) and action not in never
                    else "implicitDeny",
                }
                for action in ActionNames
            ]
        }

    configuration = {
        "Role": f"arn:aws:iam::{ACCOUNT}:role/base",
        "FunctionArn": ARN,
        "Environment": {
            "Variables": {
                "JWT_SECRET_PARAMETER": "/base/jwt-secret",
                "API_DASHBOARD_MAIL_FROM": "alerts@example.com",
            }
        },
    }
    findings = permission_findings(
        Emulated(
            {
                "get_function_configuration": configuration,
                "simulate_principal_policy": simulate,
            }
        )
    )
    assert outcome in {found.outcome for found in findings}
    assert any(part in found.detail for found in findings if found.outcome == outcome), findings
