"""Updates of a deployed stack, with Pulumi's engine. The mocks cannot update."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.callers import VIEWER, source_of_sign_in
from tests.deploy.clients import StackClient, api_host
from tests.deploy.conftest import Deployed
from tests.deploy.engine import EngineStack
from tests.deploy.engines import ENGINE
from tests.deploy.listing import everything
from tests.deploy.rotation import rotate_keys
from tests.deploy.stacks import UpFailed
from tests.support.accounts import Account
from tests.support.upstream import Place

pytestmark = pytest.mark.skipif(ENGINE is None, reason="needs Pulumi's own engine")

FUNCTION = ("update", "aws:lambda/function:Function")


@pytest.fixture
def stack(deployed: Deployed) -> EngineStack:
    """The stack, with the operations of Pulumi's engine."""
    assert isinstance(deployed.stack, EngineStack)
    return deployed.stack


def test_pulumi_up_without_a_change_changes_nothing(stack: EngineStack) -> None:
    stack.up("--expect-no-changes")
    assert stack.planned() == []


def test_changed_code_updates_only_the_functions(stack: EngineStack, deployed: Deployed) -> None:
    module = deployed.workspace.project / "api" / "problems.py"
    original = module.read_text()
    module.write_text(original + "\n# Changed.\n")
    try:
        assert stack.planned() == [FUNCTION, FUNCTION]
        stack.up()
        assert deployed.gateway.call("GET", "/api/status").status == 200
    finally:
        module.write_text(original)
    stack.up()


def test_a_changed_setting_changes_only_the_resource_that_it_configures(
    stack: EngineStack, deployed: Deployed
) -> None:
    name = deployed.outputs["FUNCTION_NAME"]
    functions = deployed.workspace.emulator.client("lambda")
    stack.configure(memory="768")
    try:
        assert stack.planned() == [FUNCTION]
        stack.up()
        assert functions.get_function(FunctionName=name)["Configuration"]["MemorySize"] == 768
    finally:
        stack.unset("memory")
    stack.up()


def test_s28_the_encryption_key_is_changed_as_the_docs_say(
    stack: EngineStack, deployed: Deployed, upstream: Place
) -> None:
    account = Account(deployed.gateway)
    account.key(upstream, secret="sk-stored-before")
    token = account.token()

    def readable() -> None:
        assert account.proxied(token).status == 200
        assert upstream.last.all("authorization") == ["Bearer sk-stored-before"]

    stack.configure(encryptionKeyVersion="2")
    assert stack.planned() == [
        ("create", "random:index/randomBytes:RandomBytes"),
        ("update", "aws:ssm/parameter:Parameter"),
        FUNCTION,
        FUNCTION,
    ]
    stack.up()
    readable()
    assert rotate_keys(deployed).startswith("Done")
    stack.configure(oldestEncryptionKeyVersion="2")
    stack.up()
    readable()


def test_s14_a_rotated_cdn_secret_replaces_the_old_one(
    stack: EngineStack, deployed: Deployed
) -> None:
    stack.renew("site-cdn-secret")
    stack.up("--expect-no-changes")
    hops = ("X-Forwarded-For", VIEWER)
    assert source_of_sign_in(deployed.cdn, Account(deployed.gateway), hops) == VIEWER


def test_a_stack_of_an_earlier_version_keeps_its_cdn_secret(
    stack: EngineStack, deployed: Deployed
) -> None:
    """The secret was once a part of the CDN: its state gets the URN that it had then."""
    parameter = f"/{deployed.outputs['DYNAMODB_TABLE']}/cdn-secret"
    ssm = deployed.workspace.emulator.client("ssm")

    def secret() -> object:
        found = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
        return found["Value"], found["Version"]

    before = secret()
    stack.move(
        "api-dashboard:aws:Secrets$random:index/randomPassword:RandomPassword::site-cdn-secret",
        "api-dashboard:aws:DashboardSite$api-dashboard:aws:Cdn$"
        "random:index/randomPassword:RandomPassword::site-cdn-secret",
    )
    assert stack.planned() == []
    stack.up()
    stack.up("--expect-no-changes")
    assert secret() == before


def test_an_invalid_setting_is_refused_before_any_change(
    stack: EngineStack, deployed: Deployed
) -> None:
    before = everything(deployed.workspace.emulator)
    stack.configure(memory="1", logRetentionDays="1")
    try:
        with pytest.raises(UpFailed, match="memory must be a whole number from 128 to 10240"):
            stack.up()
    finally:
        stack.unset("memory", "logRetentionDays")
    assert everything(deployed.workspace.emulator) == before
    stack.up("--expect-no-changes")


def test_a_resource_that_was_deleted_by_hand_is_created_again(
    stack: EngineStack, deployed: Deployed
) -> None:
    groups = deployed.workspace.emulator.client("logs")
    name = deployed.outputs["LOG_GROUP"]
    groups.delete_log_group(logGroupName=name)
    stack.up("--refresh")
    found = groups.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = [group for group in found if group["logGroupName"] == name]
    assert group["metricFilterCount"] == 1


def test_a_creation_that_fails_half_way_is_repaired_by_the_next_up(
    deployed: Deployed, tmp_path: Path
) -> None:
    """Use a second stack in the same account, and check that the first is unchanged."""
    emulator = deployed.workspace.emulator
    first = everything(emulator)
    in_the_way = f"/aws/lambda/{deployed.outputs['FUNCTION_NAME']}".replace("rehearsal", "second")
    emulator.client("logs").create_log_group(logGroupName=in_the_way)
    second = EngineStack(replace(deployed.workspace, name="second", folder=tmp_path))
    try:
        with pytest.raises(UpFailed, match="ResourceAlreadyExists"):
            second.up()
        assert len(everything(emulator)) > len(first) + 1
        emulator.client("logs").delete_log_group(logGroupName=in_the_way)
        second.up()
        second.up("--expect-no-changes")
        other = StackClient(emulator.port, api_host(second.outputs(), emulator.port))
        here, there = Account(deployed.gateway), Account(other)
        assert other.call("GET", "/api/me", None, here.access).status == 401
        assert deployed.gateway.call("GET", "/api/me", None, there.access).status == 401
        there.username = here.username
        with pytest.raises(AssertionError, match="invalid_credentials"):
            there.sign_in()
    finally:
        second.destroy()
    assert everything(emulator) == first
    assert here.call("GET", "/api/me").status == 200
