"""Copy the Pulumi project, so that a test can change it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from infra import bundle, site_build

ROOT = Path(__file__).resolve().parents[2]

_FILES = ("Pulumi.yaml", "__main__.py", "requirements.txt")
_FOLDERS = ("api", "infra", "web")
_BUILDS = ("bundle", "site")
_LEFT = shutil.ignore_patterns("__pycache__", "node_modules", "dist", "part-*")


def target() -> dict[str, str]:
    """Return the settings with which the bundle is built for this machine's Python, because the
    emulator runs functions with it.
    """
    runtime, architecture = bundle.host_target()
    return {"runtime": runtime, "architecture": architecture}


def copy_project(folder: Path) -> Path:
    """Copy the project and its builds into `folder`, after building what is missing."""
    bundle.build(*bundle.host_target())
    site_build.build()
    for name in _FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=_LEFT)
    for name in _BUILDS:
        shutil.copytree(ROOT / ".cache" / name, folder / ".cache" / name, ignore=_LEFT)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder
