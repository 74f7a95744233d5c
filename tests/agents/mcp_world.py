"""An MCP server of the official SDK behind the product, and its client."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.agents.installation import package_folder
from tests.support.engines import wait_for

KEY = "mcp-key-" + "h2W" * 10
_PEERS = Path(__file__).with_name("mcp_peers")


@dataclass(frozen=True)
class McpServer:
    """The server's port, and the file to which it writes the requests."""

    port: int
    log: Path

    def received(self) -> list[tuple[str, dict[str, str]]]:
        """The method and the fields of each request since the last call."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return [(method, fields) for method, fields in map(json.loads, lines)]


def environment() -> dict[str, str]:
    """Return the environment in which the SDK is found."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(package_folder("mcp"))}


@contextlib.contextmanager
def mcp_server(port: int, folder: Path) -> Iterator[McpServer]:
    """Run the server on a port."""
    log = folder / "requests"
    log.touch()
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, _PEERS / "server.py", str(port), KEY, log],
            env=environment(),
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(port)
            yield McpServer(port, log)
        finally:
            process.kill()
            process.wait(20)


def converse(url: str, token: str, mode: str, authority: Path) -> dict[str, Any]:
    """Run the client, and return what it found."""
    done = subprocess.run(
        [sys.executable, _PEERS / "client.py", url, token, mode, authority],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found
