"""The secrets in SSM: present, encrypted, valid, those of the table, in use by the functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from api.errors import SettingError
from api.operations.aws.session import explained
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation, is_missing
from api.operations.errors import OperationError
from api.secret import Secret
from api.services.keys.cipher import Cipher
from api.settings import parse_fernet_keys, parse_random_secret
from api.storage.encryption_checks import check_values_in, encryption_check_key

_CHECK = "secrets"
_UP = "Run pulumi up --refresh, which creates it again from the stack's state."
_FERNET = "FERNET_KEYS_PARAMETER"
# In the order of the versions in a function's description (infra/function.py).
SECRET_VARIABLES = (
    "JWT_SECRET_PARAMETER",
    _FERNET,
    "INVITE_CODE_PARAMETER",
    "CDN_SECRET_PARAMETER",
)
_RULES: Mapping[str, Callable[[str, str], object]] = {
    "JWT_SECRET_PARAMETER": parse_random_secret,
    _FERNET: parse_fernet_keys,
    "CDN_SECRET_PARAMETER": parse_random_secret,
}
DESCRIPTION = re.compile(r"API Dashboard, secrets ([0-9]+(?:\.[0-9]+)*)")
_SIMPLE = {"JWT_SECRET_PARAMETER": "jwt-secret", _FERNET: "fernet-keys"}

Parameters = Mapping[str, Mapping[str, Any]]
"""The parameters in SSM by name."""


def secret_findings(installation: Installation) -> list[Finding]:
    """Return what is wrong with the secrets, or one finding for all. Raises OperationError."""
    used = _used(installation)
    names = sorted({name for variables in used.values() for name in variables.values()})
    with explained("Reading the secrets"):
        answer = installation.aws("ssm").get_parameters(Names=names, WithDecryption=True)
    stored: Parameters = {str(found["Name"]): found for found in answer["Parameters"]}
    findings = []
    for variable in SECRET_VARIABLES:
        for name in sorted({each[variable] for each in used.values() if variable in each}):
            findings += parameter_findings(variable, name, stored)
    for function, variables in used.items():
        if function:
            described = str(installation.configuration(function).get("Description", ""))
            findings += version_findings(function, described, variables, stored)
    if not findings:
        findings = [
            Finding(_CHECK, "ok", f"All {len(names)} secrets are present, encrypted and in use.")
        ]
    keys_name = next((each[_FERNET] for each in used.values() if _FERNET in each), None)
    if keys_name in stored:
        findings += _table_findings(installation, str(stored[str(keys_name)]["Value"]))
    return findings


def _used(installation: Installation) -> dict[str, dict[str, str]]:
    """Return the parameters of each function by environment variable. Without functions, the two
    secrets of every installation, for a function without a name.
    """
    used = {}
    for name in installation.functions.values():
        try:
            environment = installation.environment(name)
        except OperationError as error:
            if not is_missing(error):
                raise
            continue
        used[name] = {each: environment[each] for each in SECRET_VARIABLES if each in environment}
    expected = {each: f"/{installation.base}/{name}" for each, name in _SIMPLE.items()}
    return used if any(used.values()) else {"": expected}


def parameter_findings(variable: str, name: str, stored: Parameters) -> list[Finding]:
    """Return what is wrong with a parameter."""
    found = stored.get(name)
    if found is None:
        return [Finding(_CHECK, "failed", f"The parameter {name} is missing.", _UP)]
    findings = []
    if found.get("Type") != "SecureString":
        findings.append(Finding(_CHECK, "failed", f"The parameter {name} is not encrypted.", _UP))
    rule = _RULES.get(variable)
    try:
        if rule is not None:
            rule(str(found["Value"]), f"The parameter {name}")
    except SettingError as error:
        findings.append(Finding(_CHECK, "failed", str(error), _UP))
    return findings


def version_findings(
    function: str, description: str, variables: Mapping[str, str], stored: Parameters
) -> list[Finding]:
    """Return whether a function still runs with an older version of a secret.

    A function reads the secrets when it starts, and its description has their versions.
    """
    match = DESCRIPTION.fullmatch(description)
    names = [variables[each] for each in SECRET_VARIABLES if each in variables]
    if match is None or any(name not in stored for name in names):
        return []
    running = match[1].split(".")
    newest = [str(stored[name].get("Version", "")) for name in names]
    if len(running) != len(newest):
        return []
    old = [name for name, have, want in zip(names, running, newest, strict=True) if have != want]
    if not old:
        return []
    return [
        Finding(
            _CHECK,
            "failed",
            f"{', '.join(old)} changed after {function} was updated, so that some of its "
            "processes have the former value.",
            "Run pulumi up --refresh.",
        )
    ]


def _table_findings(installation: Installation, text: str) -> list[Finding]:
    with explained(f"Reading the check of the encryption keys in {installation.table}"):
        item = next(iter(installation.place.read([encryption_check_key()])), None)
    try:
        keys = parse_fernet_keys(text)
    except SettingError:
        return []  # reported with the parameter
    return [match_finding(keys, None if item is None else check_values_in(item))]


def match_finding(keys: tuple[Secret, ...], values: tuple[str, ...] | None) -> Finding:
    """Return whether the keys are those that the table is encrypted with."""
    if values is None:
        return Finding(
            "keys", "ok", "Nothing was stored yet, so any encryption keys match the table."
        )
    cipher = Cipher(keys)
    unknown = sum(not cipher.opens(value) for value in values)
    if not unknown:
        return Finding("keys", "ok", "The encryption keys match the table.")
    return Finding(
        "keys",
        "failed",
        f"The table was encrypted with {len(values)} keys, and {unknown} of them are missing in "
        "SSM.",
        "Bring the former keys back: set oldestEncryptionKeyVersion lower and run pulumi up, or "
        "restore a backup (api-dashboard restore --stack).",
    )
