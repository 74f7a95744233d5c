"""What `doctor --stack` expects of a stack is what the program makes."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from api.operations.diagnosis.alarms import ALARMS, BACKUP_ALARMS
from api.operations.diagnosis.functions import NEEDED, POSSIBLE, RUNTIME_ENDS
from api.operations.diagnosis.permissions import (
    BACKUP_NEEDS,
    MAIL_NEEDS,
    SECRET_NEEDS,
    SECRET_REFUSED,
    TABLE_NEEDS,
    TABLE_REFUSED,
)
from api.operations.diagnosis.secrets import DESCRIPTION, SECRET_VARIABLES
from infra.settings import Runtime
from tests.infra.program import Deployment, Program

BASE = "api-dashboard-dev"
KINDS = {BASE: "api", f"{BASE}-proxy": "proxy", f"{BASE}-backup": "backup"}


@pytest.fixture(scope="module")
def complete(program: Program) -> Deployment:
    """A stack with everything that adds a function, a variable or an alarm."""
    return program(
        signUp="invite",
        backupBucket="true",
        backupRecipient="apdp_" + "a" * 58,
        mailFrom="alerts@example.com",
        secret={"inviteCode": "come in please"},
    )


def variables(stack: Deployment) -> dict[str, set[str]]:
    """Return the names of the environment variables by the kind of function."""
    return {
        KINDS[function.inputs["name"]]: set(function.inputs["environment"]["variables"])
        for function in stack.all("lambda/function:Function")
    }


def test_the_functions_have_the_expected_variables(
    complete: Deployment, website: Deployment
) -> None:
    everything = variables(complete)
    assert set(everything) == set(NEEDED) == set(KINDS.values())
    for kind, names in everything.items():
        assert names <= NEEDED[kind] | POSSIBLE
        assert names >= NEEDED[kind]
    for kind, names in variables(website).items():
        assert names == NEEDED[kind]


def test_the_roles_have_exactly_the_expected_permissions(complete: Deployment) -> None:
    for policy in complete.all("RolePolicy"):
        kind = KINDS.get(policy.inputs["name"])
        if kind is None:
            continue
        allowed: dict[str, Any] = {
            statement["Sid"]: tuple(statement["Action"])
            for statement in complete.policy("RolePolicy", policy.name)
        }
        assert sorted(allowed["Table"]) == sorted(TABLE_NEEDS[kind])
        assert allowed["Secrets"] == SECRET_NEEDS
        assert allowed.get("Backups", BACKUP_NEEDS) == BACKUP_NEEDS
        assert ("Backups" in allowed) == (kind == "backup")
        assert allowed.get("Mail", MAIL_NEEDS) == MAIL_NEEDS
        assert ("Mail" in allowed) == (kind == "api")
        given = {action for actions in allowed.values() for action in actions}
        refused = {*TABLE_REFUSED, *SECRET_REFUSED} - set(TABLE_NEEDS[kind])
        assert not given & refused


def test_the_alarms_are_the_expected_ones(complete: Deployment) -> None:
    names = {alarm.inputs["name"].removeprefix(f"{BASE}-") for alarm in complete.all("MetricAlarm")}
    assert names == {*ALARMS, *BACKUP_ALARMS}


def test_every_secret_is_checked(complete: Deployment) -> None:
    given = {name for name in variables(complete)["api"] if name.endswith("_PARAMETER")}
    assert given == set(SECRET_VARIABLES)
    [function] = [
        each.inputs for each in complete.all("lambda/function:Function")
        if each.inputs["name"] == BASE
    ]  # fmt: skip
    assert DESCRIPTION.fullmatch(function["description"])


def test_the_end_of_every_runtime_is_known() -> None:
    assert set(get_args(Runtime)) <= set(RUNTIME_ENDS)
