"""The values that the API and the Pulumi program must agree on; neither imports the other."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest

from api.aws_lambda.client_ip import CDN_FIELD
from api.aws_lambda.handler import make_handler
from api.aws_lambda.parameters import within_platform_limits
from api.routes import GROUPS
from api.settings import Settings, parse_fernet_keys, parse_random_secret, read_settings
from infra.function import TIMEOUT
from tests.infra.program import Deployment, Program
from tests.support.engines import new_table
from tests.support.products import keep


class Noted(dict[str, str]):
    """An environment that records the names that are read."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """Return as dict.get does."""
        self.asked.add(name)
        return super().get(name, default)


FUNCTION, PROXY = "function-function", "proxy-function-function"


def variables_of(stack: Deployment, function: str = FUNCTION) -> dict[str, str]:
    """Return a function's environment from the program."""
    inputs = stack.one("lambda/function:Function", function)
    variables: dict[str, str] = inputs["environment"]["variables"]
    return variables


def settings_of(stack: Deployment, function: str = FUNCTION) -> Settings:
    """Return the settings in a function."""
    variables = variables_of(stack, function)
    return read_settings({**variables, "AWS_LAMBDA_FUNCTION_NAME": "api-dashboard-dev"})


@pytest.fixture(scope="module")
def by_invite(program: Program) -> Deployment:
    """A stack with all settings that change the environment."""
    return program(
        signUp="invite",
        requestLogDays="30",
        auditDays="700",
        requireSecondFactor="true",
        secret={"inviteCode": "come in please"},
    )


@pytest.mark.parametrize("function", [FUNCTION, PROXY])
def test_the_api_reads_every_name_that_the_program_sets(
    by_invite: Deployment, function: str
) -> None:
    noted = Noted(variables_of(by_invite, function))
    read_settings(noted)
    lambdas_own = {"AWS_LAMBDA_EXEC_WRAPPER"}
    assert set(variables_of(by_invite, function)) - lambdas_own <= noted.asked


def test_the_api_gets_the_configured_settings(by_invite: Deployment, website: Deployment) -> None:
    settings = settings_of(by_invite)
    assert settings.table_name == by_invite.outputs["DYNAMODB_TABLE"]
    assert settings.public_url == by_invite.outputs["DASHBOARD_URL"]
    assert settings.proxy_url == by_invite.outputs["PROXY_URL"]
    assert (settings.sign_up, settings.request_log_days) == ("invite", 30)
    assert (settings.audit_days, settings.require_second_factor) == (700, True)
    # A website's pages and the API have different origins: links use the API's.
    assert settings_of(website).public_url is None
    assert settings_of(website).proxy_url == website.outputs["PROXY_URL"]


def test_the_proxy_gets_the_settings_that_it_needs(
    by_invite: Deployment, website: Deployment
) -> None:
    api, proxy = settings_of(by_invite), settings_of(by_invite, PROXY)
    for name in (
        "table_name", "request_log_days", "require_second_factor", "jwt_secret_parameter",
        "fernet_keys_parameter", "cdn_secret_parameter",
    ):  # fmt: skip
        assert getattr(proxy, name) == getattr(api, name)
    assert proxy.invite_code_parameter is None
    assert settings_of(website, PROXY).cdn_secret_parameter is None


def test_the_api_reads_the_parameters_that_the_stack_creates(by_invite: Deployment) -> None:
    settings = settings_of(by_invite)
    names = {
        settings.jwt_secret_parameter,
        settings.fernet_keys_parameter,
        settings.invite_code_parameter,
        settings.cdn_secret_parameter,
    }
    assert names == {parameter.inputs["name"] for parameter in by_invite.all("Parameter")}


def test_the_api_accepts_the_secrets_that_are_made(program: Program) -> None:
    values = {
        parameter.inputs["name"].rpartition("/")[2]: parameter.inputs["value"]
        for parameter in program(encryptionKeyVersion="3").all("Parameter")
    }
    parse_random_secret(values["jwt-secret"])
    parse_random_secret(values["cdn-secret"])
    assert len(parse_fernet_keys(values["fernet-keys"])) == 3


