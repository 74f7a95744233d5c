"""Calls of a user to a deployed stack, through its HTTP API and through its CDN."""

from __future__ import annotations

import json
import time

import pytest

from tests.deploy.callers import PEER, VIEWER, source_of_sign_in
from tests.deploy.clients import StackClient
from tests.deploy.conftest import Deployed
from tests.support.accounts import Account, problem
from tests.support.upstream import Answer, Place


def test_a_user_signs_up_stores_a_key_makes_a_token_and_calls_an_api(
    stack_client: StackClient, upstream: Place
) -> None:
    upstream.answer(Answer(201, [("Content-Type", "application/json")], b'{"id": 7}'))
    account = Account(stack_client)
    account.key(upstream, secret="sk-the-real-one")
    answer = account.proxied(
        account.token(), "/proxy/test/v1/things?a=b%20c", "POST", body=b"\x00 any bytes"
    )
    assert (answer.status, answer.json) == (201, {"id": 7})
    assert upstream.path() == "/v1/things?a=b%20c"
    assert upstream.last.body == b"\x00 any bytes"
    assert upstream.last.all("authorization") == ["Bearer sk-the-real-one"]
    requests = account.call("GET", "/api/requests").json["items"]
    assert [entry["status"] for entry in requests] == [201]


@pytest.mark.parametrize("way", ["cdn", "proxy"])
def test_a_proxied_call_keeps_its_path_and_gets_urls_of_the_address_that_it_used(
    deployed: Deployed, upstream: Place, way: str
) -> None:
    """The streaming function serves both addresses. Behind the CDN, the CDN names the host."""
    account = Account(deployed.gateway)
    account.key(upstream)
    token = [("Authorization", f"Bearer {account.token()}")]
    upstream.answer(Answer(302, [("Location", f"{upstream.url}/next")], b"moved"))
    client: StackClient = getattr(deployed, way)
    lie = [("X-Dashboard-Host", "evil.example"), ("X-Dashboard-Viewer", "192.0.2.1")]
    answer = client.request("GET", "/proxy/test/a/b?c=%2F&c=1", [*token, *lie])
    assert (answer.status, answer.body) == (302, b"moved")
    assert upstream.path() == "/a/b?c=%2F&c=1"
    assert not any(name.lower().startswith("x-dashboard") for name, _ in upstream.last.headers)
    assert answer.get("location") == f"https://{client.host}/proxy/test/next"


def test_the_cdn_keeps_an_escaped_slash(deployed: Deployed, upstream: Place) -> None:
    account = Account(deployed.gateway)
    account.key(upstream)
    answer = deployed.cdn.request(
        "GET", "/proxy/test/a%2Fb", [("Authorization", f"Bearer {account.token()}")]
    )
    assert (answer.status, upstream.path()) == (200, "/a%2Fb")


def test_the_function_url_serves_proxied_calls_only(deployed: Deployed) -> None:
    answer = deployed.proxy.call("GET", "/api/status")
    problem(answer, 404, "not_found")
    assert deployed.proxy.call("GET", "/proxy/test/x").status == 401


@pytest.mark.parametrize("field", ["Authorization", "X-Api-Key"])
@pytest.mark.parametrize("way", ["gateway", "cdn"])
def test_a_token_describes_itself(deployed: Deployed, way: str, field: str) -> None:
    made = Account(deployed.gateway).token_details(limit=5, window=60)
    value = made["token"] if field == "X-Api-Key" else f"Bearer {made['token']}"
    client: StackClient = getattr(deployed, way)
    answer = client.request("GET", "/api/token?limit=3", [(field, value)])
    assert answer.status == 200, answer.body
    assert (answer.json["token_id"], answer.json["remaining"]) == (made["token_id"], 5)


def test_s14_only_requests_from_the_cdn_can_set_the_client_ip(
    deployed: Deployed,
) -> None:
    account = Account(deployed.gateway)
    as_aws_makes_it = ("X-Forwarded-For", f"{VIEWER}, {PEER}")
    guess = ("X-Dashboard-Cdn", "guessed")
    assert source_of_sign_in(deployed.gateway, account) == PEER
    assert source_of_sign_in(deployed.gateway, account, as_aws_makes_it) == PEER
    assert source_of_sign_in(deployed.gateway, account, as_aws_makes_it, guess) == PEER
    viewer = ("X-Forwarded-For", VIEWER)
    assert source_of_sign_in(deployed.cdn, account, viewer) == VIEWER
    assert source_of_sign_in(deployed.cdn, account, viewer, guess) == VIEWER


