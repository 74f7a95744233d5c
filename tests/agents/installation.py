"""Install the locked agents from their registries into .cache, each once."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.building import CACHE, alone, digest, keep_only, pip_install, run, workplace
from infra.node import find_node

PACKAGES = Path(__file__).with_name("packages")
# The minimum of all agents (`engines` of their packages).
LEAST_NODE = 22


@dataclass(frozen=True)
class NpmPackage:
    """A package of npm. `script` is its install script, which links the program of this platform.

    Without `is_complete`, the registry lacks programs of further platforms, so `npm ci` refuses.
    """

    package: str
    script: str = ""
    is_complete: bool = True


@dataclass(frozen=True)
class PythonPackage:
    """A package of PyPI that runs with `python -m module`, below Python 3.`before`."""

    package: str
    module: str
    before: int = 99


Package = NpmPackage | PythonPackage
AGENT_PACKAGES: dict[str, Package] = {
    "claude": NpmPackage("@anthropic-ai/claude-code", "install.cjs"),
    "codex": NpmPackage("@openai/codex"),
    "gemini": NpmPackage("@google/gemini-cli"),
    "opencode": NpmPackage("opencode-ai", "postinstall.mjs", is_complete=False),
    "aider": PythonPackage("aider-chat", "aider", before=13),
    "llm": PythonPackage("llm", "llm"),
}
MCP = PythonPackage("mcp", "mcp")


class NoPython(Exception):
    """No installed Python is old enough for an agent."""


def installed(name: str) -> tuple[Path, ...]:
    """Return the folders for PATH with which the agent runs, after installing it."""
    package, folder = AGENT_PACKAGES[name], package_folder(name)
    if isinstance(package, NpmPackage):
        return folder / "node_modules" / ".bin", Path(find_node(least=LEAST_NODE).node[0]).parent
    return (_wrapped(package, name, folder),)


def package_folder(name: str) -> Path:
    """Return the folder with the packages of an agent or of MCP, after installing them."""
    package = AGENT_PACKAGES.get(name, MCP)
    locked = PACKAGES / name
    with alone(f"agent-{name}"):
        folder = CACHE / f"agent-{name}-{digest(locked, sorted(locked.iterdir()), sys.version)}"
        if not folder.exists():
            doing = f"Installing {package.package}"
            with workplace(CACHE, doing) as part:
                target = part / "agent"
                if isinstance(package, NpmPackage):
                    _install_npm(package, locked, target, doing)
                else:
                    _install_python(package, locked, target, doing)
                target.rename(folder)
            keep_only(folder, f"agent-{name}-*")
    return folder


def version(name: str) -> str:
    """Return the locked version of an agent."""
    package = AGENT_PACKAGES[name]
    if isinstance(package, NpmPackage):
        lock = json.loads((PACKAGES / name / "package-lock.json").read_text())
        return str(lock["packages"][f"node_modules/{package.package}"]["version"])
    lines = (PACKAGES / name / "requirements.txt").read_text().splitlines()
    [line] = [line for line in lines if line.startswith(f"{package.package}==")]
    return line.removeprefix(f"{package.package}==").rstrip(" \\")


def _install_npm(package: NpmPackage, locked: Path, target: Path, doing: str) -> None:
    node = find_node(least=LEAST_NODE)
    shutil.copytree(locked, target)
    command = ("ci",) if package.is_complete else ("install", "--no-save")
    run(
        [*node.npm, *command, "--ignore-scripts", "--no-audit", "--no-fund"],
        doing=doing,
        cwd=target,
        environment=node.environment,
    )
    if package.script:
        folder = target / "node_modules" / package.package
        run([*node.node, package.script], doing=doing, cwd=folder, environment=node.environment)


def _install_python(package: PythonPackage, locked: Path, target: Path, doing: str) -> None:
    python = _python(package)
    options = []
    if python != sys.executable:
        tag = Path(python).name.removeprefix("python")
        options = ["--python-version", tag, "--implementation", "cp"]
    pip_install(locked / "requirements.txt", target, *options, doing=doing)


def _python(package: PythonPackage) -> str:
    """Return the Python that runs a package: this one, or an older one. Raises NoPython."""
    if sys.version_info < (3, package.before):
        return sys.executable
    for minor in range(package.before - 1, 9, -1):
        found = shutil.which(f"python3.{minor}")
        if found is not None:
            return found
    raise NoPython(
        f"{package.package} needs a Python older than 3.{package.before}, and there is none."
    )


def _wrapped(package: PythonPackage, name: str, folder: Path) -> Path:
    """Return a folder with the agent's command."""
    commands = folder / "commands"
    commands.mkdir(exist_ok=True)
    script = commands / name
    python = f"PYTHONPATH='{folder}' exec '{_python(package)}' -m {package.module}"
    if not script.exists():
        part = script.with_suffix(f".{os.getpid()}")
        part.write_text(f'#!/bin/sh\n{python} "$@"\n')
        part.chmod(0o755)
        part.rename(script)
    return commands
