"""Stacks with other settings, each deployed and destroyed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.clients import StackClient
from tests.deploy.conftest import Deployed
from tests.deploy.listing import everything
from tests.deploy.stacks import Workspace, open_stack
from tests.support.accounts import PASSWORD, Account, problem

EMAIL = "somebody@example.com"


@contextlib.contextmanager
def up(workspace: Workspace, folder: Path, **settings: str) -> Iterator[Deployed]:
    """Deploy a stack with these settings, and check that nothing is left after it."""
    assert everything(workspace.emulator) == []
    secrets = {name: settings.pop(name) for name in ("inviteCode",) if name in settings}
    changed = replace(
        workspace, folder=folder, settings={**workspace.settings, **settings}, secrets=secrets
    )
    stack = open_stack(changed)
    try:
        stack.up()
        yield Deployed(stack, changed, stack.outputs())
    finally:
        stack.destroy()
    assert everything(workspace.emulator) == []


def test_destroying_a_used_stack_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    with up(workspace, tmp_path) as deployed:
        Account(deployed.gateway)
        assert deployed.cdn.request("GET", "/").status == 200


@pytest.fixture
def zone(workspace: Workspace) -> str:
    """The id of the hosted zone example.com."""
    made = workspace.emulator.client("route53").create_hosted_zone(
        Name="example.com", CallerReference="once"
    )
    identity: str = made["HostedZone"]["Id"]
    return identity


def test_all_optional_features_can_be_deployed_together(
    workspace: Workspace, tmp_path: Path, zone: str
) -> None:
    with up(
        workspace,
        tmp_path,
        alertEmail=EMAIL,
        cdnLogs="true",
        domain="keys.example.com",
        hostedZone="example.com",
        inviteCode="come in please",
        monthlyBudget="5",
        pointInTimeRecovery="true",
        proxyMemory="1024",
        proxyReservedConcurrency="5",
        reservedConcurrency="5",
        signUp="invite",
        tags='{"team": "platform"}',
        xray="true",
    ) as deployed:
        assert deployed.outputs["DASHBOARD_URL"] == "https://keys.example.com"
        assert deployed.cdn.request("GET", "/").status == 200
        table = {"TableName": deployed.outputs["DYNAMODB_TABLE"]}
        client = workspace.emulator.client
        backups = client("dynamodb").describe_continuous_backups(**table)
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
        subscriptions = client("sns").list_subscriptions()["Subscriptions"]
        assert [entry["Endpoint"] for entry in subscriptions] == [EMAIL]
        assert records(workspace, zone) == {"NS", "SOA", "CNAME", "A", "AAAA"}
        (delivery,) = client("logs", "us-east-1").describe_deliveries()["deliveries"]
        assert "cs-uri-stem" not in delivery["recordFields"]
        function = client("lambda").get_function(FunctionName=deployed.outputs["FUNCTION_NAME"])
        assert function["Configuration"]["TracingConfig"] == {"Mode": "Active"}
        wanted = {"username": "invited", "email": EMAIL, "password": PASSWORD}
        refused = deployed.gateway.call("POST", "/api/auth/register", wanted)
        problem(refused, 403, "invite_required")
        wanted["invite_code"] = "come in please"
        assert deployed.gateway.call("POST", "/api/auth/register", wanted).status == 201
    assert records(workspace, zone) == {"NS", "SOA"}


def records(workspace: Workspace, zone: str) -> set[str]:
    """Return the types of a zone's records."""
    client = workspace.emulator.client("route53")
    found = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {record["Type"] for record in found}


def test_s34_s35_a_website_exposes_only_its_files(workspace: Workspace, tmp_path: Path) -> None:
    with up(workspace, tmp_path, siteMode="website") as deployed:
        origin = deployed.outputs["S3_WEBSITE_URL"]
        bucket = StackClient(
            workspace.emulator.port,
            f"{deployed.outputs['S3_BUCKET']}.s3.us-east-2.amazonaws.com",
        )
        assert bucket.request("GET", "/index.html").status == 200
        assert bucket.request("GET", "/?list-type=2").status == 403
        assert bucket.request("PUT", "/new.html", body=b"x").status == 403
        asked = [("Access-Control-Request-Method", "GET")]
        for asking, allowed in ((origin, origin), ("https://elsewhere.example", None)):
            answer = deployed.gateway.request("OPTIONS", "/api/keys", [("Origin", asking), *asked])
            assert answer.get("access-control-allow-origin") == allowed
            answer = deployed.proxy.request("OPTIONS", "/proxy/a/b", [("Origin", asking), *asked])
            assert answer.get("access-control-allow-origin") == allowed
