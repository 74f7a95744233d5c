"""`doctor --stack` on a deployed stack: all is well, then each thing that breaks is named."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import boto3
import pytest

from api.cli.doctor.stack import url_findings
from api.cli.transport import ServerResponse, Transport
from api.operations.diagnosis.diagnose import diagnose
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation
from api.operations.places.stack import Project, StackPlace
from tests.deploy.clients import StackClient
from tests.deploy.conftest import Deployed


class OutputsOf(Project):
    """A project whose outputs are those of the deployed stack, whatever engine deployed it."""

    def __init__(self, deployed: Deployed) -> None:
        super().__init__(deployed.workspace.project, deployed.workspace.name)
        self._outputs = deployed.outputs

    def outputs(self) -> dict[str, Any]:
        return self._outputs


class Through:
    """A transport that sends everything through a client of the emulator."""

    def __init__(self, url: str, client: StackClient) -> None:
        self.url = url
        self._client = client

    def request(self, method: str, target: str, **options: Any) -> ServerResponse:
        found = self._client.request(method, target, options.get("headers") or {})
        fields = {name.lower(): value for name, value in found.headers}
        return ServerResponse(found.status, fields, found.body)


@pytest.fixture
def account(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The credentials of the emulated account, as boto3's default chain finds them."""
    for name, value in deployed.workspace.emulator.environment.items():
        monkeypatch.setenv(name, value)
    boto3.DEFAULT_SESSION = None
    yield


@pytest.fixture
def doctor(deployed: Deployed, account: None) -> Callable[[], list[Finding]]:
    """Return the findings about the deployed stack as it is now."""

    def run() -> list[Finding]:
        place = StackPlace(OutputsOf(deployed))
        return diagnose(Installation(place), preview=False)

    return run


def problems(findings: list[Finding]) -> list[str]:
    """Return what is not ok. The emulator runs the streaming function on another runtime, with a
    bundle of its own, so both are left out.
    """
    return [
        finding.detail
        for finding in findings
        if finding.outcome != "ok"
        and "provided.al2023" not in finding.detail
        and "different versions of the program" not in finding.detail
    ]


def test_nothing_is_wrong_with_a_stack_that_was_just_deployed(
    doctor: Callable[[], list[Finding]],
) -> None:
    findings = doctor()
    assert problems(findings) == []
    assert {finding.check for finding in findings} == {
        "identity", "functions", "permissions", "secrets", "keys", "table", "alarms", "logs",
        "errors", "cdn", "files", "backups",
    }  # fmt: skip


def test_the_addresses_of_a_stack_respond(deployed: Deployed) -> None:
    clients = {client.host: client for client in (deployed.cdn, deployed.proxy)}
    addresses = {
        **deployed.outputs,
        "DASHBOARD_URL": f"http://{deployed.cdn.host}",
        "PROXY_URL": f"http://{deployed.proxy.host}",
    }
    found = url_findings(
        addresses, lambda url: cast(Transport, Through(url, clients[url.partition("://")[2]]))
    )
    assert {finding.check: finding.outcome for finding in found} == dict.fromkeys(
        ("server", "database", "version", "clock", "pages", "proxy"), "ok"
    )


def test_each_thing_that_broke_is_named(
    deployed: Deployed, doctor: Callable[[], list[Finding]]
) -> None:
    with contextlib.ExitStack() as repairs:
        break_everything(deployed, repairs)
        found = "\n".join(problems(doctor()))
    base = deployed.outputs["FUNCTION_NAME"]
    for part in (
        f"The parameter /{base}/jwt-secret is missing",
        f"The program does not set the environment variable SURPRISE of {base}",
        f"The environment variable API_DASHBOARD_SIGN_UP of {base} is missing",
        f"{base} is closed for writes: moved to the other region",
        f"{base}-throttles is in alarm. Calls of the API function were throttled.",
        f"The alarm {base}-errors notifies nobody: it is muted",
        "TTL is off",
        f"The role of {base} may call dynamodb:Scan",
        f"The role of {base}-proxy may not call",
    ):
        assert part in found, found
    assert problems(doctor()) == []


def settle(functions: Any, name: str) -> None:
    """Wait until the last change of a function's configuration is complete."""
    for waiter in ("function_updated_v2", "function_active_v2"):
        functions.get_waiter(waiter).wait(FunctionName=name, WaiterConfig={"Delay": 1})


def break_everything(deployed: Deployed, repairs: contextlib.ExitStack) -> None:
    """Change a stack by hand. `repairs` brings back what it was."""
    base = deployed.outputs["FUNCTION_NAME"]
    client = deployed.workspace.emulator.client
    ssm, functions = client("ssm"), client("lambda")
    secret = f"/{base}/jwt-secret"
    value = ssm.get_parameter(Name=secret, WithDecryption=True)["Parameter"]["Value"]
    ssm.delete_parameter(Name=secret)
    repairs.callback(ssm.put_parameter, Name=secret, Value=value, Type="SecureString")

    before = functions.get_function_configuration(FunctionName=base)["Environment"]
    broken = {
        **before["Variables"],
        "SURPRISE": "1",
        "API_DASHBOARD_CLOSED": "moved to the other region",
    }
    del broken["API_DASHBOARD_SIGN_UP"]
    change = functions.update_function_configuration
    change(FunctionName=base, Environment={"Variables": broken})
    settle(functions, base)
    repairs.callback(settle, functions, base)
    repairs.callback(change, FunctionName=base, Environment=before)

    alarms = client("cloudwatch")
    throttles = {"AlarmName": f"{base}-throttles", "StateReason": "a test"}
    alarms.set_alarm_state(**throttles, StateValue="ALARM")
    repairs.callback(alarms.set_alarm_state, **throttles, StateValue="OK")
    alarms.disable_alarm_actions(AlarmNames=[f"{base}-errors"])
    repairs.callback(alarms.enable_alarm_actions, AlarmNames=[f"{base}-errors"])

    tables, table = client("dynamodb"), deployed.outputs["DYNAMODB_TABLE"]
    off = {"Enabled": False, "AttributeName": "ttl"}
    tables.update_time_to_live(TableName=table, TimeToLiveSpecification=off)
    repairs.callback(
        tables.update_time_to_live,
        TableName=table,
        TimeToLiveSpecification={**off, "Enabled": True},
    )

    iam = client("iam")
    allow = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "dynamodb:Query", "Resource": "*"}
    for role, statement in ((base, allow), (f"{base}-proxy", deny)):
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=document)
        repairs.callback(iam.delete_role_policy, RoleName=role, PolicyName="by-hand")