def test_an_unknown_path_of_the_api_stays_a_problem_document(stack_client: StackClient) -> None:
    problem(stack_client.call("GET", "/api/no-such-thing"), 404, "not_found")


def test_a_proxied_call_without_a_token_is_refused(stack_client: StackClient) -> None:
    assert stack_client.call("GET", "/proxy/test/v1/things").status == 401


def test_page_paths_give_the_dashboard_and_files_that_are_missing_do_not(
    deployed: Deployed,
) -> None:
    page = deployed.cdn.request("GET", "/")
    assert page.status == 200
    assert (page.get("content-type") or "").startswith("text/html")
    deeper = deployed.cdn.request("GET", "/keys")
    assert (deeper.status, deeper.body) == (200, page.body)
    assert deployed.cdn.request("GET", "/assets/no-such-file.js").status in (403, 404)


def test_s33_the_dashboard_has_its_security_headers(deployed: Deployed) -> None:
    page = deployed.cdn.request("GET", "/")
    policy = page.get("content-security-policy") or ""
    assert "default-src" in policy and "unsafe-inline" not in policy
    assert "max-age=" in (page.get("strict-transport-security") or "")
    assert page.get("x-content-type-options") == "nosniff"


def test_the_dashboard_gets_the_url_of_its_api(deployed: Deployed) -> None:
    answer = deployed.cdn.request("GET", "/config.json")
    assert (answer.status, answer.get("content-type")) == (200, "application/json")
    assert isinstance(answer.json, dict)


def test_s35_nobody_but_the_cdn_reads_the_bucket(deployed: Deployed) -> None:
    bucket = deployed.outputs["S3_BUCKET"]
    stack_client = StackClient(
        deployed.workspace.emulator.port, f"{bucket}.s3.us-east-2.amazonaws.com"
    )
    assert stack_client.request("GET", "/index.html").status == 403


def test_s39_a_call_is_denied_without_its_permission(deployed: Deployed) -> None:
    account = Account(deployed.gateway)
    iam = deployed.workspace.emulator.client("iam")
    role = deployed.outputs["LAMBDA_ROLE_ARN"].rpartition("/")[2]
    name = iam.list_role_policies(RoleName=role)["PolicyNames"][0]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = json.loads(json.dumps(whole))
    for statement in reduced["Statement"]:
        statement["Action"] = [
            action for action in statement["Action"] if action != "dynamodb:Query"
        ]
    assert reduced != whole
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        assert account.call("GET", "/api/keys").status >= 500
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole))
    assert account.call("GET", "/api/keys").status == 200


def test_a_key_is_checked_when_the_stacks_schedule_fires(
    deployed: Deployed, upstream: Place
) -> None:
    """With the rule's own event, without waiting for its turn; the schedule is set back in the
    table likewise."""
    account = Account(deployed.gateway)
    assert deployed.gateway.call("GET", "/api/status").json["scheduled_checks"] is True
    key = account.key(upstream, provider="openai", check_every=300)
    aws = deployed.workspace.emulator.client
    due = {"N": str(int(time.time()) - 1)}
    aws("dynamodb").update_item(
        TableName=deployed.outputs["DYNAMODB_TABLE"],
        Key={"PK": {"S": f"USER#{account.username}"}, "SK": {"S": f"CHECK#{key['key_id']}"}},
        UpdateExpression="SET #at = :at, GSI1SK = :moment",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={
            ":at": due,
            ":moment": {"S": f"{due['N']}#{account.username}"},
        },
    )
    (rule,) = aws("events").list_rules()["Rules"]
    (target,) = aws("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
    answer = aws("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"].encode())
    done = {"checks": 1, "notifications": 0, "deliveries": 0}
    assert json.loads(answer["Payload"].read()) == done
    check = account.call("GET", f"/api/keys/{key['key_id']}").json["check"]
    assert (check["outcome"], upstream.path()) == ("valid", "/v1/models")
