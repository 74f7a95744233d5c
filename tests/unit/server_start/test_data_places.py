"""A start with an empty data folder names other folders with data."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from api.cli.server import data_places
from api.cli.server.data_places import data_notes, default_data


class Places(NamedTuple):
    """The folders that may have data."""

    platform: Path
    clone: Path


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Places:
    variables = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    monkeypatch.setattr("api.cli.places.os.environ", variables)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.chdir(tmp_path)
    clone = tmp_path / "clone"
    (clone / "api").mkdir(parents=True)
    (clone / "api" / "__main__.py").touch()
    monkeypatch.setattr(data_places, "_CLONE_DATA", clone / "data")
    return Places(tmp_path / "share" / "api-dashboard", clone / "data")


def fill(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "VERSION").write_text("1\n")


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_places, "is_wheel", lambda: True)


def test_a_clone_uses_its_own_folder(places: Places) -> None:
    assert default_data() == places.clone
    assert data_notes(places.clone) == []


def test_a_wheel_uses_the_platform_s_folder(places: Places, wheel: None) -> None:
    assert default_data() == places.platform
    assert data_notes(places.platform) == []


def test_on_macos_it_is_in_the_library(
    places: Places, wheel: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("api.cli.places.os.environ", {"HOME": str(tmp_path)})
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_data() == tmp_path / "Library" / "Application Support" / "api-dashboard"


def test_a_new_clone_says_that_an_installed_product_has_data(places: Places) -> None:
    fill(places.platform)
    (note,) = data_notes(places.clone)
    assert note == (
        f"This start creates a new data folder, but {places.platform} already contains API "
        "Dashboard data: to use it, stop the server and start it with "
        f"API_DASHBOARD_DATA={places.platform}."
    )


def test_both_folders_are_named_if_both_have_data(places: Places) -> None:
    fill(places.platform, places.clone)
    (note,) = data_notes(places.clone)
    assert str(places.platform) in note and "does not use" in note


def test_a_new_installation_says_that_the_clone_around_it_has_data(
    places: Places, wheel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(places.clone)
    monkeypatch.chdir(places.clone.parent)
    (note,) = data_notes(places.platform)
    assert f"API_DASHBOARD_DATA={places.clone}." in note
    monkeypatch.chdir("/")
    assert data_notes(places.platform) == []