def test_the_table_is_the_one_that_the_api_makes_for_itself(
    first_stack: Deployment, database: str
) -> None:
    made = new_table(database, "contract")
    wanted = made.client.call("DescribeTable", {"TableName": made.name})["Table"]
    table = first_stack.one("dynamodb/table:Table")
    assert [table["hashKey"], table["rangeKey"]] == [
        key["AttributeName"] for key in wanted["KeySchema"]
    ]
    assert {(a["name"], a["type"]) for a in table["attributes"]} == {
        (a["AttributeName"], a["AttributeType"]) for a in wanted["AttributeDefinitions"]
    }
    (index,), (wanted_index,) = table["globalSecondaryIndexes"], wanted["GlobalSecondaryIndexes"]
    assert index["name"] == wanted_index["IndexName"]
    assert index["projectionType"] == wanted_index["Projection"]["ProjectionType"]
    assert [(key["attributeName"], key["keyType"]) for key in index["keySchemas"]] == [
        (key["AttributeName"], key["KeyType"]) for key in wanted_index["KeySchema"]
    ]
    expiry = made.client.call("DescribeTimeToLive", {"TableName": made.name})
    attribute = expiry["TimeToLiveDescription"]["AttributeName"]
    assert table["ttl"] == {"attributeName": attribute, "enabled": True}


def paths() -> Iterator[str]:
    """Return all paths of the API."""
    yield "/proxy/openai/v1/models"
    for group in GROUPS:
        for endpoint in group.endpoints:
            yield endpoint.path


@pytest.mark.parametrize("on", ["true", "false"])
def test_the_server_runs_scheduled_checks_if_the_stack_is_to(program: Program, on: str) -> None:
    stack = program(scheduledChecks=on)
    assert settings_of(stack).scheduled_checks is (on == "true")
    assert stack.one("EventRule")["scheduleExpression"] == "rate(10 minutes)"


def test_the_api_recognises_the_schedules_event(
    first_stack: Deployment, environment: dict[str, str]
) -> None:
    event = json.loads(first_stack.one("EventTarget")["input"])
    handler = make_handler(read_settings(environment))
    keep(handler)
    answer = handler(event, None)
    assert set(answer) == {"checks", "notifications", "deliveries"}
    assert answer["checks"] >= 0
    assert answer["checks"] >= 0 and answer["deliveries"] >= 0


def test_every_path_of_the_api_goes_to_the_api_behind_the_cdn(first_stack: Deployment) -> None:
    distribution = first_stack.one("cloudfront/distribution:Distribution")
    patterns = [behaviour["pathPattern"] for behaviour in distribution["orderedCacheBehaviors"]]
    for path in paths():
        assert any(fnmatch(path, pattern) for pattern in patterns), path


def test_s14_the_api_looks_for_the_cdn_s_secret_where_the_cdn_sends_it(
    first_stack: Deployment, website: Deployment
) -> None:
    custom = {
        origin["originId"]: origin["customHeaders"]
        for origin in first_stack.one("cloudfront/distribution:Distribution")["origins"]
        if "customOriginConfig" in origin
    }
    for origin, function in (("api", FUNCTION), ("proxy", PROXY)):
        (header,) = custom[origin]
        assert header["name"].lower() == CDN_FIELD
        parameter = settings_of(first_stack, function).cdn_secret_parameter
        (value,) = [
            kept.inputs["value"]
            for kept in first_stack.all("Parameter")
            if kept.inputs["name"] == parameter
        ]
        assert header["value"] == value
    assert settings_of(website).cdn_secret_parameter is None


def test_the_handler_exists(first_stack: Deployment) -> None:
    for function in first_stack.all("lambda/function:Function"):
        module, _, name = function.inputs["handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))


def test_the_upstream_timeout_is_shorter_than_the_functions(first_stack: Deployment) -> None:
    settings = within_platform_limits(settings_of(first_stack))
    assert settings.upstream_timeout + 2 < TIMEOUT
