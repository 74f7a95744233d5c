"""The folders and variables of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli import places
from api.cli.errors import CliError

HOME = {"HOME": "/home/ada"}


@pytest.fixture(params=["linux", "darwin"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A platform."""
    monkeypatch.setattr("sys.platform", request.param)
    return str(request.param)


def test_folders_are_the_platform_s(platform: str) -> None:
    found = [
        str(folder(HOME))
        for folder in (places.config_folder, places.data_folder, places.cache_folder)
    ]
    if platform == "darwin":
        support = "/home/ada/Library/Application Support/api-dashboard"
        assert found == [support, support, "/home/ada/Library/Caches/api-dashboard"]
    else:
        assert found == [
            "/home/ada/.config/api-dashboard",
            "/home/ada/.local/share/api-dashboard",
            "/home/ada/.cache/api-dashboard",
        ]


def test_variables_choose_other_folders(platform: str) -> None:
    given = {**HOME, "XDG_CONFIG_HOME": "/x", "XDG_DATA_HOME": "relative"}
    assert places.config_folder(given) == Path("/x/api-dashboard")
    # The specification says to ignore relative paths.
    assert places.data_folder(given) == places.data_folder(HOME)
    assert places.config_folder({**given, "API_DASHBOARD_CONFIG": "/y"}) == Path("/y")
    assert places.data_folder({**given, "API_DASHBOARD_DATA": "/z"}) == Path("/z")


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_no_color_turns_colours_off(given: dict[str, str], expected: bool) -> None:
    assert places.wants_color(given) is expected


def test_a_browser_needs_a_display_or_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert not places.can_open_browser({})
    assert places.can_open_browser({"DISPLAY": ":0"})
    assert places.can_open_browser({"WAYLAND_DISPLAY": "wayland-0"})
    assert places.can_open_browser({"BROWSER": "firefox"})
    assert not places.can_open_browser({"DISPLAY": ":0", "SSH_CONNECTION": "a b"})


@pytest.mark.parametrize("variable", ["API_DASHBOARD_CONFIG", "API_DASHBOARD_DATA"])
def test_the_home_folder_of_an_unknown_user_is_one_sentence(variable: str) -> None:
    folder = places.config_folder if variable.endswith("CONFIG") else places.data_folder
    with pytest.raises(CliError, match=variable):
        folder({variable: "~no-such-user/x"})
