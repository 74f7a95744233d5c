"""Run, stop and kill the product on one machine: `python -m api` in its own data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.clients import HttpClient
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Machine:
    """A data folder with the embedded database, in which the product runs any number of times."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.client = HttpClient(self.port)
        self._environment = {
            "PATH": os.environ["PATH"],
            "API_DASHBOARD_PORT": str(self.port),
            "API_DASHBOARD_DATA": str(self.data),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        """The product's output since its last start."""
        return (self.folder / "output").read_text(errors="replace")

    @property
    def errors(self) -> str:
        """The product's log since its last start."""
        return (self.folder / "errors").read_text(errors="replace")

    @property
    def database(self) -> int:
        """The process id of its database, 0 if it is unknown."""
        return int((self.data / "database.pid").read_text() or 0)

    def start(self) -> None:
        """Start the product and return when it responds."""
        with (self.folder / "output").open("wb") as out, (self.folder / "errors").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return when the product and its database respond."""
        process = self._process

        def ready() -> bool:
            assert process is not None and process.poll() is None, self.errors
            try:
                return self.client.request("GET", "/api/status").status == 200
            except OSError:
                return False

        until(ready)

    def kill(self) -> None:
        """Kill the product with SIGKILL and return when all its processes have ended."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)
        until(lambda: self.holders() == [])

    def stop(self) -> int | None:
        """Stop the product with SIGTERM if it runs. Return its exit code."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(40)

    def holders(self) -> list[int]:
        """Return the processes that were started with this data folder."""
        named = [f"API_DASHBOARD_DATA={self.data}".encode(), os.fsencode(self.data)]
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                started_with = (process / "environ").read_bytes() + (
                    process / "cmdline"
                ).read_bytes()
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and any(name in started_with for name in named):
                found.append(int(process.name))
        return found


def until(condition: Callable[[], bool], patience: float = 30.0) -> None:
    """Wait for a condition. Fails if it is not true within `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
