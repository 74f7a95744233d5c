"""Node.js with the SDKs installed, and a process of it for each SDK."""

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
# What the newest of the SDKs asks for (`engines` in javascript/package.json).
LEAST_NODE = 22


def installed() -> Node:
    """Node.js, fetched where the machine has none, with the locked SDKs installed by npm."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "sdk-tests.lock").open("w") as lock:
        # Test processes side by side install once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = find_node(least=LEAST_NODE)
        node.install(FOLDER)
    return node


def version(package: str) -> str:
    """The version that the lock has of a package."""
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{package}"]["version"])


class Runner:
    """A process with one SDK, which runs its features one after the other."""

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
        """The result of a feature. Raises Failed with what the SDK threw."""
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
    """What a JavaScript client threw where it should not."""
