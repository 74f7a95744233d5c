"""Run the command-line programs of a service manager."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from api.cli.errors import CliError
from api.cli.files import write_at_once

# Seconds. A stop of the server may take this long (API_DASHBOARD_STOP_TIMEOUT).
_PATIENCE = 180.0


def run_program(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program and return its output and exit code. Raises FileNotFoundError, CliError."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CliError(
            f"`{' '.join(command)}` does not end: try again, or run it yourself to see why."
        ) from error


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file atomically. Raises CliError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_at_once(path, content, mode)
    except OSError as error:
        raise CliError(
            f"{path} cannot be written ({error.strerror}): make its folder writable, with free "
            "space, and try again."
        ) from error


def joined(output: Sequence[str]) -> str:
    """Return the last line of a program's output that is not empty."""
    lines = [line.strip() for text in output for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
