"""What building the bundle and the site have in common: commands, digests, half-made work.

Plain Python without Pulumi. Whatever goes wrong is one BuildError, and what was half made is gone.
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
_ROOM = 50_000_000  # bytes; the function's packages alone need as much


class BuildError(Exception):
    """What could not be built on this machine: one sentence for the person at it."""


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a command; its output is only shown where it fails. Raises BuildError."""
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
        raise BuildError(f"{doing} failed: there is no {command[0]}.") from error
    if done.returncode:
        raise BuildError(f"{doing} failed: {_reason(done.stdout, done.returncode)}")


def pip_install(requirements: Path, target: Path, *options: str, doing: str) -> None:
    """Put the wheels of a lock with hashes into a folder, without bytecode. Raises BuildError."""
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
            # Where PIP_USER is the user's default, it would not go together with a target.
            environment={"PIP_USER": "0", "TMPDIR": str(target.parent)},
        )
    except BuildError as error:
        # pip takes a full disk for a connection that breaks.
        if shutil.disk_usage(target.parent).free < _ROOM:
            raise BuildError(f"{doing} failed: {_FULL}") from error
        raise


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
            "the package registry does not answer, or does not have a package. Check the network "
            f"and try again.\n{_tail(output)}"
        )
    return f"it ended with code {code}.\n{_tail(output)}"


def _tail(output: str) -> str:
    return "\n".join(f"  {line}" for line in output.strip().splitlines()[-12:])


@contextlib.contextmanager
def workplace(cache: Path, doing: str) -> Iterator[Path]:
    """A new folder in `cache` to build in, gone at the end whatever happens.

    Raises BuildError for what the disk refuses.
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
def alone(name: str) -> Iterator[None]:
    """Wait until no other process of ours on this machine does the same, and keep it so."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(root: Path, files: Iterable[Path], *further: str) -> str:
    """A digest of files (their paths from `root` on, and contents) and texts, whatever the
    machine.
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
    """The files below a folder, sorted; hidden ones, bytecode and the names in `without` apart."""
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
    """Remove what else matches `pattern` beside `path`: earlier states of the same thing."""
    for older in path.parent.glob(pattern):
        if older != path:
            if older.is_dir():
                shutil.rmtree(older, ignore_errors=True)
            else:
                older.unlink(missing_ok=True)
