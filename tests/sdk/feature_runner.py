"""Processes that run the features of SDKs, one process for each language."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.sdk import node
from tests.sdk.sdk_lines import PYTHON, python_environment
from tests.sdk.setup import Setup

# The maximum time of a feature in seconds, on a slow machine.
PATIENCE = 120


class FeatureRunner:
    """A process that runs features of SDKs one after another.

    `authority` is a file with a certificate authority that it trusts.
    """

    def __init__(self, language: str, authority: Path) -> None:
        command, folder, environment = _process(language, str(authority))
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "NO_COLOR": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, module: str, feature: str, setup: Setup, environment: dict[str, str]) -> Any:
        """Run a feature of a module and return its result. Raises Failed with the SDK's error."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {
            "module": module,
            "feature": feature,
            "setup": setup.filled,
            "environment": environment,
            "others": setup.others,
            "token": setup.token,
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        # An SDK that waits for the end of a rate limit can wait for hours.
        ending = threading.Timer(PATIENCE, self._process.kill)
        ending.start()
        line = self._process.stdout.readline()
        ending.cancel()
        assert line, f"{module}, {feature}: no answer in {PATIENCE} s, or the process ended"
        answer = json.loads(line)
        if answer["error"]:
            raise Failed(answer.get("traceback") or answer["error"])
        return answer["result"]

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended, for example after a feature that took too long."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


class Failed(Exception):
    """A client raised an unexpected error."""


def _process(language: str, authority: str) -> tuple[list[str], Path, dict[str, str]]:
    """Return the command, the folder and the environment, after installing the SDKs."""
    if language == "python":
        variables = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), authority)
        return [sys.executable, "runner.py"], PYTHON, python_environment() | variables
    command = [*node.installed().node, "runner.mjs"]
    return command, node.FOLDER, {"NODE_EXTRA_CA_CERTS": authority}
