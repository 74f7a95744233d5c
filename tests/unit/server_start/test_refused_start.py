"""A start that cannot work ends with one sentence that says what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from api.cli.errors import FAILED, CliError
from api.cli.main import main
from api.cli.server.platform import require_platform
from api.errors import StartError
from api.local import installation
from api.local.data_folder import has_data, open_data_folder
from api.local.database.binary import binary_name


def full_disk(*_arguments: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["pathlib.Path.mkdir", "api.local.data_folder.write_whole"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    monkeypatch.setattr(step, full_disk)
    with pytest.raises(StartError) as refused:
        open_data_folder(tmp_path / "data")
    assert str(refused.value) == (
        f"The disk with the data folder {tmp_path / 'data'} is full: make room on it and start "
        "again."
    )


def test_a_system_without_a_server() -> None:
    with pytest.raises(CliError, match="on Windows, install it in WSL"):
        require_platform("win32")
    require_platform("linux")
    require_platform("darwin")


def test_a_wheel_of_another_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installation, "_DATABASE", tmp_path)
    with pytest.raises(StartError, match="install the wheel that was built for it"):
        installation.find_binary()
    (tmp_path / binary_name()).touch()
    assert installation.find_binary() == tmp_path / binary_name()


@pytest.mark.parametrize("name", ["VERSION", "secrets.env", "database.db", "database.state"])
def test_a_folder_with_a_file_of_ours_has_data(tmp_path: Path, name: str) -> None:
    (tmp_path / "lock").touch()
    assert not has_data(tmp_path)
    (tmp_path / name).touch()
    assert has_data(tmp_path)


def test_a_missing_folder_has_no_data(tmp_path: Path) -> None:
    assert not has_data(tmp_path / "data")


@pytest.mark.parametrize("words", [[], ["rotate-keys"], ["service", "install"], ["keys", "list"]])
def test_no_command_starts_on_another_system(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setattr("api.cli.server.platform.SYSTEMS", ())
    assert main(words) == FAILED
    assert "on Windows, install it in WSL" in capsys.readouterr().err
