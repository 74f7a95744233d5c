"""Findings about the server's files on this machine: data folder, database, disk."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from api.cli.doctor.backups import backup_finding
from api.cli.errors import CliError
from api.errors import DashboardError
from api.operations.diagnosis.finding import Finding, split_message

# Bytes of free space.
_TOO_LITTLE = 100_000_000
_LITTLE = 1_000_000_000


def machine_findings(*, is_running: bool) -> list[Finding]:
    """Return findings about the data folder that `api-dashboard serve` would use here.

    `is_running` is whether a server responds.
    """
    from api.cli.server.given_settings import server_settings
    from api.cli.server.options import ServerOptions
    from api.local.data_folder import has_data

    try:
        settings = server_settings(ServerOptions())
    except (CliError, DashboardError) as error:
        found = split_message("settings", "failed", str(error))
        return [found if found.advice else found._replace(advice="Correct the setting.")]
    data = settings.data
    if settings.dynamodb_endpoint is not None:
        where = "The database is at AWS_ENDPOINT_URL_DYNAMODB, not in the data folder."
        return [Finding("data folder", "ok", where), disk_finding(data)]
    findings = [folder_finding(data, is_running=is_running), *_files(data), disk_finding(data)]
    if has_data(data):
        findings.append(backup_finding(data, time.time()))
    return findings


def folder_finding(data: Path, *, is_running: bool) -> Finding:
    """Return whether the data folder exists and only its owner can use it."""
    from api.local.data_folder import has_data

    try:
        if not has_data(data):
            if is_running:
                return Finding(
                    "data folder",
                    "warning",
                    f"{data} has no data, so the running server uses another folder.",
                    "To check that folder, set API_DASHBOARD_DATA to it.",
                )
            return Finding("data folder", "ok", f"{data} has no data: the first start creates it.")
        mode = data.stat().st_mode & 0o777
        if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
            return Finding(
                "data folder",
                "failed",
                f"You cannot write to {data}.",
                "Change its owner to the user who runs the server.",
            )
    except OSError as error:
        return Finding(
            "data folder", "failed", f"{data} cannot be read ({error.strerror}).",
            "Change its owner to the user who runs the server.",
        )  # fmt: skip
    if mode & 0o077:
        return Finding(
            "data folder",
            "warning",
            f"Other users of this machine can list the files in {data} (mode {mode:04o}).",
            f"Run `chmod 700 {data}`.",
        )
    return Finding("data folder", "ok", f"Only you can read {data} (mode {mode:04o}).")


def _files(data: Path) -> list[Finding]:
    """Return findings about the files of a data folder that is in use."""
    from api.local.data_folder import has_data

    if not has_data(data):
        return []
    findings = []
    for name in ("VERSION", "secrets.env", "database.db"):
        path = data / name
        try:
            stat = path.stat()
        except OSError as error:
            findings.append(
                Finding(
                    "data files",
                    "failed",
                    f"{path} cannot be read ({error.strerror}).",
                    "Restore a backup with `api-dashboard restore FILE --replace`.",
                )
            )
            continue
        if stat.st_mode & 0o077 and name == "secrets.env":
            findings.append(
                Finding(
                    "data files",
                    "failed",
                    f"Other users of this machine can read {path}, which has the encryption keys.",
                    f"Run `chmod 600 {path}`.",
                )
            )
        elif stat.st_size == 0:
            findings.append(
                Finding(
                    "data files",
                    "failed",
                    f"{path} is empty.",
                    "Restore a backup with `api-dashboard restore FILE --replace`.",
                )
            )
    if findings:
        return findings
    # What was written last is in the write-ahead log.
    size = sum(path.stat().st_size for path in data.glob("database.db*") if path.is_file())
    return [
        Finding(
            "data files",
            "ok",
            f"The data files are complete. The database takes up {max(size / 1e6, 0.1):,.1f} MB.",
        )
    ]


def disk_finding(data: Path, free: int | None = None) -> Finding:
    """Return whether there is space on the disk of a folder. `free` is in bytes, for tests."""
    folder = next((each for each in (data, *data.parents) if each.exists()), Path("/"))
    left = shutil.disk_usage(folder).free if free is None else free
    detail = f"{left / 1e9:,.1f} GB are free on the disk of {data}."
    if left < _TOO_LITTLE:
        return Finding("disk", "failed", detail, "Free some space: calls end when it is full.")
    if left < _LITTLE:
        return Finding("disk", "warning", detail, "Free some space.")
    return Finding("disk", "ok", detail)
