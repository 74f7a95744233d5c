"""An agent of the user's launchd on macOS (launchd.plist(5), launchctl(1))."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path
from typing import Any

from api.cli.errors import CliError
from api.cli.service.definition import ServiceDefinition, ServiceState
from api.cli.service.programs import joined, run_program, write_file
from api.local.installation import NAME

# launchctl's exit codes if there is no such service, which is no failure of a stop.
_UNKNOWN_SERVICE = (3, 36, 113)


class Launchd:
    """The agent's file in `folder`. It writes its output to `log`."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._file = folder / f"{NAME}.plist"
        self._log = log
        self._domain = f"gui/{os.getuid()}"

    def install(self, definition: ServiceDefinition) -> Path:
        """Write the agent's file and start the agent. Raises CliError."""
        self._require_manager()
        content = agent_file(definition, self._log)
        is_new = not self._file.exists() or self._file.read_bytes() != content
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # The file has the settings, and secrets may be among them.
        write_file(self._file, content, 0o600)
        if is_new:
            self._stop()
        if is_new or not self._is_loaded():
            self._launchctl("bootstrap", self._domain, str(self._file))
        return self._file

    def remove(self) -> bool:
        """Stop the agent and remove its file. Raises CliError."""
        if not self._file.exists():
            return False
        self._require_manager()
        self._stop()
        self._file.unlink(missing_ok=True)
        return True

    def state(self) -> ServiceState:
        """Return whether the agent is installed and runs. Raises CliError."""
        self._require_manager()
        shown = run_program("launchctl", "print", f"{self._domain}/{NAME}")
        running = shown.returncode == 0 and "state = running" in shown.stdout
        return ServiceState(self._file, self._settings(), running, f"tail {self._log}")

    def notes(self) -> list[str]:
        """Return when the agent runs."""
        return ["It runs while you are signed in to this machine."]

    def _settings(self) -> dict[str, str] | None:
        try:
            agent: dict[str, Any] = plistlib.loads(self._file.read_bytes())
        except (OSError, plistlib.InvalidFileException, ValueError):
            return None
        return dict(agent.get("EnvironmentVariables", {}))

    def _is_loaded(self) -> bool:
        return run_program("launchctl", "print", f"{self._domain}/{NAME}").returncode == 0

    def _stop(self) -> None:
        done = run_program("launchctl", "bootout", f"{self._domain}/{NAME}")
        if done.returncode and done.returncode not in _UNKNOWN_SERVICE:
            raise CliError(_failure("bootout", done.stderr))

    def _require_manager(self) -> None:
        try:
            run_program("launchctl", "version")
        except FileNotFoundError:
            raise CliError(
                "launchctl is not installed: start `api-dashboard serve` yourself."
            ) from None

    def _launchctl(self, *arguments: str) -> None:
        done = run_program("launchctl", *arguments)
        if done.returncode:
            raise CliError(_failure(arguments[0], done.stderr))


def agent_file(definition: ServiceDefinition, log: Path) -> bytes:
    """Return the agent's property list."""
    agent: dict[str, Any] = {
        "Label": NAME,
        "ProgramArguments": list(definition.command),
        "EnvironmentVariables": definition.environment,
        "RunAtLoad": True,
        # Restart after a failure, but not after a requested stop.
        "KeepAlive": {"SuccessfulExit": False},
        "ExitTimeOut": definition.stop_seconds,
        "Umask": 0o077,
        "StandardOutPath": str(log),
        "StandardErrorPath": str(log),
    }
    if definition.folder is not None:
        agent["WorkingDirectory"] = str(definition.folder)
    return plistlib.dumps(agent)


def _failure(command: str, errors: str) -> str:
    return (
        f"`launchctl {command}` failed ({joined([errors])}): sign in to this Mac's desktop as this "
        "user and try again."
    )
