"""Helpers to build the bundle and the site: commands, digests and temporary folders.

Does not import Pulumi. Every failure is a BuildError, and partial results are removed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = REPOSITORY / ".cache"

_DISK_FULL = re.compile(r"No space left on device|ENOSPC|Errno 28|There is not enough space")
_NO_NETWORK = re.compile(
    r"Max retries exceeded|NewConnectionError|NameResolutionError|Failed to establish|"
    r"Could not find a version|Connection refused|Connection aborted|Read timed out|"
    r"incomplete-download|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH"
)
_NO_PIP = re.compile(r"No module named '?pip'?")
_FULL = "the disk is full. Make room and try again."
_ROOM = 50_000_000  # bytes that the function's packages need


class BuildError(Exception):
    """A build failed. The message is for the user."""


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a command and show its output only if it fails. Raises BuildError."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise BuildError(f"{doing} failed: {command[0]} is not installed.") from error
    if done.returncode:
        raise BuildError(f"{doing} failed: {_reason(done.stdout, done.returncode)}")


def pip_install(requirements: Path, target: Path, *options: str, doing: str) -> None:
    """Install the wheels of a lock file with hashes into a folder. Raises BuildError."""
    try:
        run(
            [
                *(sys.executable, "-P", "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"),
                *("--only-binary=:all:", *options, "--target", str(target)),
                *("-r", str(requirements)),
            ],
            doing=doing,
            cwd=REPOSITORY,
            # pip refuses a target if the user's configuration sets PIP_USER.
            environment={"PIP_USER": "0", "TMPDIR": str(target.parent)},
        )
    except BuildError as error:
        # pip reports a full disk as a broken connection.
        if shutil.disk_usage(target.parent).free < _ROOM:
            raise BuildError(f"{doing} failed: {_FULL}") from error
        raise


def locked_packages(name: str, requirements: Path, *, doing: str, cache: Path = CACHE) -> Path:
    """Return the folder `name-…` in `cache` with the packages of a lock file.

    Installs them if it is missing, and removes those of older lock files. Processes that need the
    same packages at the same time wait for the first one. Raises BuildError.
    """
    folder = cache / f"{name}-{digest(REPOSITORY, [requirements])}"
    if folder.exists():
        return folder
    with alone(f"packages-{name}", cache):
        if not folder.exists():
            with workplace(cache, doing) as part:
                pip_install(requirements, part / name, doing=doing)
                (part / name).rename(folder)
            keep_only(folder, f"{name}-*")
    return folder


def _reason(output: str, code: int) -> str:
    if _DISK_FULL.search(output):
        return _FULL
    if _NO_PIP.search(output):
        return (
            "this Python has no pip. Install it (python -m ensurepip; Debian, Ubuntu: apt install "
            "python3-pip) and try again."
        )
    if _NO_NETWORK.search(output):
        return (
            "the package registry does not respond, or a package is missing there. Check the "
            f"network and try again.\n{_tail(output)}"
        )
    return f"it exited with code {code}.\n{_tail(output)}"


def _tail(output: str) -> str:
    return "\n".join(f"  {line}" for line in output.strip().splitlines()[-12:])


@contextlib.contextmanager
def workplace(cache: Path, doing: str) -> Iterator[Path]:
    """Create a folder in `cache` to build in, and remove it at the end.

    Raises BuildError if the disk is full or a file cannot be written.
    """
    folder: Path | None = None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="part-", dir=cache))
        yield folder
    except OSError as error:
        if error.errno == errno.ENOSPC:
            message = _FULL
        else:
            message = f"{error.strerror or error} ({error.filename})."
        raise BuildError(f"{doing} failed: {message}") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def alone(name: str, cache: Path = CACHE) -> Iterator[None]:
    """Hold the lock `name` of `cache`, which one thread of one process can hold at a time."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(root: Path, files: Iterable[Path], *further: str) -> str:
    """Return a digest of files (paths relative to `root`, and contents) and texts.

    It is the same on every machine.
    """
    summary = hashlib.sha256()
    for text in further:
        summary.update(f"{len(text)}:{text}".encode())
    for path in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
        content = path.read_bytes()
        name = path.relative_to(root).as_posix()
        summary.update(f"{len(name)}:{name}{len(content)}:".encode() + content)
    return summary.hexdigest()[:20]


def files_under(folder: Path, *, without: Sequence[str] = ()) -> list[Path]:
    """Return the files below a folder, sorted, without hidden files, bytecode and `without`."""
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in ("__pycache__", *without):
            continue
        if entry.is_dir():
            found += files_under(entry, without=without)
        elif entry.suffix != ".pyc":
            found.append(entry)
    return found


def keep_only(path: Path, pattern: str) -> None:
    """Remove everything else in the folder of `path` that matches `pattern`: older builds."""
    for older in path.parent.glob(pattern):
        if older != path:
            if older.is_dir():
                shutil.rmtree(older, ignore_errors=True)
            else:
                older.unlink(missing_ok=True)
