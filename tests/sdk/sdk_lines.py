"""Processes that run the lines of the catalogue's SDKs, and the packages that they need."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.building import CACHE, REPOSITORY, alone, digest, locked_packages
from tests.sdk import node

PYTHON = Path(__file__).with_name("python")
_REQUIREMENTS = PYTHON / "requirements.txt"


def python_packages() -> Path:
    """Return the folder of the locked Python SDKs, after installing them if they are missing.

    They are not in the development environment, whose packages they would bind to their versions.
    """
    folder = CACHE / f"sdks-{digest(REPOSITORY, [_REQUIREMENTS])}"
    if folder.exists():
        return folder
    with alone("sdks"):
        return locked_packages("sdks", _REQUIREMENTS, doing="Installing the SDKs")


def python_environment() -> dict[str, str]:
    """Return the variables of a process that uses these packages."""
    packages = str(python_packages())
    # Some SDKs write to the home folder. LiteLLM downloads a list of prices without its variable.
    return {"PYTHONPATH": packages, "HOME": packages, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


def locked_version(package: str) -> str:
    """Return the locked version of a Python SDK."""
    name = re.sub(r"[-_.]+", "-", package).lower()
    found = re.search(rf"^{name}==(\S+)", _REQUIREMENTS.read_text(), re.MULTILINE)
    assert found is not None, package
    return found[1]


class LineRunner:
    """A process that runs SDKs' lines one after another."""

    def __init__(self, command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, setup: str, call: str) -> str:
        """Run the lines of `setup`, then `call`. Returns the error, empty if there is none."""
        error: str = self._ask(setup, call)["error"]
        return error

    def result(self, setup: str, call: str) -> Any:
        """Run the same, and return the call's result. Raises LinesFailed."""
        answer = self._ask(setup, call)
        if answer["error"]:
            raise LinesFailed(answer["error"])
        return answer["result"]

    def _ask(self, setup: str, call: str) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"setup": setup, "call": call}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended with {self._process.wait(20)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class LinesFailed(Exception):
    """An SDK's lines or the call raised an error."""


def start(language: str, authority: Path | None = None) -> LineRunner:
    """Return a process that runs lines in `python` or `javascript`.

    `authority` is the file of a certificate authority that the SDKs trust.
    """
    if language == "python":
        environment = python_environment()
        if authority is not None:
            environment["SSL_CERT_FILE"] = str(authority)
        return LineRunner([sys.executable, "runner.py"], PYTHON, environment)
    environment = {} if authority is None else {"NODE_EXTRA_CA_CERTS": str(authority)}
    return LineRunner([*node.installed().node, "lines.mjs"], node.FOLDER, environment)
