"""The product as a user installs it: the wheel in a fresh environment, outside the repository."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.clients import HttpClient
from tests.support.ports import free_port

# Variables that a developer's shell may have, and a user's machine does not.
_PRIVATE = ("PYTHON", "API_DASHBOARD_", "VIRTUAL_ENV", "XDG_")
# Seconds that the first page may take on any machine on which the tests run.
_PATIENCE = 60.0


class Installation:
    """A virtual environment in `folder` that contains only the wheel and what pip installs for it.

    It has no pip, which the interpreter of the tests provides.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.environment = folder / "environment"
        outer = {k: v for k, v in os.environ.items() if not k.startswith(_PRIVATE)}
        for command in (
            ("-m", "venv", "--without-pip", str(self.environment)),
            (
                *("-m", "pip", "--python", str(self.environment / "bin" / "python")),
                *("install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"),
                str(wheel),
            ),
        ):
            subprocess.run([sys.executable, *command], check=True, env=outer, cwd=folder)
        self.installed_at = time.monotonic()

    @property
    def program(self) -> Path:
        """The entry point."""
        return self.environment / "bin" / "api-dashboard"

    def size(self) -> int:
        """Return the bytes of all installed files, bytecode included."""
        return sum(
            path.stat().st_size
            for path in self.environment.rglob("*")
            if path.is_file() and not path.is_symlink()
        )


class InstalledServer:
    """`api-dashboard` as a user starts it, with a home folder of its own and Python alone on PATH.

    The working directory, which is also on PYTHONPATH, has modules with conflicting names.
    """

    def __init__(self, installation: Installation, home: Path, **settings: str) -> None:
        self.port = free_port()
        self.client = HttpClient(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = home
        self._installation = installation
        self.project = _hostile_project(home / "project")
        self.environment = {
            "HOME": str(home),
            "PATH": str(_only_python(home / "only-python", installation)),
            "PYTHONPATH": str(self.project),
            "API_DASHBOARD_PORT": str(self.port),
            **settings,
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the server and return when it has a page and has printed its start message."""
        with (self.home / "output").open("w") as output:
            self._process = subprocess.Popen(
                [str(self._installation.program)],
                cwd=self.project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        end = time.monotonic() + _PATIENCE
        # One process may respond before another one has printed everything.
        while not (self._has_page() and "To stop the server" in self.output()):
            assert self._process.poll() is None and time.monotonic() < end, self.output()
            time.sleep(0.02)

    def _has_page(self) -> bool:
        try:
            response = self.client.request("GET", "/")
        except OSError:
            return False
        return response.status == 200 and b"<script" in response.body

    def output(self) -> str:
        """Return what the server has printed."""
        return (self.home / "output").read_text()

    def run(
        self, *arguments: str, stdin: str = "", exit_code: int = 0, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line, in the same environment."""
        done = subprocess.run(
            [str(self._installation.program), *arguments],
            cwd=self.project,
            env={**self.environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == exit_code, done
        return done

    def stop(self) -> int:
        """Stop the server with SIGTERM and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(40)

    def kill(self) -> None:
        """End the server if it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(40)


def _hostile_project(folder: Path) -> Path:
    """Create a project with modules of the same names as ours and as our dependencies'."""
    for name in ("api", "click", "flask"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('of the project')\n")
    for name in ("jwt", "msgspec", "gunicorn"):
        (folder / f"{name}.py").write_text("raise RuntimeError('of the project')\n")
    return folder


def _only_python(folder: Path, installation: Installation) -> Path:
    folder.mkdir()
    (folder / "python3").symlink_to(installation.environment / "bin" / "python")
    return folder
