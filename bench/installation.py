"""Installation for one machine: its size, its time, and the time until the first page.

The wheel is installed as a user installs it, into a fresh environment, beside LiteLLM's proxy in
another one. Both come from pip's cache, so that the network changes no figure. The environments
have no pip of their own, and pip compiles all modules.
"""

from __future__ import annotations

import dataclasses
import http.client
import secrets
import statistics
import sys
import time
import venv
from functools import partial
from pathlib import Path

from bench.environment import BENCH, Missing, pip_install
from bench.figures import Figure, median_ratio, show
from bench.fixtures import scratch_folder
from bench.processes import LOOPBACK, ServerFailed, clean_environment, free_port, running
from bench.quiet import Rounds, rounds
from infra.building import BuildError
from tools.wheel.build import build_wheel

PAIRS = 3
MEGABYTE = 1_000_000


@dataclasses.dataclass(frozen=True)
class Installed:
    """Bytes of an installation, its seconds, and those from its end until the first page."""

    size: int
    seconds: float
    first_page: float


def measure() -> list[Figure]:
    """Install both in turn, and start each once."""
    try:
        wheel = build_wheel()
    except BuildError as error:
        raise Missing(str(error)) from error
    with scratch_folder() as folder:
        measures = {
            "ours": partial(_ours, folder, wheel),
            "litellm": partial(_litellm, folder),
        }
        for measure_once in measures.values():
            measure_once()  # fills pip's cache
        taken = rounds(measures, PAIRS)
    return [
        _figure(
            "installed files of the wheel, bytecode included", taken, "size", MEGABYTE, "MB", 60
        ),
        _figure("time of the installation from pip's cache", taken, "seconds", 1, "s"),
        _figure("from its end to the first page of a new user", taken, "first_page", 1, "s", 20),
    ]


def _ours(folder: Path, wheel: Path) -> Installed:
    environment = _new_environment(folder)
    started = time.monotonic()
    _install(environment, str(wheel))
    ended = time.monotonic()
    port = free_port()
    command = [str(environment / "bin" / "api-dashboard")]
    settings = clean_environment(
        HOME=str(environment / "home"), API_DASHBOARD_PORT=str(port), XDG_DATA_HOME=""
    )
    size = _size(environment)
    with running(command, port, settings, folder):
        _first_page(port, "/sign-up")
        return Installed(size, ended - started, time.monotonic() - ended)


def _litellm(folder: Path) -> Installed:
    environment = _new_environment(folder)
    started = time.monotonic()
    _install(environment, "-r", str(BENCH / "litellm-requirements.txt"))
    ended = time.monotonic()
    port = free_port()
    command = [str(environment / "bin" / "litellm"), "--host", LOOPBACK, "--port", str(port)]
    settings = clean_environment(
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        HF_HUB_OFFLINE="1",
        LITELLM_MASTER_KEY=f"sk-{secrets.token_hex(32)}",
    )
    size = _size(environment)
    with running([*command, "--telemetry", "False"], port, settings, folder, 240.0):
        _first_page(port, "/health/liveliness")
        return Installed(size, ended - started, time.monotonic() - ended)


def _new_environment(folder: Path) -> Path:
    environment = folder / "environment"
    venv.create(environment, clear=True)
    return environment


def _install(environment: Path, *what: str) -> None:
    pip_install(sys.executable, *what, into=environment / "bin" / "python")


def _size(environment: Path) -> int:
    files = (path for path in environment.rglob("*") if not path.is_symlink())
    return sum(path.stat().st_size for path in files if path.is_file())


def _first_page(port: int, path: str) -> None:
    """Return when the server answers a request for `path` with status 200."""
    deadline = time.monotonic() + 240
    while True:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise ServerFailed(f"The server has no page {path}.")
        time.sleep(0.02)


def _figure(
    what: str,
    taken: Rounds[Installed],
    name: str,
    unit: float,
    unit_name: str,
    target: float | None = None,
) -> Figure:
    ours = [getattr(one, name) / unit for one in taken.of("ours")]
    others = [getattr(one, name) / unit for one in taken.of("litellm")]
    return Figure(
        what,
        f"{statistics.median(ours):.1f} {unit_name}",
        f"LiteLLM's proxy {statistics.median(others):.1f} {unit_name}",
        f"ratio {median_ratio(ours, others):.2f}",
        statistics.median(ours),
        target,
        disturbed=taken.disturbed and name != "size",
    )


if __name__ == "__main__":
    show(measure())
