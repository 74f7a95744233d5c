"""The files for contributors keep up with the code: version, changelog, workflow, named paths."""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from api import __version__
from infra.settings import Runtime

ROOT = Path(__file__).resolve().parent.parent
YAML = [*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml"]
PATH = re.compile(r"`((?:api|bench|docs|infra|tests|tools|web)/[\w./-]*)`")


def test_the_version_is_set_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "api.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_changelog_s_newest_release_is_the_version() -> None:
    first, *releases = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first == "Unreleased"
    assert releases[0].startswith(f"{__version__} - ")
    for release in releases:
        assert re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", release)


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_a_file_for_github_and_pre_commit_is_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict)


def test_the_workflow_tests_every_python_on_linux_and_macos() -> None:
    matrix = _workflow()["jobs"]["test"]["strategy"]["matrix"]
    assert [f"python{version}" for version in matrix["python"]] == list(get_args(Runtime))
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}


def test_the_workflow_may_only_read_and_ends_in_time() -> None:
    workflow = _workflow()
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert "permissions" not in job


def test_dependabot_looks_at_every_lock_file_and_package() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    watched = {update["package-ecosystem"]: update.get("directories") for update in updates}
    assert set(watched) == {"pip", "npm", "github-actions"}
    assert sorted(watched["pip"]) == _folders("*requirements*.in")
    assert sorted(watched["npm"]) == _folders("package-lock.json")


def test_paths_that_the_contributing_guide_names_exist() -> None:
    named = PATH.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def _workflow() -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    return workflow


def _folders(pattern: str) -> list[str]:
    """The folders with such files, as Dependabot names them."""
    found = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if name not in ("node_modules", ".venv", ".cache")]
        if fnmatch.filter(files, pattern):
            relative = Path(folder).relative_to(ROOT)
            found.append("/" if relative == Path() else f"/{relative}")
    return sorted(found)
