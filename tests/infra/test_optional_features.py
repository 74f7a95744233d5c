"""What settings add to the stack: tags, traces, the CDN's log, and a domain in Route 53."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infra.program import ACCOUNT, Deployment, Program, Refused

DOMAIN = {"domain": "keys.example.com", "hostedZone": "example.com"}
ALERTS = {"alertEmail": "me@example.com", "monthlyBudget": "5"}
# Types that AWS cannot tag. A new type belongs here, or gets the tags.
UNTAGGABLE = {
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:cloudfront/originAccessControl:OriginAccessControl",
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/functionUrl:FunctionUrl",
    "aws:lambda/permission:Permission",
    "aws:route53/record:Record",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
    "aws:sns/topicSubscription:TopicSubscription",
}


@pytest.fixture(scope="module")
def everything(program: Program) -> Deployment:
    """A stack with all features that settings add."""
    switches = {"cdnLogs": "true", "xray": "true", "tags": '{"team": "platform"}'}
    return program.run("dev", {**switches, **DOMAIN, **ALERTS})


def test_every_resource_that_can_have_tags_gets_them(
    everything: Deployment, program: Program
) -> None:
    website = program(siteMode="website", tags='{"team": "platform", "cost": 42, "live": true}')
    for stack, tags in (
        (everything, {"team": "platform"}),
        (website, {"team": "platform", "cost": "42", "live": "true"}),
    ):
        for resource in stack.resources:
            can_have_tags = resource.type.startswith("aws:") and resource.type not in UNTAGGABLE
            assert resource.inputs.get("tags") == (tags if can_have_tags else None), resource.type


def test_without_settings_there_are_no_tags_traces_cdn_logs_and_certificates(
    first_stack: Deployment,
) -> None:
    assert not [resource.name for resource in first_stack.resources if "tags" in resource.inputs]
    kinds = {resource.type.rpartition(":")[2] for resource in first_stack.resources}
    assert not kinds & {"LogDelivery", "LogDeliverySource", "Certificate", "Record"}
    assert "xray" not in json.dumps([policy.inputs for policy in first_stack.all("RolePolicy")])
    for function in first_stack.all("lambda/function:Function"):
        assert function.inputs.get("tracingConfig") is None


def test_s39_traces_need_two_permissions_and_get_no_others(everything: Deployment) -> None:
    functions = everything.all("lambda/function:Function")
    for function in functions:
        assert function.inputs["tracingConfig"] == {"mode": "Active"}
    policies = [json.loads(p.inputs["policy"])["Statement"] for p in everything.all("RolePolicy")]
    assert len(policies) == len(functions)
    for statements in policies:
        (traces,) = [statement for statement in statements if statement["Resource"] == "*"]
        assert traces == {
            "Sid": "Traces",
            "Effect": "Allow",
            "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            "Resource": "*",
        }


def test_s37_the_cdn_log_holds_no_path_query_or_field_of_the_request(
    everything: Deployment,
) -> None:
    delivery = everything.one("LogDelivery")
    for field in delivery["recordFields"]:
        assert not re.search(r"uri|query|cookie|referer|user-agent|host|forwarded", field.lower())
        assert "(" not in field.replace("timestamp(ms)", ""), field
    assert {"c-ip", "sc-status", "cache-behavior-path-pattern"} <= set(delivery["recordFields"])


def test_the_cdn_log_is_delivered_from_us_east_1_and_kept_as_configured(
    everything: Deployment,
) -> None:
    (group,) = [g.inputs for g in everything.all("LogGroup") if g.inputs["name"].endswith("/cdn")]
    assert group["name"] == "/aws/vendedlogs/api-dashboard-dev/cdn"
    assert group["retentionInDays"] == 30
    source = everything.one("LogDeliverySource")
    destination = everything.one("LogDeliveryDestination")
    delivery = everything.one("LogDelivery")
    for inputs in (group, source, destination, delivery):
        assert inputs["region"] == "us-east-1"
    assert (source["logType"], source["resourceArn"]) == (
        "ACCESS_LOGS",
        f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
    )
    assert delivery["deliverySourceName"] == source["name"]
    # LogDeliverySource and LogDeliveryDestination names have at most 60 characters.
    assert len(source["name"]) <= 60


def records(stack: Deployment) -> dict[str, dict[str, Any]]:
    """Return the DNS records by type."""
    return {record.inputs["type"]: record.inputs for record in stack.all("Record")}


def test_a_hosted_zone_gets_the_certificate_and_the_records_of_the_domain(
    program: Program,
) -> None:
    stack = program.run("dev", DOMAIN)
    certificate = stack.one("Certificate")
    assert certificate["domainName"] == "keys.example.com"
    assert (certificate["validationMethod"], certificate["region"]) == ("DNS", "us-east-1")
    made = records(stack)
    assert {record["zoneId"] for record in made.values()} == {"zone-of-example.com"}
    assert made["CNAME"]["name"] == "_proof.keys.example.com."
    assert made["CNAME"]["records"] == ["_proof.acm-validations.aws."]
    for kind in ("A", "AAAA"):
        assert made[kind]["name"] == "keys.example.com"
        assert made[kind]["aliases"] == [
            {
                "name": "d111111abcdef8.cloudfront.net",
                "zoneId": "Z2FDTNDATAQYW2",
                "evaluateTargetHealth": False,
            }
        ]
    assert stack.outputs["DASHBOARD_URL"] == "https://keys.example.com"


def test_the_cdn_waits_until_the_certificate_is_valid(program: Program) -> None:
    stack = program.run("dev", DOMAIN)
    (validation,) = stack.all("CertificateValidation")
    (distribution,) = stack.all("cloudfront/distribution:Distribution")
    assert validation.inputs["validationRecordFqdns"] == ["_proof.keys.example.com"]
    assert validation.name in distribution.depends_on
    viewer = distribution.inputs["viewerCertificate"]
    assert viewer["acmCertificateArn"] == validation.inputs["certificateArn"]
    assert viewer["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution.inputs["aliases"] == ["keys.example.com"]
    assert distribution.inputs["isIpv6Enabled"] is True


def test_a_zone_that_the_account_does_not_have_is_refused_in_one_line(program: Program) -> None:
    with pytest.raises(Refused, match=r"^hostedZone must .* other\.org .*no matching.*$"):
        program(domain="keys.other.org", hostedZone="other.org")


def test_a_failed_scheduled_check_is_not_repeated(first_stack: Deployment) -> None:
    target = first_stack.one("EventTarget")["retryPolicy"]
    assert target == {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 0}
    assert first_stack.one("FunctionEventInvokeConfig") == {
        "functionName": "api-dashboard-dev",
        "maximumEventAgeInSeconds": 60,
        "maximumRetryAttempts": 0,
    }
