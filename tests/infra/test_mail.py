"""Email on AWS: one permission on one identity, and only with the setting."""

from __future__ import annotations

import json

import pytest

from api.settings import read_settings
from tests.infra.program import ACCOUNT, Deployment, Program, Refused

SENDER = "alerts@mail.example.com"


def mail_statements(stack: Deployment) -> list[object]:
    """Return the statements of all roles that name SES."""
    policies = [json.loads(policy.inputs["policy"]) for policy in stack.all("RolePolicy")]
    return [
        statement
        for policy in policies
        for statement in policy["Statement"]
        if "ses" in json.dumps(statement)
    ]


@pytest.mark.parametrize(
    ("identity", "expected"),
    [("", SENDER), (SENDER, SENDER), ("mail.example.com", None), ("example.com", None)],
)
def test_s39_only_the_api_may_send_and_only_from_one_address_of_one_identity(
    program: Program, identity: str, expected: str | None
) -> None:
    stack = program(mailFrom=SENDER, mailIdentity=identity)
    statement = {
        "Sid": "Mail",
        "Effect": "Allow",
        "Action": ["ses:SendEmail"],
        "Resource": f"arn:aws:ses:us-east-2:{ACCOUNT}:identity/{expected or identity}",
        "Condition": {"StringEquals": {"ses:FromAddress": SENDER}},
    }
    assert mail_statements(stack) == [statement]
    assert statement in stack.policy("RolePolicy", "function-policy")
    environment = stack.one("lambda/function:Function", "function-function")["environment"]
    variables = environment["variables"]
    settings = read_settings(
        {**variables, "AWS_LAMBDA_FUNCTION_NAME": "api", "JWT_SECRET_KEY": "", "FERNET_KEYS": ""}
    )
    assert settings.mail is not None
    assert (settings.mail.sender, settings.mail.smtp) == (SENDER, None)


def test_s39_without_the_setting_nothing_may_send_email(first_stack: Deployment) -> None:
    assert mail_statements(first_stack) == []
    for function in first_stack.all("lambda/function:Function"):
        assert "API_DASHBOARD_MAIL_FROM" not in function.inputs["environment"]["variables"]


@pytest.mark.parametrize("identity", ["ample.com", "other.example", "other@mail.example.com"])
def test_an_identity_is_that_of_the_sender(program: Program, identity: str) -> None:
    with pytest.raises(Refused, match="the domain of mailFrom"):
        program(mailFrom=SENDER, mailIdentity=identity)
