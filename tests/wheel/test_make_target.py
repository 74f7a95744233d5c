"""`make wheel` leaves one wheel in the folder: the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.building import BuildError
from tools.wheel import __main__ as command


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel that was just built."""
    wheel = tmp_path / "cache" / "api_dashboard-0.2.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"new")
    monkeypatch.setattr(command, "build_wheel", lambda: wheel)
    return wheel


def test_older_wheels_make_room(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "api_dashboard-0.1.0-py3-none-any.whl").write_bytes(b"old")
    (folder / "another.whl").write_bytes(b"")
    assert command.main(folder) == 0
    assert {path.name for path in folder.iterdir()} == {built.name, "another.whl"}
    assert capsys.readouterr().out == f"{folder / built.name}\n"


def test_a_failed_build_keeps_the_older_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> Path:
        raise BuildError("Building the wheel failed: the disk is full.")

    monkeypatch.setattr(command, "build_wheel", fail)
    older = tmp_path / "api_dashboard-0.1.0-py3-none-any.whl"
    older.write_bytes(b"old")
    assert command.main(tmp_path) == 1
    assert older.exists()
    assert capsys.readouterr().err == "Building the wheel failed: the disk is full.\n"
