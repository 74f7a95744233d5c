"""The unit and its file of settings, in systemd's own syntax."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.service.definition import ServiceDefinition
from api.cli.service.systemd import parse_settings, settings_text, unit_text

VALUES = ["8420", "two words", 'say "hi"', "$HOME", "`id`", "back\\slash\\", "100%", "#no", "ü"]


def lines(*command: str, folder: Path | None = None) -> list[str]:
    definition = ServiceDefinition(command, {}, folder, 45)
    return unit_text(definition, Path("/home/a da/100%/api-dashboard.env")).splitlines()


def test_special_characters_of_paths_and_arguments_mean_themselves() -> None:
    unit = lines('/a "b" $HOME/100%/api-dashboard', "serve", "$HOME")
    assert r'ExecStart="/a \"b\" $HOME/100%%/api-dashboard" "serve" "$$HOME"' in unit
    assert "EnvironmentFile=/home/a da/100%%/api-dashboard.env" in unit


def test_the_server_ends_its_own_processes_and_is_restarted_only_after_a_failure() -> None:
    unit = lines("/bin/api-dashboard", "serve")
    assert {"KillMode=mixed", "Restart=on-failure", "TimeoutStopSec=45"} <= set(unit)
    assert "NoNewPrivileges=yes" in unit
    assert not [line for line in unit if line.startswith("WorkingDirectory")]


def test_only_a_clone_needs_a_working_directory() -> None:
    assert "WorkingDirectory=/clone 50%%" in lines("/python", "-m", folder=Path("/clone 50%"))


@pytest.mark.parametrize("value", VALUES)
def test_a_setting_is_read_as_it_was_written(tmp_path: Path, value: str) -> None:
    file = tmp_path / "api-dashboard.env"
    file.write_text(settings_text({"FIRST": value, "SECOND": "2"}))
    assert parse_settings(file) == {"FIRST": value, "SECOND": "2"}


def test_a_missing_file_has_no_settings(tmp_path: Path) -> None:
    assert parse_settings(tmp_path / "api-dashboard.env") == {}
