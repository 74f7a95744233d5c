"""What `doctor --stack` concludes from what AWS says."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet

from api.operations.diagnosis.alarms import ALARMS, stack_alarm_findings, subscription_findings
from api.operations.diagnosis.backups import newest_finding
from api.operations.diagnosis.cdn import distribution_findings
from api.operations.diagnosis.certificate import acm_certificate_findings
from api.operations.diagnosis.drift import preview_finding
from api.operations.diagnosis.finding import Finding, unchecked
from api.operations.diagnosis.functions import setting_findings, state_findings
from api.operations.diagnosis.secrets import match_finding, parameter_findings, version_findings
from api.operations.diagnosis.table import description_findings
from api.operations.errors import OperationError
from api.secret import Secret
from api.services.keys.cipher import Cipher

TODAY = datetime.date(2026, 12, 1)
NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
JWT, KEYS = "/base/jwt-secret", "/base/fernet-keys"
NAMES = {"JWT_SECRET_PARAMETER": JWT, "FERNET_KEYS_PARAMETER": KEYS}
ENVIRONMENT = {
    **NAMES,
    "DYNAMODB_TABLE": "base",
    "API_DASHBOARD_REQUEST_LOG_DAYS": "14",
    "API_DASHBOARD_AUDIT_DAYS": "365",
    "API_DASHBOARD_REQUIRE_SECOND_FACTOR": "false",
    "API_DASHBOARD_SIGN_UP": "open",
    "API_DASHBOARD_SCHEDULED_CHECKS": "true",
    "API_DASHBOARD_PROXY_URL": "https://proxy.example",
    "API_DASHBOARD_PROXY_MEMORY": "256",
}
TABLE: dict[str, Any] = {
    "TableName": "base",
    "TableStatus": "ACTIVE",
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "SSEDescription": {"Status": "ENABLED"},
    "DeletionProtectionEnabled": True,
    "GlobalSecondaryIndexes": [{"IndexName": "GSI1", "IndexStatus": "ACTIVE"}],
    "TableSizeBytes": 5_000_000,
}


def expect(findings: list[Finding], outcome: str, part: str) -> None:
    """Check that one finding has the outcome and the text, and says what to do unless it is ok."""
    assert [finding.outcome for finding in findings] == [outcome], findings
    assert part in findings[0].detail
    assert (findings[0].advice == "") == (outcome == "ok")


@pytest.mark.parametrize(
    ("configuration", "outcome", "part"),
    [
        ({"State": "Failed", "StateReason": "no role"}, "failed", "Failed (no role)"),
        ({"State": "Pending"}, "warning", "being created"),
        ({"LastUpdateStatus": "InProgress"}, "warning", "being updated"),
        ({"LastUpdateStatus": "Failed"}, "failed", "last update"),
        ({"Runtime": "python3.10"}, "warning", "ended the support"),
        ({"Runtime": "python2.7"}, "warning", "unknown here"),
    ],
)
def test_the_state_of_a_function(configuration: dict[str, Any], outcome: str, part: str) -> None:
    good = {"State": "Active", "LastUpdateStatus": "Successful", "Runtime": "python3.13"}
    assert state_findings("base", good, TODAY) == []
    expect(state_findings("base", {**good, **configuration}, TODAY), outcome, part)


def test_a_runtime_that_ends_soon_is_a_warning() -> None:
    soon = datetime.date(2027, 5, 1)
    expect(state_findings("base", {"Runtime": "python3.11"}, soon), "warning", "2027-06-30")


@pytest.mark.parametrize(
    ("change", "outcome", "part"),
    [
        ({"DYNAMODB_TABLE": "other"}, "failed", "uses the table other"),
        ({"JWT_SECRET_PARAMETER": None}, "failed", "JWT_SECRET_PARAMETER of base is missing"),
        ({"AWS_REGION_HINT": "x"}, "warning", "does not set the environment variable"),
        ({"API_DASHBOARD_CLOSED": "moved."}, "warning", "closed for writes: moved."),
        ({"API_DASHBOARD_SIGN_UP": "nobody"}, "failed", "API_DASHBOARD_SIGN_UP must be"),
        ({"API_DASHBOARD_REQUEST_LOG_DAYS": "0"}, "failed", "REQUEST_LOG_DAYS"),
    ],
)
def test_the_settings_of_a_function(change: dict[str, str | None], outcome: str, part: str) -> None:
    assert setting_findings("api", "base", ENVIRONMENT, "base") == []
    merged: dict[str, str | None] = {**ENVIRONMENT, **change}
    changed = {name: value for name, value in merged.items() if value is not None}
    expect(setting_findings("api", "base", changed, "base"), outcome, part)


@pytest.mark.parametrize(
    ("stored", "outcome", "part"),
    [
        ({}, "failed", "is missing"),
        ({"Type": "String", "Value": "0123456789abcdef" * 4}, "failed", "not encrypted"),
        ({"Type": "SecureString", "Value": "short"}, "failed", "too weak"),
    ],
)
def test_a_parameter(stored: dict[str, str], outcome: str, part: str) -> None:
    good = {JWT: {"Type": "SecureString", "Value": "0123456789abcdef" * 4}}
    assert parameter_findings("JWT_SECRET_PARAMETER", JWT, good) == []
    found = parameter_findings("JWT_SECRET_PARAMETER", JWT, {JWT: stored} if stored else {})
    expect(found, outcome, part)


@pytest.mark.parametrize("value", ["x" * 44, "", "same,same"])
def test_encryption_keys_that_are_not_valid_are_named_but_not_shown(value: str) -> None:
    stored = {KEYS: {"Type": "SecureString", "Value": value}}
    found = parameter_findings("FERNET_KEYS_PARAMETER", KEYS, stored)
    expect(found, "failed", KEYS)
    assert not value or value not in found[0].detail


def test_a_function_that_still_has_a_former_secret_is_named() -> None:
    stored = {JWT: {"Version": 1}, KEYS: {"Version": 3}}
    assert version_findings("base", "API Dashboard, secrets 1.3", NAMES, stored) == []
    assert version_findings("base", "another text", NAMES, stored) == []
    expect(version_findings("base", "API Dashboard, secrets 1.2", NAMES, stored), "failed", KEYS)


def test_the_encryption_keys_match_the_table_or_not() -> None:
    first, second = (Secret(Fernet.generate_key().decode()) for _ in range(2))
    values = tuple(Cipher((first,)).check_values())
    assert match_finding((second, first), values).outcome == "ok"
    assert match_finding((second,), None).outcome == "ok"
    expect([match_finding((second,), values)], "failed", "1 of them are missing")


@pytest.mark.parametrize(
    ("change", "outcome", "part"),
    [
        ({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, "failed", "INACCESSIBLE"),
        ({"GlobalSecondaryIndexes": []}, "failed", "no index"),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "GSI1", "IndexStatus": "CREATING"}]},
            "warning",
            "CREATING",
        ),
        ({"BillingModeSummary": {}}, "warning", "fixed capacity"),
        ({"SSEDescription": {}}, "warning", "encrypted with a key"),
        ({"DeletionProtectionEnabled": False}, "warning", "does not protect"),
        ({}, "ok", "5.0 MB"),
    ],
)
def test_the_description_of_a_table(change: dict[str, Any], outcome: str, part: str) -> None:
    expect(description_findings({**TABLE, **change}, production=True), outcome, part)


def test_only_production_needs_protection() -> None:
    table = {**TABLE, "DeletionProtectionEnabled": False}
    expect(description_findings(table, production=False), "ok", "active")


def good_alarms() -> dict[str, dict[str, Any]]:
    """Return the alarms of a stack, none in alarm."""
    return {f"base-{kind}": {"ActionsEnabled": True, "StateValue": "OK"} for kind in ALARMS}


def test_alarms() -> None:
    expect(stack_alarm_findings("base", good_alarms()), "ok", f"{len(ALARMS)} alarms")
    without = good_alarms()
    del without["base-errors"]
    expect(stack_alarm_findings("base", without), "failed", "base-errors is missing")
    muted = good_alarms()
    muted["base-errors"]["ActionsEnabled"] = False
    expect(stack_alarm_findings("base", muted), "warning", "muted")
    ringing = good_alarms()
    ringing["base-errors"] |= {"StateValue": "ALARM", "AlarmDescription": "It failed."}
    expect(stack_alarm_findings("base", ringing), "failed", "base-errors is in alarm. It failed.")


@pytest.mark.parametrize(
    ("subscriptions", "outcome", "part"),
    [
        ([], "warning", "No address"),
        ([{"SubscriptionArn": "PendingConfirmation", "Endpoint": "a@b.cd"}], "warning", "a@b.cd"),
        ([{"SubscriptionArn": "arn:aws:sns:x", "Endpoint": "a@b.cd"}], "ok", "confirmed"),
    ],
)
def test_subscriptions(subscriptions: list[dict[str, str]], outcome: str, part: str) -> None:
    expect(subscription_findings(subscriptions), outcome, part)


@pytest.mark.parametrize(
    ("change", "url", "outcome", "part"),
    [
        ({}, "https://d1.cloudfront.net", "ok", "deployed"),
        ({"Aliases": {"Items": ["keys.example.com"]}}, "https://keys.example.com", "ok", "deploy"),
        ({}, "https://keys.example.com", "failed", "does not serve keys.example.com"),
        ({"Enabled": False}, "https://d1.cloudfront.net", "failed", "disabled"),
        ({"Status": "InProgress"}, "https://d1.cloudfront.net", "warning", "being deployed"),
    ],
)
def test_the_distribution(change: dict[str, Any], url: str, outcome: str, part: str) -> None:
    good = {"DomainName": "d1.cloudfront.net", "Enabled": True, "Status": "Deployed"}
    expect(distribution_findings({**good, **change}, url), outcome, part)


RECORD = {"Name": "_x.example.com.", "Type": "CNAME", "Value": "_y.acm.aws."}
PENDING = {"ValidationStatus": "PENDING_VALIDATION", "ResourceRecord": RECORD}


@pytest.mark.parametrize(
    ("change", "days", "outcome", "part"),
    [
        ({"RenewalEligibility": "ELIGIBLE"}, 200, "ok", "for 200 days, and AWS renews it"),
        ({}, 20, "warning", "expires in 20 days"),
        ({"Type": "IMPORTED"}, 200, "warning", "is imported"),
        ({}, -1, "failed", "has expired"),
        ({"Status": "PENDING_VALIDATION"}, 200, "failed", "PENDING_VALIDATION"),
        ({"RenewalSummary": {"DomainValidationOptions": [PENDING]}}, 50, "warning", "cannot renew"),
    ],
)
def test_the_certificate(change: dict[str, Any], days: int, outcome: str, part: str) -> None:
    end = NOW + datetime.timedelta(days=days)
    good = {"DomainName": "keys.example.com", "Status": "ISSUED", "NotAfter": end}
    expect(acm_certificate_findings({**good, **change}, NOW), outcome, part)


def test_a_certificate_that_waits_for_its_record_names_it() -> None:
    waiting = {
        "DomainName": "keys.example.com",
        "Status": "PENDING_VALIDATION",
        "DomainValidationOptions": [PENDING],
    }
    [found] = acm_certificate_findings(waiting, NOW)
    assert "_x.example.com. CNAME _y.acm.aws." in found.advice


@pytest.mark.parametrize(("hours", "outcome"), [(20, "ok"), (47, "ok"), (49, "failed")])
def test_the_newest_backup(hours: int, outcome: str) -> None:
    made = NOW - datetime.timedelta(hours=hours)
    expect([newest_finding("a.backup", made, 24, NOW, log="Look.")], outcome, f"{hours} hours old")


def test_the_drift_names_what_differs() -> None:
    urn = "urn:pulumi:prod::api-dashboard::aws:dynamodb/table:Table::table-table"
    same = {"steps": [{"op": "same", "urn": urn}, {"op": "refresh", "urn": urn}]}
    expect([preview_finding(same)], "ok", "as the program describes")
    changed = {"steps": [{"op": "update", "urn": urn}]}
    expect([preview_finding(changed)], "warning", "update table-table")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Reading x failed: these may not call Y (a: b). Use others and try again.",
         "Use others and try again."),
        ("It is wrong: correct it.", "Correct the cause, and run doctor again."),
    ],
)  # fmt: skip
def test_a_check_that_cannot_run_is_a_warning(text: str, advice: str) -> None:
    found = unchecked("table", OperationError(text))
    assert (found.outcome, found.advice) == ("warning", advice)
    assert found.detail.startswith("This could not be checked. ")
