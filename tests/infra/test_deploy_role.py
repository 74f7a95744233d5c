"""The role for deploying from GitHub Actions may do what the program needs, and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.infra.deploy_actions import ACCOUNT, ACTIONS, REGION, Needed
from tests.infra.program import ROOT, Deployment, Program

FOLDER = ROOT / "docs" / "deploy-role"
# For Pulumi's own state, not for a resource.
STATE = ("State", "StateKey")
INLINE_LIMIT = 10_240  # characters of a role's inline policies, without white space


def statements() -> list[dict[str, Any]]:
    """The statements of the permissions, with values in place of the placeholders."""
    text = (FOLDER / "permissions.json").read_text()
    text = text.replace("ACCOUNT_ID", ACCOUNT).replace("REGION", REGION)
    found: list[dict[str, Any]] = json.loads(text)["Statement"]
    return found


STATEMENTS = statements()


@pytest.fixture(scope="module")
def stacks(
    program: Program, first_stack: Deployment, production: Deployment, website: Deployment
) -> tuple[Deployment, ...]:
    """Stacks that have every type of resource between them."""
    everything = program(
        alertEmail="me@example.com",
        monthlyBudget="5",
        domain="keys.example.com",
        hostedZone="example.com",
        cdnLogs="true",
        xray="true",
        backupBucket="true",
        backupRecipient="apdp_" + "0" * 58,
    )
    return first_stack, production, website, everything


def needs(stacks: tuple[Deployment, ...]) -> Iterator[tuple[str, str]]:
    """Every action that a resource of these stacks needs, with its ARN."""
    for stack in stacks:
        for resource in stack.resources:
            if resource.type.startswith("aws:"):
                # References to other resources are names or ids, which the mocks choose.
                inputs = {"region": REGION, **resource.inputs}
                for needed in ACTIONS[resource.type]:
                    arn = needed.arn_of(inputs)
                    yield from ((action, arn) for action in needed.actions)


def is_allowed(action: str, arn: str) -> bool:
    """Whether a statement allows the action on the ARN."""
    return any(
        any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        for statement in STATEMENTS
        if statement["Sid"] not in STATE
    )


def test_every_resource_type_of_the_program_has_its_actions(stacks: tuple[Deployment, ...]) -> None:
    types = {r.type for stack in stacks for r in stack.resources if r.type.startswith("aws:")}
    assert types <= ACTIONS.keys()


def test_the_role_may_do_everything_that_the_program_needs(stacks: tuple[Deployment, ...]) -> None:
    denied = sorted({need for need in needs(stacks) if not is_allowed(*need)})
    assert denied == []


def test_the_role_may_do_nothing_else() -> None:
    needed = {action for each in ACTIONS.values() for entry in each for action in entry.actions}
    unused = [
        action
        for statement in STATEMENTS
        if statement["Sid"] not in STATE
        for action in statement["Action"]
        if not any(fnmatchcase(each, action) for each in needed)
    ]
    assert unused == []


def test_the_role_cannot_change_resources_of_other_names() -> None:
    foreign = [
        need
        for entries in ACTIONS.values()
        for entry in entries
        for need in _renamed(entry)
        if is_allowed(*need)
    ]
    assert foreign == []


def _renamed(entry: Needed) -> Iterator[tuple[str, str]]:
    """The actions on a resource of another product, if the ARN has a name."""
    if "apigateway" in entry.arn or "delivery:" in entry.arn or "service-role" in entry.arn:
        return  # AWS chooses these ids.
    if entry.arn != "*":
        inputs: Mapping[str, str] = defaultdict(lambda: "other")
        arn = entry.arn_of(inputs).replace("api-dashboard", "other")
        yield from ((action, arn) for action in entry.actions)


def test_the_permissions_fit_into_a_role() -> None:
    text = (FOLDER / "permissions.json").read_text()
    assert len("".join(text.split())) <= INLINE_LIMIT


def test_roles_can_be_passed_to_lambda_only() -> None:
    (passing,) = [s for s in STATEMENTS if "iam:PassRole" in s["Action"]]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    assert not any(
        fnmatchcase("iam:PassRole", a) for s in STATEMENTS if s != passing for a in s["Action"]
    )


def test_only_one_environment_of_one_repository_can_assume_the_role() -> None:
    (statement,) = json.loads((FOLDER / "trust.json").read_text())["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    conditions = statement["Condition"]["StringEquals"]
    assert conditions["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    subject = conditions["token.actions.githubusercontent.com:sub"]
    assert subject.startswith("repo:") and "*" not in subject and ":environment:" in subject


def test_the_docs_show_the_trust_as_it_is() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    shown = guide.partition("```json\n")[2].partition("```")[0]
    (statement,) = json.loads((FOLDER / "trust.json").read_text())["Statement"]
    assert json.loads(f'{{"Effect": "Allow", {shown}}}') == statement


@pytest.mark.parametrize("name", ["permissions.json", "trust.json"])
def test_the_docs_name_every_placeholder(name: str) -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    text = (FOLDER / name).read_text()
    for placeholder in ("ACCOUNT_ID", "REGION", "STATE_BUCKET", "STATE_KEY_ID", "OWNER@OWNER_ID"):
        if placeholder in text:
            assert placeholder in guide
