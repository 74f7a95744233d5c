"""Node.js with the JavaScript SDKs, and a process for each SDK."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from infra.building import CACHE
from infra.node import Node, find_node
from tests.sdk.setup import Setup

FOLDER = Path(__file__).with_name("javascript")
# The minimum of all SDKs (`engines` in javascript/package.json).
LEAST_NODE = 22


def installed() -> Node:
    """Return Node.js after installing the locked SDKs with npm."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "sdk-tests.lock").open("w") as lock:
        # Only one of several test processes installs.
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = find_node(least=LEAST_NODE)
        node.install(FOLDER)
    return node


def version(package: str) -> str:
    """Return the locked version of a package."""
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{package}"]["version"])


class Runner:
    """A process that runs the features of one SDK one after another."""

    def __init__(self, node: Node, module: str) -> None:
        self._process = subprocess.Popen(
            [*node.node, "runner.mjs", module],
            cwd=FOLDER,
            env={"PATH": os.environ["PATH"], "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, feature: str, setup: Setup, environment: dict[str, str]) -> Any:
        """Run a feature and return its result. Raises Failed with the SDK's error."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {
            "feature": feature,
            "code": setup.filled,
            "environment": environment,
            "others": setup.others,
            "token": setup.token,
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"node ended with {self._process.wait(20)}"
        answer = json.loads(line)
        if "failure" in answer:
            raise Failed(answer["failure"])
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


class Failed(Exception):
    """A JavaScript client threw an unexpected error."""
