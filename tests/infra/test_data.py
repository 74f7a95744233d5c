"""The table, the secrets and the resource names."""

from __future__ import annotations

import re

import pytest

from infra.settings import MOST_KEYS
from tests.infra.program import ROOT, Deployment, Program

TABLE = "dynamodb/table:Table"


def test_s40_the_table_is_encrypted_expires_items_and_costs_nothing_when_idle(
    first_stack: Deployment,
) -> None:
    table = first_stack.one(TABLE)
    assert table["serverSideEncryption"] == {"enabled": True}
    assert table["ttl"] == {"attributeName": "ttl", "enabled": True}
    assert table["billingMode"] == "PAY_PER_REQUEST"


def test_s40_production_protects_and_can_restore_its_table(
    first_stack: Deployment, production: Deployment
) -> None:
    for stack, expected in ((first_stack, False), (production, True)):
        (table,) = stack.all(TABLE)
        assert table.protect is expected
        assert table.inputs["deletionProtectionEnabled"] is expected
        assert table.inputs["pointInTimeRecovery"] == {"enabled": expected}


def test_s40_protection_is_a_setting(program: Program) -> None:
    (table,) = program(protectTable="true", pointInTimeRecovery="true").all(TABLE)
    assert table.protect and table.inputs["deletionProtectionEnabled"]
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True}


@pytest.mark.parametrize("protectTable", ["true", "false"])
def test_s40_what_makes_the_table_readable_is_protected_like_the_table(
    program: Program, protectTable: str
) -> None:
    stack = program(
        protectTable=protectTable,
        encryptionKeyVersion="2",
        signUp="invite",
        secret={"inviteCode": "come in please"},
    )
    protected = {resource.name for resource in stack.resources if resource.protect}
    lasting = {
        "table-table",
        "secrets-jwt-secret",
        "secrets-jwt-secret-parameter",
        "secrets-encryption-key-1",
        "secrets-encryption-key-2",
        "secrets-fernet-keys-parameter",
    }
    assert protected == (lasting if protectTable == "true" else set())


def test_s18_random_secrets_have_more_than_256_bits(first_stack: Deployment) -> None:
    made = {secret.name: secret.inputs for secret in first_stack.all("RandomPassword")}
    assert set(made) == {"secrets-jwt-secret", "site-cdn-secret"}
    for inputs in made.values():
        # 62 possible characters: almost 6 bits each.
        assert inputs["length"] * 5.9 > 256 and inputs["special"] is False


def test_deployed_stacks_keep_the_cdn_s_secret_which_was_once_a_part_of_the_cdn(
    first_stack: Deployment, website: Deployment
) -> None:
    (secret,) = [one for one in first_stack.all("RandomPassword") if one.name == "site-cdn-secret"]
    assert secret.parent.endswith("$api-dashboard:aws:Secrets::secrets")
    assert secret.aliases == [
        "urn:pulumi:dev::api-dashboard::api-dashboard:aws:DashboardSite$api-dashboard:aws:Cdn$"
        "random:index/randomPassword:RandomPassword::site-cdn-secret"
    ]
    assert "site-cdn-secret" not in {one.name for one in website.all("RandomPassword")}


def keys(stack: Deployment) -> list[str]:
    """Return the encryption keys as the function reads them."""
    (parameter,) = [p for p in stack.all("Parameter") if p.inputs["name"].endswith("/fernet-keys")]
    value: str = parameter.inputs["value"]
    return value.split(",")


def test_s28_raising_the_version_puts_a_new_key_in_front_and_keeps_the_old_ones(
    program: Program,
) -> None:
    (first,) = keys(program())
    second, kept = keys(program(encryptionKeyVersion="2"))
    assert kept == first != second
    assert keys(program(encryptionKeyVersion="2", oldestEncryptionKeyVersion="2")) == [second]
    third = program(encryptionKeyVersion="3", oldestEncryptionKeyVersion="2")
    assert keys(third)[1:] == [second]


def test_s28_a_removed_key_stays_in_the_state_for_backups_of_the_table(program: Program) -> None:
    stack = program("prod", encryptionKeyVersion="3", oldestEncryptionKeyVersion="3")
    assert len(keys(stack)) == 1
    made = {key.name: key.protect for key in stack.all("RandomBytes")}
    assert made == {f"secrets-encryption-key-{version}": True for version in (1, 2, 3)}
    last = program(encryptionKeyVersion="9999", oldestEncryptionKeyVersion="9999")
    assert len(last.all("RandomBytes")) == MOST_KEYS


def test_s28_keys_are_valid_fernet_keys(first_stack: Deployment) -> None:
    from cryptography.fernet import Fernet

    assert first_stack.one("RandomBytes")["length"] == 32
    (key,) = keys(first_stack)
    token = Fernet(key).encrypt(b"secret")
    assert Fernet(key).decrypt(token) == b"secret"


def test_the_maximum_number_of_keys_fits_into_a_free_parameter() -> None:
    assert MOST_KEYS * 44 + MOST_KEYS - 1 <= 4096


def test_the_function_changes_with_its_secrets_so_that_no_copy_keeps_old_ones(
    program: Program, first_stack: Deployment
) -> None:
    parameters = {parameter.name for parameter in first_stack.all("Parameter")}
    for function in first_stack.all("lambda/function:Function"):
        assert parameters <= set(function.depends_on)
        # The parameters' versions, which are 7 in the mocks.
        assert function.inputs["description"].endswith("7.7.7")


def names(stack: Deployment) -> set[str]:
    """Return the names of all AWS resources that have one."""
    kinds = ("name", "bucketPrefix")
    own = {"$default", "http-api"}
    return {r.inputs[kind] for r in stack.resources for kind in kinds if kind in r.inputs} - own


def test_two_stacks_can_coexist(first_stack: Deployment, production: Deployment) -> None:
    assert not names(first_stack) & names(production)
    assert all("api-dashboard-dev" in name for name in names(first_stack))


def test_an_unchanged_program_registers_the_same_resources(
    program: Program, first_stack: Deployment
) -> None:
    def asked(stack: Deployment) -> dict[str, object]:
        return {f"{resource.type} {resource.name}": resource.inputs for resource in stack.resources}

    assert asked(program()) == asked(first_stack)


def test_the_outputs_are_those_that_other_tools_read(
    first_stack: Deployment, website: Deployment
) -> None:
    always = {
        "DYNAMODB_TABLE", "S3_BUCKET", "LAMBDA_ROLE_ARN", "API_GATEWAY_ID", "API_GATEWAY_URL",
        "REGION", "DASHBOARD_URL", "FUNCTION_NAME", "LOG_GROUP", "PROXY_URL",
        "PROXY_FUNCTION_NAME", "PROXY_LOG_GROUP", "S3_WEBSITE_URL",
    }  # fmt: skip
    assert set(first_stack.outputs) == always | {"CDN_DOMAIN"}
    assert first_stack.outputs["S3_WEBSITE_URL"] == ""
    assert set(website.outputs) == always
    assert website.outputs["S3_WEBSITE_URL"] == website.outputs["DASHBOARD_URL"]
    assert all(isinstance(value, str) for value in first_stack.outputs.values())
    guide = (ROOT / "docs" / "deploy.md").read_text().partition("\n### Outputs\n")[2]
    listed = guide.partition("\n## ")[0]
    assert set(re.findall(r"`([A-Z3_]+)`", listed)) == always | {"CDN_DOMAIN"}
