"""The launchd agent: its property list, and the calls of launchctl. No Mac runs these tests."""

from __future__ import annotations

import os
import plistlib
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli.errors import CliError
from api.cli.service import launchd
from api.cli.service.definition import ServiceDefinition
from api.cli.service.launchd import Launchd
from api.cli.service.manager import service_manager

DEFINITION = ServiceDefinition(
    ("/tools/api-dashboard", "serve"), {"API_DASHBOARD_DATA": "/data & more"}, None, 45
)
DOMAIN = f"gui/{os.getuid()}"


class Launchctl:
    """A fake launchctl with one agent."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.is_loaded = False
        self.failure: str | None = None

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert program == "launchctl"
        self.calls.append(arguments)
        code, output = 0, ""
        if arguments[0] == self.failure:
            return subprocess.CompletedProcess(arguments, 5, "", "Input/output error\n")
        if arguments[0] == "bootstrap":
            self.is_loaded = True
        elif arguments[0] in ("bootout", "print"):
            code, output = (0, "state = running\n") if self.is_loaded else (113, "")
            self.is_loaded = self.is_loaded and arguments[0] != "bootout"
        return subprocess.CompletedProcess(arguments, code, output, "")


@pytest.fixture
def launchctl(monkeypatch: pytest.MonkeyPatch) -> Launchctl:
    fake = Launchctl()
    monkeypatch.setattr(launchd, "run_program", fake.run)
    return fake


@pytest.fixture
def agent(tmp_path: Path) -> Launchd:
    return Launchd(tmp_path / "LaunchAgents", tmp_path / "Logs" / "api-dashboard.log")


def test_the_property_list_starts_the_server_with_its_settings(
    agent: Launchd, launchctl: Launchctl, tmp_path: Path
) -> None:
    file = agent.install(DEFINITION)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    log = str(tmp_path / "Logs" / "api-dashboard.log")
    assert plistlib.loads(file.read_bytes()) == {
        "Label": "api-dashboard",
        "ProgramArguments": ["/tools/api-dashboard", "serve"],
        "EnvironmentVariables": {"API_DASHBOARD_DATA": "/data & more"},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ExitTimeOut": 45,
        "Umask": 0o077,
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    assert ("bootstrap", DOMAIN, str(file)) in launchctl.calls


def test_a_second_installation_does_not_restart_the_server(
    agent: Launchd, launchctl: Launchctl
) -> None:
    agent.install(DEFINITION)
    launchctl.calls.clear()
    agent.install(DEFINITION)
    assert {call[0] for call in launchctl.calls} == {"version", "print"}
    launchctl.calls.clear()
    agent.install(DEFINITION._replace(stop_seconds=60))
    assert [call[0] for call in launchctl.calls] == ["version", "bootout", "bootstrap"]


def test_the_state_follows_installation_and_removal(agent: Launchd, launchctl: Launchctl) -> None:
    assert agent.state()[1:3] == (None, False)
    assert agent.remove() is False
    agent.install(DEFINITION)
    assert agent.state()[1:3] == (DEFINITION.environment, True)
    assert agent.remove() is True
    assert agent.state()[1:3] == (None, False)
    assert not launchctl.is_loaded


@pytest.mark.parametrize("failure", ["bootstrap", "bootout"])
def test_a_failure_says_what_to_do(agent: Launchd, launchctl: Launchctl, failure: str) -> None:
    launchctl.failure = failure
    with pytest.raises(CliError, match=rf"`launchctl {failure}` failed \(Input/output error\)"):
        agent.install(DEFINITION)


def test_a_mac_without_launchctl_is_told(agent: Launchd, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_command: str) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(launchd, "run_program", missing)
    for step in (lambda: agent.install(DEFINITION), agent.state):
        _refused(step)


def _refused(step: Callable[[], object]) -> None:
    with pytest.raises(CliError, match="launchctl is not installed"):
        step()


def test_macos_gets_launchd() -> None:
    assert isinstance(service_manager("darwin"), Launchd)
    assert not isinstance(service_manager("linux"), Launchd)
