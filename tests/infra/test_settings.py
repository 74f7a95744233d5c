"""The stack's settings: their documentation, and wrong values."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
import yaml

from infra.setting_reader import SettingRefused
from infra.settings import StackSettings, read_stack_settings
from tests.infra.program import ROOT, Program, Refused

RECIPIENT = "apdp_" + "0" * 58
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


def declared() -> dict[str, dict[str, Any]]:
    """Return the settings of Pulumi.yaml by name."""
    return {
        name: entry
        for name, entry in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"].items()
        if ":" not in name
    }


def camel(name: str) -> str:
    """Return a name such as `name_prefix` as in Pulumi.yaml."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def test_pulumi_yaml_has_every_setting_with_a_type_a_default_and_a_meaning() -> None:
    fields = {camel(field.name) for field in dataclasses.fields(StackSettings)}
    assert set(declared()) == fields - {"stack", "region"}
    for name, entry in declared().items():
        assert entry.get("type") in (("string", "integer") if name != "tags" else (None,)), name
        assert "default" in entry and len(entry["description"]) > 20, name


def test_the_defaults_of_pulumi_yaml_are_the_program_s_own() -> None:
    defaults = {name: str(entry["default"]) for name, entry in declared().items()}
    assert read_stack_settings(defaults, stack="dev") == read_stack_settings({}, stack="dev")
    own = StackSettings(stack="dev")
    assert read_stack_settings(defaults, stack="dev") == own
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert project["config"]["aws:region"]["value"] == own.region == "us-east-2"


def test_the_guide_lists_every_setting_with_its_default_and_no_other() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    table = guide.partition("\n## Settings\n")[2].partition("\n### ")[0]
    listed: dict[str, str] = {}
    for line in table.splitlines():
        if line.startswith("| `"):
            names, defaults = (cell.strip() for cell in line.split("|")[1:3])
            found = re.findall(r"`([^`]+)`", names)
            values = [value.strip(" `") for value in defaults.split(",")]
            listed |= zip(found, values * (len(found) if len(values) == 1 else 1), strict=True)
    assert listed.pop("aws:region") == "us-east-2"
    assert listed == {name: str(entry["default"]) for name, entry in declared().items()}


def test_the_first_stack_s_file_holds_settings_that_are_accepted(program: Program) -> None:
    file = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    values = {name: value for name, value in file.items() if not name.startswith("aws:")}
    program.run("dev", {name.rpartition(":")[2]: str(value) for name, value in values.items()})


@pytest.mark.parametrize("stack", ["prod", "production"])
def test_s40_production_stacks_protect_their_table_by_default(stack: str) -> None:
    automatic = read_stack_settings({}, stack=stack)
    assert automatic.protect_table and automatic.point_in_time_recovery
    chosen = read_stack_settings(
        {"protectTable": "false", "pointInTimeRecovery": "false"}, stack=stack
    )
    assert not chosen.protect_table and not chosen.point_in_time_recovery


