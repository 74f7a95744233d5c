"""Node.js with the JavaScript SDKs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from infra.building import alone
from infra.node import Node, find_node

FOLDER = Path(__file__).with_name("javascript")
# The minimum of all SDKs (`engines` in javascript/package.json).
LEAST_NODE = 22


@cache
def installed() -> Node:
    """Return Node.js after installing the locked SDKs with npm, which can take a minute."""
    # Only one of several test processes installs.
    with alone("sdk-tests"):
        node = find_node(least=LEAST_NODE)
    node.install(FOLDER)
    return node


def version(package: str) -> str:
    """Return the locked version of a package."""
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{package}"]["version"])
