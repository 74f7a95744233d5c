"""The installed product's modules come before those of the user's session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.wheel.project import api_dashboard
from tools.wheel.project.api_dashboard import search_path

PACKAGE = Path(api_dashboard.__file__).parent
APP = str(PACKAGE / "app")
SITE = str(PACKAGE.parent)
STANDARD = "/usr/lib/python3.11"


@pytest.mark.parametrize(
    ("path", "python_path", "expected"),
    [
        (["/usr/bin", STANDARD, SITE], "", [APP, STANDARD, SITE, "/usr/bin"]),
        (
            ["/usr/bin", "/project", STANDARD, SITE],
            "/project",
            [APP, STANDARD, SITE, "/usr/bin", "/project"],
        ),
        (["/bin", SITE, STANDARD], SITE, [APP, SITE, STANDARD, "/bin"]),
        ([APP, STANDARD, "/bin"], "", [APP, STANDARD, "/bin"]),
    ],
    ids=["script", "python-path", "target", "twice"],
)
def test_the_session_s_folders_come_last(
    path: list[str], python_path: str, expected: list[str]
) -> None:
    assert search_path(path, python_path) == expected


@pytest.mark.parametrize("entry", ["", "."])
def test_the_working_directory_comes_last(entry: str) -> None:
    path = ["/bin", entry, STANDARD]
    assert search_path(path, os.pathsep.join(["/else", entry])) == [APP, STANDARD, "/bin", entry]


def test_a_removed_working_directory_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def removed() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", removed)
    assert search_path(["/bin", "", STANDARD], "") == [APP, STANDARD, "/bin", ""]
