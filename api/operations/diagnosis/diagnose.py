"""Run the checks of an installation on AWS at once, each on its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api.operations.diagnosis.alarms import alarm_findings
from api.operations.diagnosis.backups import stored_backup_findings
from api.operations.diagnosis.cdn import cdn_findings
from api.operations.diagnosis.certificate import acm_findings
from api.operations.diagnosis.drift import drift_findings
from api.operations.diagnosis.finding import Finding, unchecked
from api.operations.diagnosis.functions import function_findings
from api.operations.diagnosis.identity import identity_findings
from api.operations.diagnosis.installation import Installation
from api.operations.diagnosis.logs import log_findings
from api.operations.diagnosis.permissions import permission_findings
from api.operations.diagnosis.secrets import secret_findings
from api.operations.diagnosis.table import table_findings
from api.operations.errors import OperationError

Check = Callable[[Installation], list[Finding]]

# In the order of the output.
CHECKS: tuple[tuple[str, Check], ...] = (
    ("functions", function_findings),
    ("permissions", permission_findings),
    ("secrets", secret_findings),
    ("table", table_findings),
    ("alarms", alarm_findings),
    ("logs", log_findings),
    ("cdn", cdn_findings),
    ("certificate", acm_findings),
    ("backups", stored_backup_findings),
    ("drift", drift_findings),
)


def diagnose(installation: Installation, *, preview: bool = True) -> list[Finding]:
    """Return the findings of all checks. A check that cannot run is a warning of its own.

    Without credentials there are no further checks. `preview` is whether to compare the stack with
    the program, which takes minutes.
    """
    try:
        findings = identity_findings(installation)
    except OperationError as error:
        return [unchecked("identity", error)._replace(outcome="failed")]
    checks = [each for each in CHECKS if preview or each[0] != "drift"]
    with ThreadPoolExecutor(len(checks)) as threads:
        for found in threads.map(lambda check: _run(check[0], check[1], installation), checks):
            findings += found
    return findings


def _run(name: str, check: Check, installation: Installation) -> list[Finding]:
    try:
        return check(installation)
    except OperationError as error:
        return [unchecked(name, error)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # An emulator, or a newer AWS, that responds otherwise must not hide the other checks.
        return [
            Finding(
                name,
                "warning",
                f"This could not be checked: AWS responded in an unexpected way ({error!r}).",
                "Update api-dashboard, or look at it in AWS's console.",
            )
        ]
