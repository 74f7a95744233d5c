"""The files, programs and virtual environments of the benchmarks."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
CACHE = ROOT / ".cache" / "bench"


class Missing(Exception):
    """A benchmark needs something that is not on this machine. The message says how to get it."""


def program(name: str) -> str:
    """Return the path of a program (nginx, wrk, ...). As root on Debian, install it with apt-get.

    Raises Missing if it is not installed and cannot be installed.
    """
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=search)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", name]):
            subprocess.run(
                ["apt-get", *arguments],
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        found = shutil.which(name, path=search)
    if found is None:
        raise Missing(f"{name} is missing: install it (Debian: apt-get install {name}).")
    return found


def environment_python(name: str, requirements: Path) -> str:
    """Return the interpreter of a virtual environment with exactly `requirements`.

    Create it if needed. Raises Missing if the packages cannot be installed.
    """
    folder = CACHE / name
    stamp = folder / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Setting up {folder.relative_to(ROOT)} (once)", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip_install(str(python), "-r", str(requirements))
        stamp.write_text(wanted)
    return str(python)


def pip_install(python: str, *arguments: str, into: Path | None = None) -> None:
    """Run `pip install` of `python` with `arguments`. Raises Missing if pip fails.

    `into` is the interpreter of another environment, which needs no pip of its own.
    """
    other = [] if into is None else ["--python", str(into)]
    command = [python, "-m", "pip", *other, "install", "--quiet", "--disable-pip-version-check"]
    result = subprocess.run([*command, *arguments], check=False)
    if result.returncode:
        raise Missing(f"pip could not install {' '.join(arguments)}: check the network.")


def stack_python() -> str:
    """Return the interpreter with the packages of the stand-ins and the compared clients."""
    return environment_python("stack", BENCH / "requirements.txt")


def litellm_python() -> str:
    """Return the interpreter with LiteLLM's proxy."""
    return environment_python("litellm", BENCH / "litellm-requirements.txt")
