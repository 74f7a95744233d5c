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

    # What `python -m` runs.
    module = "api"

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
    def process_id(self) -> int:
        """The process id of the product."""
        assert self._process is not None
        return self._process.pid

    @property
    def database(self) -> int:
        """The process id of its database, 0 if it is unknown."""
        return int((self.data / "database.pid").read_text() or 0)

    def start(self) -> None:
        """Start the product and return when it responds."""
        with (self.folder / "output").open("wb") as out, (self.folder / "errors").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module],
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

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the product's master process."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until the product has ended. Return its exit code."""
        assert self._process is not None
        return self._process.wait(40)

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

    def workers(self) -> list[int]:
        """Return its worker processes, which have forked from the master."""
        assert self._process is not None
        master = self._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [int(child) for child in children if int(child) != self.database]

    def busiest_worker(self) -> int:
        """Return the worker process with the most open descriptors."""
        return max(self.workers(), key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))

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


def until(condition: Callable[[], bool], patience: float = 90.0) -> None:
    """Wait for a condition. Fails if it is not true within `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
