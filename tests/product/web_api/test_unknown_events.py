"""Events that the function does not serve get a status and one log line, not a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.aws_lambda.handler import make_handler
from api.settings import read_settings
from tests.support.clients import event
from tests.support.logged import logged
from tests.support.products import keep


def changed(**members: Any) -> dict[str, Any]:
    """Return an HTTP API event with other members. A member that is None is left out."""
    made = {**event("GET", "/api/status", [], None), **members}
    return {name: value for name, value in made.items() if value is not None}


ALB = {
    "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:…"}},
    "httpMethod": "GET",
    "path": "/api/status",
    "headers": {},
    "body": "",
    "isBase64Encoded": False,
}
REST_API = {
    "resource": "/{proxy+}",
    "path": "/api/status",
    "httpMethod": "GET",
    "headers": None,
    "requestContext": {"identity": {"sourceIp": "203.0.113.7"}, "stage": "prod"},
    "body": None,
}
EVENTS: list[Any] = [
    None,
    "text",
    7,
    [],
    [{"requestContext": {}}],
    {},
    {"key1": "value1"},
    {"task": "something_else"},
    {"Records": [{"eventSource": "aws:sqs", "body": "sk-secret-0123456789abcdef"}]},
    {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
    ALB,
    REST_API,
    changed(version="1.0"),
    changed(version=None),
    changed(requestContext=None),
    changed(requestContext="x"),
    changed(requestContext={}),
    changed(requestContext={"http": []}),
    changed(requestContext={"http": {"method": 7}}),
    changed(requestContext={"http": {"method": "GET"}, "authorizer": None}),
    changed(rawPath=None),
    changed(rawPath=["/api/status"]),
    changed(rawQueryString=7),
    changed(headers=[]),
    changed(headers={"host": ["a", "b"]}),
    changed(cookies="a=b"),
    changed(cookies=[1]),
    changed(body={"json": True}),
    changed(body="A", isBase64Encoded=True),
    changed(body="A", isBase64Encoded="yes"),
    changed(body="\ud800"),
    changed(headers={"host": "\ud800"}),
    changed(rawPath="/proxy/test/v1", body="A", isBase64Encoded=True),
]


@pytest.fixture(scope="module")
def handler(environment: dict[str, str]) -> Any:
    """The function's handler."""
    made = make_handler(read_settings(environment))
    keep(made)
    return made


@pytest.mark.parametrize("unknown", EVENTS, ids=range(len(EVENTS)))
def test_an_unknown_event_is_refused_in_one_line(handler: Any, unknown: Any) -> None:
    with logged() as events:
        answer = handler(unknown, None)
    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"
    document = json.loads(answer["body"])
    assert document["code"] == "invalid_request" and "\n" not in document["detail"]
    (line,) = events()
    # An alarm counts the errors of the log as failures of the product.
    assert (line["event"], line["level"]) == ("unknown_event", "warning")
    assert "trace" not in line and "sk-secret" not in json.dumps([line, document])


def test_members_that_the_gateway_leaves_out_are_not_missed(handler: Any) -> None:
    bare = {
        "version": "2.0",
        "rawPath": "/api/status",
        "headers": {"host": "abc123.execute-api.us-east-2.amazonaws.com"},
        "requestContext": {"http": {"method": "GET", "sourceIp": "203.0.113.7"}},
    }
    assert handler(bare, None)["statusCode"] == 200
