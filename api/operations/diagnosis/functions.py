"""The functions: their state, runtime, bundle and settings."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from api.errors import SettingError
from api.operations.aws.functions import CLOSED
from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation, is_missing
from api.operations.errors import OperationError
from api.settings import read_settings

_UP = "Run pulumi up --refresh."
_CHECK = "functions"
# After these days Lambda no longer patches a runtime, and months later no longer changes a function
# that has it: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIME_ENDS = {
    "python3.9": datetime.date(2025, 12, 15),
    "python3.10": datetime.date(2026, 10, 31),
    "python3.11": datetime.date(2027, 6, 30),
    "python3.12": datetime.date(2028, 10, 31),
    "python3.13": datetime.date(2029, 6, 30),
    "python3.14": datetime.date(2029, 6, 30),
}
_NOTICE = datetime.timedelta(days=180)
_STORAGE = frozenset({"DYNAMODB_TABLE", "JWT_SECRET_PARAMETER", "FERNET_KEYS_PARAMETER"})
_SHARED = _STORAGE | {"API_DASHBOARD_REQUEST_LOG_DAYS", "API_DASHBOARD_REQUIRE_SECOND_FACTOR"}
NEEDED = {
    "api": _SHARED
    | {
        "API_DASHBOARD_AUDIT_DAYS",
        "API_DASHBOARD_SIGN_UP",
        "API_DASHBOARD_SCHEDULED_CHECKS",
        "API_DASHBOARD_PROXY_URL",
        "API_DASHBOARD_PROXY_MEMORY",
    },
    "proxy": _SHARED | {"AWS_LAMBDA_EXEC_WRAPPER"},
    "backup": _STORAGE | {"API_DASHBOARD_BACKUP_TARGET", "API_DASHBOARD_BACKUP_RECIPIENT"},
}
"""The environment variables that the program always sets."""
POSSIBLE = frozenset(
    {
        CLOSED,
        "API_DASHBOARD_MAIL_FROM",
        "API_DASHBOARD_PUBLIC_URL",
        "CDN_SECRET_PARAMETER",
        "INVITE_CODE_PARAMETER",
    }
)
"""Those that depend on the stack's settings."""


def function_findings(
    installation: Installation, today: datetime.date | None = None
) -> list[Finding]:
    """Return findings about the functions, or one for all. `today` is for tests."""
    findings, hashes = [], set()
    day = today or datetime.datetime.now(datetime.UTC).date()
    for kind, name in installation.functions.items():
        try:
            configuration = installation.configuration(name)
        except OperationError as error:
            if not is_missing(error):
                raise
            findings.append(_missing(installation, name))
            continue
        hashes.add(configuration.get("CodeSha256"))
        findings += state_findings(name, configuration, day)
        findings += setting_findings(kind, name, installation.environment(name), installation.table)
        findings += _concurrency(installation, name)
    if len(hashes) > 1:
        findings.append(
            _failed(
                "The functions have different versions of the program.",
                "Run pulumi up, which replaces them.",
            )
        )
    if not any(finding.outcome != "ok" for finding in findings):
        names = ", ".join(installation.functions.values())
        findings.insert(0, Finding(_CHECK, "ok", f"{names} are active, with valid settings."))
    return findings


def state_findings(
    name: str, configuration: Mapping[str, Any], today: datetime.date
) -> list[Finding]:
    """Return what is wrong with the state and the runtime of a function."""
    findings = []
    state = configuration.get("State", "Active")
    if state == "Pending":
        findings.append(_warning(f"{name} is being created.", "Wait a minute and try again."))
    elif state not in ("Active", "Inactive"):
        reason = configuration.get("StateReason") or "no reason given"
        findings.append(_failed(f"{name} is {state} ({reason}).", _UP))
    updated = configuration.get("LastUpdateStatus", "Successful")
    if updated == "InProgress":
        findings.append(_warning(f"{name} is being updated.", "Wait a minute and try again."))
    elif updated != "Successful":
        reason = configuration.get("LastUpdateStatusReason") or "no reason given"
        findings.append(_failed(f"The last update of {name} failed ({reason}).", _UP))
    runtime = str(configuration.get("Runtime", ""))
    end = RUNTIME_ENDS.get(runtime)
    newer = "Set runtime to a newer version (pulumi config set runtime), and run pulumi up."
    if end is None:
        findings.append(_warning(f"{name} has the runtime {runtime}, unknown here.", newer))
    elif end < today:
        findings.append(_warning(f"AWS ended the support of {runtime} ({name}) on {end}.", newer))
    elif end - _NOTICE < today:
        findings.append(_warning(f"AWS ends the support of {runtime} ({name}) on {end}.", newer))
    return findings


def setting_findings(
    kind: str, name: str, environment: Mapping[str, str], table: str
) -> list[Finding]:
    """Return what is wrong with the environment variables of a function."""
    findings = [
        _failed(f"The environment variable {each} of {name} is missing.", _UP)
        for each in sorted(NEEDED[kind] - set(environment))
    ]
    for each in sorted(set(environment) - NEEDED[kind] - POSSIBLE):
        findings.append(
            _warning(f"The program does not set the environment variable {each} of {name}.", _UP)
        )
    if environment.get("DYNAMODB_TABLE", table) != table:
        findings.append(
            _failed(f"{name} uses the table {environment['DYNAMODB_TABLE']}, not {table}.", _UP)
        )
    if reason := environment.get(CLOSED):
        findings.append(
            _warning(
                f"{name} is closed for writes: {reason}",
                "When what closed it is done, run api-dashboard reopen --stack with the stack's "
                "name.",
            )
        )
    try:
        read_settings({**environment, "AWS_LAMBDA_FUNCTION_NAME": name})
    except SettingError as error:
        findings.append(_failed(f"{name} does not start. {error}", _UP))
    return findings


def _concurrency(installation: Installation, name: str) -> list[Finding]:
    with explained(f"Reading the reserved concurrency of {name}"):
        found = installation.aws("lambda").get_function_concurrency(FunctionName=name)
    if found.get("ReservedConcurrentExecutions") == 0:
        return [_failed(f"{name} may not run: no execution is allowed (throttled by hand).", _UP)]
    return []


def _missing(installation: Installation, name: str) -> Finding:
    if installation.is_stack:
        return _failed(f"There is no function {name} in {installation.region}.", _UP)
    return _warning(
        f"There is no function {name} in {installation.region}.",
        "If the table belongs to a stack, name that with --stack. Servers that use the table are "
        "checked with --server.",
    )


def _failed(detail: str, advice: str) -> Finding:
    return Finding(_CHECK, "failed", detail, advice)


def _warning(detail: str, advice: str) -> Finding:
    return Finding(_CHECK, "warning", detail, advice)