REFUSED = [
    ("signUp", "anyone", "open, invite, closed"),
    ("siteMode", "s3", "cdn, website"),
    ("runtime", "python3.9", "python3.11"),
    ("architecture", "arm", "arm64, x86_64"),
    ("memory", "127", "from 128 to 10240"),
    ("memory", "lots", "from 128 to 10240"),
    ("reservedConcurrency", "-1", "from 0 to 10000"),
    ("proxyMemory", "64", "from 128 to 10240"),
    ("proxyReservedConcurrency", "some", "from 0 to 10000"),
    ("throttleRate", "0", "from 1 to 10000"),
    ("throttleBurst", "5001", "from 1 to 5000"),
    ("logRetentionDays", "31", "one of 1, 3, 5"),
    ("requestLogDays", "366", "from 1 to 365"),
    ("auditDays", "0", "from 1 to 3650"),
    ("requireSecondFactor", "yes", "true, false"),
    ("protectTable", "yes", "true, false or auto"),
    ("pointInTimeRecovery", "on", "true, false or auto"),
    ("alertEmail", "nobody", "an email address"),
    ("monthlyBudget", "1.5", "whole number"),
    ("scheduledChecks", "yes", "true, false"),
    ("monthlyBudget", "5", "unless alertEmail"),
    ("mailFrom", "nobody", "an email address"),
    ("mailFrom", "*@example.com", "an email address"),
    ("mailFrom", "Alerts <alerts@example.com>", "an email address"),
    ("mailIdentity", "*", "a domain"),
    ("mailIdentity", "example.com", "the domain of mailFrom"),
    ("domain", "https://keys.example.com", "a host name"),
    ("domain", "keys.example.com", "set together"),
    ("certificateArn", CERTIFICATE, "set together"),
    ("certificateArn", CERTIFICATE.replace("us-east-1", "us-east-2"), "us-east-1"),
    ("namePrefix", "API", "lower-case"),
    ("namePrefix", "x" * 33, "at most 35"),
    ("namePrefix", "aws-keys", "reserves"),
    ("namePrefix", "awesome--keys", "single hyphens"),
    ("namePrefix", "ssmkeys", "reserves"),
    ("namePrefix", "sthree", "sthree-"),
    ("namePrefix", "amzn-s3-demo", "amzn-s3-demo-"),
    ("namePrefix", "xn--keys", "single hyphens"),
    ("hostedZone", "example.com.", "the name of a Route 53 zone"),
    ("hostedZone", "Z0123456789ABCDEFGHIJ", "the name of a Route 53 zone"),
    ("hostedZone", "example.com", "set together"),
    ("cdnLogs", "on", "true, false"),
    ("xray", "Active", "true, false"),
    ("tags", "team=platform", "must be a map"),
    ("tags", '["team"]', "must be a map"),
    ("tags", '{"a": {"b": "c"}}', "texts as values"),
    ("tags", '{"a": ["b"]}', "texts as values"),
    ("tags", '{"a": null}', "texts as values"),
    ("tags", '{"a": 1.5}', "texts as values"),
    ("tags", '{"": "b"}', "keys of 1 to 128"),
    ("tags", '{"aWs:team": "b"}', "begin with aws:"),
    ("tags", '{"team": "a,b"}', "letters, digits"),
    ("tags", '{"team": "a\\nb"}', "letters, digits"),
    ("tags", '{"team": "a", "Team": "b"}', "differ in case"),
    ("tags", json.dumps(dict.fromkeys("abcdefghijk", "x")), "at most 10"),
    ("encryptionKeyVersion", "0", "from 1"),
    ("oldestEncryptionKeyVersion", "2", "from 1 to encryptionKeyVersion (1)"),
    ("inviteCode", "welcome to us", "must be empty unless signUp"),
    ("signingSecret", "0123456789abcdef0123456789abcdef", "--secret"),
    ("restoredTable", "no/table", "the name of a table"),
    ("restoredTable", "api-dashboard-dev", "another table"),
    ("backupBucket", "my-bucket", "true, false"),
    ("backupRecipient", "apdr_secret", "the public part of a recovery key"),
    ("backupRecipient", RECIPIENT, "unless backupBucket"),
    ("backupHours", "0", "from 1 to 744"),
    ("backupKeepDays", "0", "from 1 to 3650"),
    ("memroy", "512", "not a setting"),
]


@pytest.mark.parametrize(("name", "value", "meaning"), REFUSED)
def test_an_invalid_value_is_refused_in_one_sentence_that_names_valid_ones(
    name: str, value: str, meaning: str
) -> None:
    with pytest.raises(SettingRefused) as refused:
        read_stack_settings({name: value}, stack="dev")
    sentence = str(refused.value)
    assert name in sentence and meaning in sentence
    assert sentence.endswith(".") and "\n" not in sentence


@pytest.mark.parametrize("value", ["x" * 40, "short and mixed"])
def test_a_weak_signing_secret_is_refused(value: str) -> None:
    with pytest.raises(SettingRefused, match="at least 32 random bytes"):
        read_stack_settings({"signingSecret": value}, stack="dev", secret={"signingSecret"})


