"""The systems on which API Dashboard runs."""

from __future__ import annotations

import sys

from api.cli.errors import CliError

SYSTEMS = ("linux", "darwin")


def require_platform(platform: str | None = None) -> None:
    """Raise CliError if no command runs on this system, because it has no file locks of POSIX."""
    if (platform or sys.platform) not in SYSTEMS:
        raise CliError(
            "API Dashboard runs on Linux and macOS: on Windows, install it in WSL (Windows "
            "Subsystem for Linux)."
        )
