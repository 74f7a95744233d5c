"""Backups of a deployed stack, by hand and by schedule, and a restored table."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.operations.archive.recovery_keys import new_recovery_key
from api.operations.places.stack import Project
from api.storage.schema import definition
from tests.deploy.command_line import environment, run_command
from tests.deploy.conftest import Deployed
from tests.deploy.engine import EngineStack
from tests.deploy.listing import everything
from tests.deploy.project import copy_project, target
from tests.deploy.stacks import Workspace, open_stack
from tests.support.accounts import Account
from tests.support.factors import add_totp, complete_sign_in, start_sign_in
from tests.support.upstream import Place

KEY = new_recovery_key()
PASSPHRASE = "API_DASHBOARD_BACKUP_PASSPHRASE"
SECRET = "sk-backed-up-0123456789"


@pytest.fixture(scope="module")
def workspace(emulator: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the program, with settings for scheduled backups."""
    return Workspace(
        project=copy_project(tmp_path_factory.mktemp("project")),
        folder=tmp_path_factory.mktemp("stack"),
        emulator=emulator,
        name=f"backups{secrets.token_hex(2)}",
        settings={**target(), "backupBucket": "true", "backupRecipient": KEY.public_text},
    )


@pytest.fixture(scope="module")
def deployed(workspace: Workspace) -> Iterator[Deployed]:
    """The deployed stack. After it is destroyed, only its bucket for backups is left, as it was."""
    stack = open_stack(workspace)
    outputs: dict[str, str] = {}
    try:
        stack.up()
        outputs = stack.outputs()
        yield Deployed(stack, workspace, outputs)
    finally:
        stack.destroy()
    bucket = outputs["BACKUP_BUCKET"]
    assert everything(workspace.emulator) == [f"s3 list_buckets: {bucket}"]
    s3 = workspace.emulator.client("s3")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


@pytest.fixture
def stored(deployed: Deployed, upstream: Place) -> tuple[Account, str]:
    """An account with a key and a token, which has made a call."""
    account = Account(deployed.gateway)
    account.key(upstream, SECRET)
    token = account.token()
    assert account.proxied(token).status == 200
    return account, token


def test_the_schedule_s_function_writes_a_backup_that_the_recovery_key_opens(
    deployed: Deployed, stored: object
) -> None:
    aws = deployed.workspace.emulator
    name = f"{deployed.outputs['FUNCTION_NAME']}-backup"
    [rule] = aws.client("events").list_rules(NamePrefix=name)["Rules"]
    assert rule["ScheduleExpression"] == "rate(24 hours)"
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    done = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, done
    bucket = deployed.outputs["BACKUP_BUCKET"]
    assert done["target"].startswith(f"s3://{bucket}/scheduled/api-dashboard-")
    verified = run_command(
        deployed,
        *("backup", "--verify", done["target"], "--json"),
        variables={PASSPHRASE: KEY.secret_text},
    )
    found = json.loads(verified.stdout)
    assert found["sha256"] == done["sha256"]
    assert found["items"]["users"] >= 1 and found["items"]["keys"] >= 1
    wrong = run_command(
        deployed,
        *("backup", "--verify", done["target"]),
        exit_code=1,
        variables={PASSPHRASE: new_recovery_key().secret_text},
    )
    assert "recovery key" in wrong.stderr


def test_a_stack_is_restored_to_what_a_backup_has(
    deployed: Deployed, stored: tuple[Account, str], upstream: Place, tmp_path: Path
) -> None:
    account, token = stored
    stack, file = deployed.workspace.name, str(tmp_path / "stack.backup")
    passphrase = {PASSPHRASE: "correct horse battery"}
    run_command(deployed, "backup", "--stack", stack, file, variables=passphrase)
    later = account.token()
    assert account.proxied(later).status == 200
    refused = run_command(
        deployed, "restore", "--stack", stack, file, exit_code=1, variables=passphrase
    )
    assert f"There is data in the stack {stack}" in refused.stderr
    run_command(deployed, "restore", "--stack", stack, "--replace", file, variables=passphrase)
    assert account.proxied(token).status == 200
    assert upstream.last.all("authorization") == [f"Bearer {SECRET}"]
    assert account.proxied(later).status == 401


def test_a_restored_table_takes_the_place_of_the_stack_s_own(
    deployed: Deployed, stored: tuple[Account, str]
) -> None:
    """The emulator cannot restore to a point in time, so the table's items are copied."""
    if not isinstance(deployed.stack, EngineStack):
        pytest.skip("the mocks cannot update a stack")
    account, token = stored
    dynamodb = deployed.workspace.emulator.client("dynamodb")
    name = f"{deployed.outputs['DYNAMODB_TABLE']}-restored"
    dynamodb.create_table(**definition(name))
    for page in dynamodb.get_paginator("scan").paginate(
        TableName=deployed.outputs["DYNAMODB_TABLE"]
    ):
        for item in page["Items"]:
            dynamodb.put_item(TableName=name, Item=item)
    later = account.token()
    deployed.stack.configure(restoredTable=name)
    deployed.stack.up()
    assert deployed.stack.outputs()["DYNAMODB_TABLE"] == name
    assert account.proxied(token).status == 200
    assert account.proxied(later).status == 401
    deployed.stack.unset("restoredTable")
    deployed.stack.up()
    assert account.proxied(later).status == 200
    dynamodb.delete_table(TableName=name)


def test_rotate_keys_finds_out_in_which_state_the_keys_of_a_stack_are(
    deployed: Deployed, stored: object
) -> None:
    name = deployed.workspace.name
    done = run_command(deployed, "rotate-keys", "--stack", name)
    assert "Done: encrypted 0 of " in done.stdout
    assert f"  pulumi config set encryptionKeyVersion 2 --stack {name}" in done.stderr


def test_s28_s50_rotation_and_reset_reach_the_second_factors_of_a_stack(
    deployed: Deployed, stored: tuple[Account, str]
) -> None:
    account, token = stored
    app, _ = add_totp(account)
    name = deployed.workspace.name
    done = run_command(deployed, "rotate-keys", "--stack", name)
    assert "keys, 0 of 1 authenticator apps with the newest key" in done.stdout
    pending = start_sign_in(account)["pending"]
    answer = complete_sign_in(account, pending, code=app.code())
    assert answer.status == 200, answer.body
    reset = ("users", "reset-second-factor", account.username, "--yes", "--stack", name)
    assert "ended all sessions" in run_command(deployed, *reset).stderr
    run_command(deployed, *reset, exit_code=1)
    account.sign_in()
    entries = account.call("GET", "/api/audit?action=second_factor.reset").json["items"]
    assert [entry["outcome"] for entry in entries] == ["succeeded"]
    assert account.proxied(token).status == 200


@pytest.fixture
def project(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    for name, value in environment(deployed).items():
        monkeypatch.setenv(name, value)
    yield Project(deployed.workspace.project, deployed.workspace.name)


def test_the_outputs_are_those_that_pulumi_prints(deployed: Deployed, project: Project) -> None:
    assert project.outputs() == deployed.outputs