def test_every_checked_setting_has_a_wrong_value_among_these_tests() -> None:
    assert {name for name, _, _ in REFUSED} >= set(declared()) - {"namePrefix"}


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        ({"signUp": "invite"}, "at least 8"),
        ({"signUp": "invite", "inviteCode": "short"}, "at least 8"),
        ({"signUp": "invite", "inviteCode": "long enough"}, "--secret"),
        (
            {"siteMode": "website", "domain": "a.example.com", "certificateArn": CERTIFICATE},
            "siteMode",
        ),
        (
            {"domain": "a.example.com", "hostedZone": "example.com", "certificateArn": CERTIFICATE},
            "certificateArn must be empty",
        ),
        ({"domain": "keys.example.org", "hostedZone": "example.com"}, "must be in hostedZone"),
        ({"domain": "notexample.com", "hostedZone": "example.com"}, "must be in hostedZone"),
        (
            {"domain": f"{'k' * 54}.example.com", "hostedZone": "example.com"},
            "at most 64 characters",
        ),
        (
            {"domain": "a.example.com", "hostedZone": "example.com", "siteMode": "website"},
            "siteMode",
        ),
        ({"cdnLogs": "true", "siteMode": "website"}, "has no CDN"),
        ({"encryptionKeyVersion": "60"}, "from 11 to encryptionKeyVersion (60)"),
    ],
)
def test_conflicting_settings_are_refused(values: dict[str, str], meaning: str) -> None:
    with pytest.raises(SettingRefused, match=re.escape(meaning)):
        read_stack_settings(values, stack="dev")


@pytest.mark.parametrize(("prefix", "stack"), [("k" * 32, "dev"), ("k", "d" * 34)])
def test_the_longest_names_fit_into_every_limit_of_aws(prefix: str, stack: str) -> None:
    """The provider takes a bucket prefix of 37 characters. Everything else has at least 60."""
    settings = read_stack_settings({"namePrefix": prefix}, stack=stack)
    assert len(f"{settings.base}-") == 37
    with pytest.raises(SettingRefused, match="at most 35"):
        read_stack_settings({"namePrefix": f"{prefix}k"}, stack=stack)


@pytest.mark.parametrize("prefix", ["awkward", "s3-keys", "sthreeish", "ss-m", "laws"])
def test_a_name_that_only_resembles_a_reserved_one_is_accepted(prefix: str) -> None:
    assert read_stack_settings({"namePrefix": prefix}, stack="dev").name_prefix == prefix


@pytest.mark.parametrize("zone", ["example.com", "keys.example.com"])
def test_a_domain_can_be_the_zone_itself_or_any_name_in_it(zone: str) -> None:
    values = {"domain": "keys.example.com", "hostedZone": zone}
    assert read_stack_settings(values, stack="dev").hosted_zone == zone


def test_tags_are_texts_numbers_and_switches_as_pulumi_stores_them() -> None:
    values = {"tags": '{"team": "", "cost center": 7, "live": true, "größe": "a/b:c+d=e@f"}'}
    assert read_stack_settings(values, stack="dev").tags == {
        "team": "",
        "cost center": "7",
        "live": "true",
        "größe": "a/b:c+d=e@f",
    }


@pytest.mark.parametrize("stack", ["Dev", "my.stack", "a_b", "x" * 30])
def test_a_stack_whose_name_makes_invalid_resource_names_is_refused(stack: str) -> None:
    with pytest.raises(SettingRefused, match="stack's name"):
        read_stack_settings({}, stack=stack)


def test_an_invalid_region_is_refused() -> None:
    with pytest.raises(SettingRefused, match="aws:region"):
        read_stack_settings({}, stack="dev", region="ohio")


def test_the_invite_code_is_in_no_representation_of_the_settings() -> None:
    values = {"signUp": "invite", "inviteCode": "long enough"}
    assert "long enough" not in repr(
        read_stack_settings(values, stack="dev", secret=["inviteCode"])
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"memory": "7"}, "memory"), ({"memroy": "512"}, "memroy"), ({"signUp": "invite"}, "invite")],
)
def test_the_program_ends_with_the_sentence_before_it_asks_for_anything(
    program: Program, settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        program.run("dev", settings)


def test_s35_a_website_is_refused_where_the_account_blocks_public_buckets(
    program: Program,
) -> None:
    block = dict.fromkeys(
        ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"), True
    )
    with pytest.raises(Refused, match=r"^siteMode must be cdn in this account"):
        program(siteMode="website", account_block=block)
    assert program(siteMode="cdn", account_block=block).all("Distribution")
