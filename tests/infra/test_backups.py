"""The bucket for backups, the function that writes them on a schedule, and a restored table."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest

from infra import backups
from tests.infra.program import ACCOUNT, REGION, Deployment, Program

# A public key of api/operations/archive/recovery_keys.py.
RECIPIENT = "apdp_" + "0" * 58
SIGNING = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"


@pytest.fixture(scope="module")
def scheduled(program: Program) -> Deployment:
    """A stack with scheduled backups."""
    return program.run("dev", {"backupBucket": "true", "backupRecipient": RECIPIENT})


def only(stack: Deployment, kind: str, name: str) -> Any:
    """Return the inputs of the one resource of a kind whose logical name begins with `name`."""
    [found] = [one for one in stack.all(kind) if one.name.startswith(name)]
    return found.inputs


def test_without_settings_there_is_nothing_for_backups(first_stack: Deployment) -> None:
    assert not [one.name for one in first_stack.resources if "backup" in one.name]
    assert "BACKUP_BUCKET" not in first_stack.outputs


def test_a_bucket_alone_has_no_function(program: Program) -> None:
    stack = program(backupBucket="true")
    assert len(stack.all("lambda/function:Function")) == 2
    assert stack.outputs["BACKUP_BUCKET"]


def test_s35_the_bucket_is_private_and_keeps_former_versions(scheduled: Deployment) -> None:
    closed = only(scheduled, "BucketPublicAccessBlock", "backups-")
    assert {closed[name] for name in closed if name != "bucket"} == {True}
    versioning = only(scheduled, "BucketVersioning", "backups-")["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}
    [statement] = json.loads(only(scheduled, "BucketPolicy", "backups-")["policy"])["Statement"]
    assert statement["Effect"] == "Deny" and statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    former, by_schedule = only(scheduled, "BucketLifecycleConfiguration", "backups-")["rules"]
    assert former["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert former["abortIncompleteMultipartUpload"]["daysAfterInitiation"] == 7
    assert by_schedule["filter"] == {"prefix": "scheduled/"}
    assert by_schedule["expiration"] == {"days": 30}


@pytest.mark.parametrize("protected", ["true", "false"])
def test_backups_stay_when_the_stack_is_destroyed(program: Program, protected: str) -> None:
    stack = program(backupBucket="true", protectTable=protected)
    kept = [one for one in stack.resources if one.retain]
    assert {one.type.rpartition(":")[2] for one in kept} == {
        "Bucket",
        "BucketPublicAccessBlock",
        "BucketOwnershipControls",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "BucketLifecycleConfiguration",
        "BucketPolicy",
    }
    assert all(one.name.startswith("backups-") for one in kept)
    [bucket] = [one for one in kept if one.name == "backups-bucket"]
    assert not bucket.inputs.get("forceDestroy")
    assert bucket.protect is (protected == "true")


def test_s39_the_function_may_read_and_write_backups_and_nothing_else(
    scheduled: Deployment,
) -> None:
    policy = only(scheduled, "RolePolicy", "scheduled-backups-")["policy"]
    allowed = {one["Sid"]: one for one in json.loads(policy)["Statement"]}
    assert set(allowed) == {"Table", "Secrets", "Log", "Backups"}
    assert allowed["Table"]["Action"] == [
        "dynamodb:DescribeTable",
        "dynamodb:Query",
        "dynamodb:Scan",
    ]
    assert allowed["Table"]["Resource"].endswith(":table/api-dashboard-dev")
    assert allowed["Secrets"]["Action"] == ["ssm:GetParameters"]
    names = [arn.rpartition("/")[2] for arn in allowed["Secrets"]["Resource"]]
    assert names == ["fernet-keys", "jwt-secret"]
    assert allowed["Backups"]["Action"] == ["s3:AbortMultipartUpload", "s3:PutObject"]
    assert allowed["Backups"]["Resource"].endswith("/scheduled/*")
    others = [one for one in scheduled.all("RolePolicy") if "backup" not in one.name]
    assert len(others) == 2
    assert "dynamodb:Scan" not in json.dumps([one.inputs["policy"] for one in others])


def test_the_function_gets_no_secret_and_no_key_that_opens_a_backup(
    scheduled: Deployment,
) -> None:
    function = only(scheduled, "lambda/function:Function", "scheduled-backups-")
    variables = function["environment"]["variables"]
    assert set(variables) == {
        "DYNAMODB_TABLE",
        "API_DASHBOARD_BACKUP_TARGET",
        "API_DASHBOARD_BACKUP_RECIPIENT",
        "JWT_SECRET_PARAMETER",
        "FERNET_KEYS_PARAMETER",
    }
    assert variables["API_DASHBOARD_BACKUP_RECIPIENT"] == RECIPIENT
    assert variables["API_DASHBOARD_BACKUP_TARGET"].endswith("/scheduled/")
    assert (function["timeout"], function["handler"]) == (900, backups.HANDLER)


def test_the_handler_exists() -> None:
    module, _, name = backups.HANDLER.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("module", ["handler", "streaming"])
def test_no_other_function_loads_the_code_of_backups(module: str) -> None:
    program = (
        f"import sys, api.aws_lambda.{module}; "
        "print([name for name in sys.modules if name.startswith(('api.operations', 'boto'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stdout + done.stderr


@pytest.mark.parametrize(("hours", "rate"), [("1", "rate(1 hour)"), ("12", "rate(12 hours)")])
def test_a_rule_calls_the_function(program: Program, hours: str, rate: str) -> None:
    stack = program(backupBucket="true", backupRecipient=RECIPIENT, backupHours=hours)
    rule = only(stack, "EventRule", "scheduled-backups-")
    assert rule["scheduleExpression"] == rate
    permission = only(stack, "lambda/permission:Permission", "scheduled-backups-")
    assert permission["principal"] == "events.amazonaws.com" and permission["sourceArn"]


@pytest.mark.parametrize(("hours", "periods"), [("24", 48), ("84", 168), ("85", None)])
def test_an_alarm_reports_that_no_backup_was_started(
    program: Program, hours: str, periods: int | None
) -> None:
    stack = program(backupBucket="true", backupRecipient=RECIPIENT, backupHours=hours)
    found = {one.inputs["name"]: one.inputs for one in stack.all("MetricAlarm")}
    assert found["api-dashboard-dev-backup-errors"]["threshold"] == 0
    missing = found.get("api-dashboard-dev-backup-missing")
    if periods is None:
        assert missing is None
        return
    assert missing is not None
    assert (missing["period"], missing["evaluationPeriods"]) == (3600, periods)
    assert missing["treatMissingData"] == "breaching"


def test_a_signing_secret_takes_the_place_of_the_generated_one(program: Program) -> None:
    stack = program.run("dev", {}, secret={"signingSecret": SIGNING})
    parameter = only(stack, "Parameter", "secrets-jwt-secret")
    assert parameter["value"] == SIGNING
    assert [one for one in stack.all("RandomPassword") if "jwt" in one.name]


def test_a_restored_table_is_used_in_place_of_the_stack_s_own(program: Program) -> None:
    stack = program(restoredTable="restored")
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/restored"
    assert stack.outputs["DYNAMODB_TABLE"] == "restored"
    assert stack.outputs["FUNCTION_NAME"] == "api-dashboard-dev"
    for function in stack.all("lambda/function:Function"):
        assert function.inputs["environment"]["variables"]["DYNAMODB_TABLE"] == "restored"
    for policy in stack.all("RolePolicy"):
        [table] = [
            one["Resource"]
            for one in json.loads(policy.inputs["policy"])["Statement"]
            if one["Sid"] == "Table"
        ]
        assert table == arn
    assert only(stack, "dynamodb/table:Table", "table-")["name"] == "api-dashboard-dev"
