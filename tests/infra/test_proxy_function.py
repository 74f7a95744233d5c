"""The streaming function: its settings, its URL, and the CDN in front of it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from api.aws_lambda.url_event import HOST_FIELD, VIEWER_FIELD
from infra.function import TABLE_ACTIONS
from infra.node import find_node
from tests.infra.program import ACCOUNT, PROXY_HOST, REGION, ROOT, Deployment, Program

NAME = "api-dashboard-dev-proxy"
FUNCTION = ("lambda/function:Function", "proxy-function-function")
WRAPPER = "/var/task/api/aws_lambda/streaming_wrapper"


def test_it_is_a_second_function_of_the_same_bundle(first_stack: Deployment) -> None:
    proxy = first_stack.one(*FUNCTION)
    api = first_stack.one("lambda/function:Function", "function-function")
    for name in ("code", "runtime", "architectures"):
        assert proxy[name] == api[name]
    assert (proxy["name"], proxy["timeout"]) == (NAME, 900)
    assert proxy["environment"]["variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == WRAPPER
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in api["environment"]["variables"]


def test_its_memory_and_concurrency_are_settings(program: Program, first_stack: Deployment) -> None:
    changed = program(proxyMemory="1024", proxyReservedConcurrency="7").one(*FUNCTION)
    assert (changed["memorySize"], changed["reservedConcurrentExecutions"]) == (1024, 7)
    default = first_stack.one(*FUNCTION)
    assert (default["memorySize"], default["reservedConcurrentExecutions"]) == (256, -1)


def test_s39_its_role_allows_less_than_the_api_s(program: Program) -> None:
    stack = program(signUp="invite", secret={"inviteCode": "come in please"})
    statements = {one["Sid"]: one for one in stack.policy("RolePolicy", "proxy-function-policy")}
    assert set(statements) == {"Table", "Secrets", "Log"}
    assert set(statements["Table"]["Action"]) < set(TABLE_ACTIONS)
    parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/api-dashboard-dev"
    assert {sid: one["Resource"] for sid, one in statements.items()} == {
        "Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/api-dashboard-dev",
        "Secrets": [f"{parameter}/{name}" for name in ("cdn-secret", "fernet-keys", "jwt-secret")],
        "Log": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{NAME}:log-stream:*",
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/{NAME}"
    assert stack.one(*FUNCTION)["role"] == role


def test_its_url_streams_and_asks_for_no_aws_signature(first_stack: Deployment) -> None:
    (url,) = first_stack.all("FunctionUrl")
    assert url.inputs == {
        "functionName": NAME,
        "authorizationType": "NONE",
        "invokeMode": "RESPONSE_STREAM",
    }
    assert first_stack.outputs["PROXY_URL"] == f"https://{PROXY_HOST}"
    assert first_stack.outputs["PROXY_FUNCTION_NAME"] == NAME
    assert first_stack.outputs["PROXY_LOG_GROUP"] == f"/aws/lambda/{NAME}"


def test_everybody_may_call_it_through_its_url_and_in_no_other_way(first_stack: Deployment) -> None:
    """AWS requires both permissions since October 2025."""
    permissions = [
        {name: value for name, value in one.inputs.items() if name != "statementId"}
        for one in first_stack.all("Permission")
        if one.inputs["function"] == NAME
    ]
    everybody = {"function": NAME, "principal": "*"}
    assert sorted(permissions, key=lambda one: str(one["action"])) == [
        {**everybody, "action": "lambda:InvokeFunction", "invokedViaFunctionUrl": True},
        {**everybody, "action": "lambda:InvokeFunctionUrl", "functionUrlAuthType": "NONE"},
    ]


def test_s34_only_the_pages_of_a_website_may_call_the_url(
    first_stack: Deployment, website: Deployment
) -> None:
    assert "cors" not in first_stack.one("FunctionUrl")
    cors, gateway = website.one("FunctionUrl")["cors"], website.one("Api")["corsConfiguration"]
    # Lambda refuses methods with more than six letters, and answers OPTIONS itself.
    assert cors.pop("allowMethods") == [
        method for method in gateway.pop("allowMethods") if method != "OPTIONS"
    ]
    assert cors == gateway
    assert cors["allowOrigins"] == [website.outputs["S3_WEBSITE_URL"]]


@pytest.fixture(scope="module")
def distribution(first_stack: Deployment) -> dict[str, Any]:
    """The CDN of the first stack."""
    return first_stack.one("cloudfront/distribution:Distribution")


def test_the_cdn_waits_for_long_calls_and_repeats_none(distribution: dict[str, Any]) -> None:
    (proxy,) = [one for one in distribution["origins"] if one["originId"] == "proxy"]
    assert proxy["domainName"] == PROXY_HOST
    assert proxy["customOriginConfig"]["originReadTimeout"] == 120
    assert 900 <= proxy["responseCompletionTimeout"] <= 960
    # CloudFront repeats a GET whose first byte is late, as often as this says.
    assert proxy["connectionAttempts"] == 1


def test_the_cdn_forwards_everything_but_the_host(distribution: dict[str, Any]) -> None:
    """A function URL refuses a Host that is not its own."""
    (behaviour,) = [
        one for one in distribution["orderedCacheBehaviors"] if one["pathPattern"] == "/proxy/*"
    ]
    assert behaviour["originRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    (function,) = behaviour["functionAssociations"]
    assert function["eventType"] == "viewer-request"
    assert function["functionArn"].endswith(":api-dashboard-dev-proxy-caller")


def forwarded(stack: Deployment, **request: Any) -> dict[str, Any]:
    """Run the CDN's function on a request of 203.0.113.9 and return the request that it returns.

    `raw` is the query string as the client sent it; without it, CloudFront offers none.
    """
    code = stack.one("cloudfront/function:Function", "site-cdn-proxy-caller")["code"]
    raw = request.pop("raw", None)
    asked = {"method": "GET", "uri": "/proxy/a/b%2Fc", "querystring": {}, "headers": {}, **request}
    asked["headers"] = {"host": {"value": "dash.example"}, **asked["headers"]}
    event = {"viewer": {"ip": "203.0.113.9"}, "request": asked}
    offer = "" if raw is None else f"event.request.rawQueryString = () => {json.dumps(raw)};"
    calls = (
        f"{code}\nconst event = {json.dumps(event)};{offer}\n"
        "console.log(JSON.stringify(handler(event)));"
    )
    done = subprocess.run(
        [*find_node().node, "-e", calls], capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_s14_the_cdn_names_the_client_and_the_host_whatever_the_client_sent(
    first_stack: Deployment,
) -> None:
    lies = {
        VIEWER_FIELD: {"value": "1.1.1.1", "multiValue": [{"value": "1.1.1.1"}] * 2},
        HOST_FIELD: {"value": "evil.example"},
        "accept": {"value": "text/event-stream"},
    }
    for sent in ({}, lies):
        request = forwarded(first_stack, headers=sent)
        assert request["headers"] == {
            **sent,
            "host": {"value": "dash.example"},
            VIEWER_FIELD: {"value": "203.0.113.9"},
            HOST_FIELD: {"value": "dash.example"},
        }
        assert (request["method"], request["uri"]) == ("GET", "/proxy/a/b%2Fc")


@pytest.mark.parametrize("raw", ["b=2&a=1&b=1", "a", "a=%2F+%20&&=", "x?y=/:@"])
def test_the_cdn_leaves_the_query_string_as_it_is(first_stack: Deployment, raw: str) -> None:
    request = forwarded(first_stack, raw=raw, querystring={"a": {"value": "parsed"}})
    assert request["querystring"] == raw


def test_the_cdn_leaves_a_parsed_query_string_where_the_raw_one_is_not_offered(
    first_stack: Deployment,
) -> None:
    parsed = {"a": {"value": "1"}}
    for raw in (None, ""):
        assert forwarded(first_stack, raw=raw, querystring=parsed)["querystring"] == parsed


def test_a_website_has_no_cdn_and_calls_the_url(website: Deployment) -> None:
    assert not website.all("cloudfront/function:Function")
    variables = website.one(*FUNCTION)["environment"]["variables"]
    assert "CDN_SECRET_PARAMETER" not in variables
    assert website.outputs["PROXY_URL"] == f"https://{PROXY_HOST}"


def test_the_wrapper_is_where_the_function_looks_for_it() -> None:
    wrapper = ROOT / WRAPPER.removeprefix("/var/task/")
    assert wrapper.is_file() and wrapper.stat().st_mode & 0o111 == 0o111
