"""A unit of the user's systemd (systemd.unit(5), systemd.service(5), systemd.exec(5))."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from api.cli.errors import CliError
from api.cli.service.definition import ServiceDefinition, ServiceState
from api.cli.service.programs import joined, run_program, write_file
from api.local.installation import NAME

UNIT = f"{NAME}.service"

# What a user's systemd can enforce without privileges: it filters system calls, but cannot give the
# service another view of the file system. AF_NETLINK lets the C library look at the interfaces when
# it resolves a name.
_HARDENING = """\
NoNewPrivileges=yes
UMask=0077
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""


class Systemd:
    """The unit in `folder`, which `systemctl --user` starts and stops."""

    def __init__(self, folder: Path) -> None:
        self._unit = folder / UNIT
        self._settings = folder / f"{NAME}.env"

    def install(self, definition: ServiceDefinition) -> Path:
        """Write the unit and its settings, and start it. Raises CliError."""
        self._require_manager()
        unit = unit_text(definition, self._settings).encode()
        settings = settings_text(definition.environment).encode()
        is_new = (_content(self._unit), _content(self._settings)) != (unit, settings)
        write_file(self._settings, settings, 0o600)
        write_file(self._unit, unit, 0o644)
        self._systemctl("daemon-reload")
        self._systemctl("enable", UNIT)
        self._systemctl("restart" if is_new else "start", UNIT)
        return self._unit

    def remove(self) -> bool:
        """Stop the unit and remove its files. Raises CliError."""
        if not (self._unit.exists() or self._settings.exists()):
            return False
        self._require_manager()
        if self._unit.exists():
            self._systemctl("disable", "--now", UNIT)
        self._unit.unlink(missing_ok=True)
        self._settings.unlink(missing_ok=True)
        self._systemctl("daemon-reload")
        run_program(
            "systemctl", "--user", "reset-failed", UNIT
        )  # It fails if the unit did not fail.
        return True

    def state(self) -> ServiceState:
        """Return whether the unit is installed and active. Raises CliError."""
        self._require_manager()
        settings = parse_settings(self._settings) if self._unit.exists() else None
        active = run_program("systemctl", "--user", "is-active", UNIT)
        return ServiceState(
            self._unit, settings, active.returncode == 0, f"journalctl --user --unit {UNIT}"
        )

    def notes(self) -> list[str]:
        """Return when the service runs, and how to start it with the machine."""
        if shutil.which("loginctl"):
            linger = run_program("loginctl", "show-user", "--property=Linger", "--value")
            if linger.stdout.strip() == "yes":
                return ["It starts with this machine."]
        return [
            "It runs while you are signed in to this machine. To start it with the machine and "
            "keep it running after you sign out, run `loginctl enable-linger`."
        ]

    def _require_manager(self) -> None:
        try:
            answer = run_program("systemctl", "--user", "show-environment")
        except FileNotFoundError:
            reason = "systemctl is not installed"
        else:
            if answer.returncode == 0:
                return
            reason = joined([answer.stderr])
        raise CliError(
            f"systemd does not run for this user ({reason}): sign in as this user directly, not "
            "through su or sudo. On a system without systemd, such as a container, start "
            "`api-dashboard serve` yourself."
        )

    def _systemctl(self, *arguments: str) -> None:
        done = run_program("systemctl", "--user", *arguments)
        if done.returncode:
            raise CliError(
                f"`systemctl --user {' '.join(arguments)}` failed ({joined([done.stderr])}): "
                f"see `systemctl --user status {UNIT}`."
            )


def unit_text(definition: ServiceDefinition, settings: Path) -> str:
    """Return the unit. The server stops its workers and its database itself (KillMode=mixed)."""
    program, *arguments = definition.command
    # systemd replaces variables in the arguments, but not in the program's path.
    words = [_quoted(program), *(_quoted(argument.replace("$", "$$")) for argument in arguments)]
    folder = f"WorkingDirectory={_escaped(str(definition.folder))}\n" if definition.folder else ""
    return (
        "# Written by `api-dashboard service install`, which replaces it.\n"
        "[Unit]\n"
        "Description=API Dashboard\n"
        "StartLimitIntervalSec=60\n"
        "StartLimitBurst=5\n"
        "\n"
        "[Service]\n"
        "Type=exec\n"
        f"ExecStart={' '.join(words)}\n"
        f"EnvironmentFile={_escaped(str(settings))}\n"
        f"{folder}"
        "Restart=on-failure\n"
        "RestartSec=2\n"
        "KillMode=mixed\n"
        f"TimeoutStopSec={definition.stop_seconds}\n"
        f"{_HARDENING}"
        "\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )


def settings_text(environment: dict[str, str]) -> str:
    """Return the file of the settings (EnvironmentFile= in systemd.exec(5))."""
    lines = ["# Written by `api-dashboard service install`, which replaces it."]
    for name, value in environment.items():
        escaped = re.sub(r'(["\\$`])', r"\\\1", value)
        lines.append(f'{name}="{escaped}"')
    return "\n".join(lines) + "\n"


def parse_settings(file: Path) -> dict[str, str]:
    """Return the settings of a file that `settings_text` wrote; none if it is missing."""
    lines = (_content(file) or b"").decode(errors="replace").splitlines()
    found = (re.fullmatch(r'([A-Z_]+)="(.*)"', line) for line in lines)
    return {match[1]: re.sub(r"\\(.)", r"\1", match[2]) for match in found if match}


def _quoted(word: str) -> str:
    """Return a word of a command line, in which `%` has no meaning."""
    text = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
