"""The API function, the gateway and the role: their limits and permissions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infra.program import ACCOUNT, REGION, Deployment, Program

FUNCTION = ("lambda/function:Function", "function-function")
RULE = "api-dashboard-dev-key-checks"


def test_s37_the_gateway_throttles(program: Program) -> None:
    settings = program(throttleRate="7", throttleBurst="9").one("Stage")["defaultRouteSettings"]
    assert settings == {"throttlingRateLimit": 7, "throttlingBurstLimit": 9}


def test_s37_the_access_log_holds_no_path_query_or_header(first_stack: Deployment) -> None:
    log = first_stack.one("Stage")["accessLogSettings"]
    assert log["destinationArn"].endswith(":/aws/vendedlogs/api-dashboard-dev/access")
    variables = set(json.loads(log["format"]).values())
    assert "$context.status" in variables and "$context.identity.sourceIp" in variables
    for variable in variables:
        assert re.fullmatch(r"\$context\.[\w.]+", variable)
        assert not re.search(r"path|query|header|authorizer|userAgent", variable), variable


def test_s37_logs_are_kept_for_the_configured_time_and_deleted_with_the_stack(
    program: Program,
) -> None:
    groups = {
        group.inputs["name"]: group.inputs["retentionInDays"]
        for group in program(logRetentionDays="14").all("LogGroup")
    }
    assert groups == {
        "/aws/lambda/api-dashboard-dev": 14,
        "/aws/lambda/api-dashboard-dev-proxy": 14,
        "/aws/vendedlogs/api-dashboard-dev/access": 14,
    }


def test_s38_the_functions_timeout_is_shorter_than_the_gateways(first_stack: Deployment) -> None:
    timeout = first_stack.one(*FUNCTION)["timeout"]
    assert timeout * 1000 < first_stack.one("Integration")["timeoutMilliseconds"] <= 30_000


def test_s38_the_runtime_is_supported_and_the_handler_exists(first_stack: Deployment) -> None:
    function = first_stack.one(*FUNCTION)
    assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])
    assert function["handler"] == "api.aws_lambda.handler.handler"


def test_s38_no_secret_is_in_the_function_s_environment(program: Program) -> None:
    code = "come in please"
    stack = program(signUp="invite", secret={"inviteCode": code})
    secrets = {parameter.inputs["value"] for parameter in stack.all("Parameter")}
    assert code in secrets and len(secrets) == 4
    for function in stack.all(FUNCTION[0]):
        environment = json.dumps(function.inputs["environment"])
        assert not any(secret in environment for secret in secrets)
        assert not function.secret


def test_s38_secrets_are_encrypted_parameters_and_marked_as_secrets(program: Program) -> None:
    stack = program(signUp="invite", secret={"inviteCode": "come in please"})
    for parameter in stack.all("Parameter"):
        assert parameter.inputs["type"] == "SecureString"
        assert "value" in parameter.secret, parameter.name


def test_s38_each_function_has_a_role_of_its_own(first_stack: Deployment) -> None:
    for role in first_stack.all("Role"):
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    roles = {function.inputs["role"] for function in first_stack.all(FUNCTION[0])}
    assert len(roles) == len(first_stack.all("Role")) == 2
    assert first_stack.one(*FUNCTION)["role"] == f"arn:aws:iam::{ACCOUNT}:role/api-dashboard-dev"


@pytest.mark.parametrize(("setting", "asked"), [("0", -1), ("5", 5)])
def test_s38_concurrency_is_reserved_by_setting(program: Program, setting: str, asked: int) -> None:
    function = program(reservedConcurrency=setting).one(*FUNCTION)
    assert function["reservedConcurrentExecutions"] == asked


def test_s39_the_role_allows_named_actions_on_named_resources(program: Program) -> None:
    stack = program(signUp="invite", secret={"inviteCode": "come in please"})
    resources: dict[str, Any] = {}
    for statement in stack.policy("RolePolicy", "function-policy"):
        assert statement["Effect"] == "Allow"
        assert set(statement) == {"Sid", "Effect", "Action", "Resource"}
        for action in statement["Action"]:
            assert re.fullmatch(r"(dynamodb|ssm|logs):[A-Za-z]+", action), action
            assert action != "dynamodb:Scan"
        resources[statement["Sid"]] = statement["Resource"]
    parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/api-dashboard-dev"
    assert resources == {
        "Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/api-dashboard-dev",
        "Due": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/api-dashboard-dev/index/GSI1",
        "Secrets": [
            f"{parameter}/{name}"
            for name in ("cdn-secret", "fernet-keys", "invite-code", "jwt-secret")
        ],
        # Lambda chooses the stream's name.
        "Log": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/api-dashboard-dev"
        ":log-stream:*",
    }


def test_s39_only_this_api_and_this_schedule_may_call_the_function(
    first_stack: Deployment,
) -> None:
    permissions = {
        permission.inputs["principal"]: permission.inputs["sourceArn"]
        for permission in first_stack.all("Permission")
        if permission.inputs["function"] == "api-dashboard-dev"
    }
    assert permissions == {
        "apigateway.amazonaws.com": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc123/*/*",
        "events.amazonaws.com": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{RULE}",
    }


def test_the_schedule_calls_the_function_and_nothing_else(first_stack: Deployment) -> None:
    rule, target = first_stack.one("EventRule"), first_stack.one("EventTarget")
    assert (rule["name"], rule["scheduleExpression"]) == (RULE, "rate(10 minutes)")
    assert target["rule"] == RULE
    assert target["arn"].endswith(":function:api-dashboard-dev")
    (target_resource,) = first_stack.all("EventTarget")
    assert "key-checks-permission" in target_resource.depends_on


def test_the_schedule_exists_without_scheduled_checks_because_it_sends_notifications(
    program: Program, first_stack: Deployment
) -> None:
    stack = program(scheduledChecks="false")
    for kind in ("EventRule", "EventTarget"):
        assert stack.one(kind) == first_stack.one(kind)


def test_the_function_starts_only_when_its_dependencies_exist(first_stack: Deployment) -> None:
    (function,) = [one for one in first_stack.all(FUNCTION[0]) if one.name == FUNCTION[1]]
    assert {"function-policy", "function-log", "table-table"} <= set(function.depends_on)


def test_every_request_goes_to_the_function(first_stack: Deployment) -> None:
    routes = {route.inputs["routeKey"] for route in first_stack.all("Route")}
    assert routes == {"ANY /", "ANY /{proxy+}"}
    assert first_stack.one("Integration")["payloadFormatVersion"] == "2.0"


def test_a_production_stack_whose_alarms_notify_nobody_warns(
    program: Program, first_stack: Deployment, production: Deployment
) -> None:
    (warning,) = production.warnings
    assert "alarms of this stack notify nobody" in warning and "alertEmail" in warning
    assert first_stack.warnings == program("prod", alertEmail="me@example.com").warnings == ()
