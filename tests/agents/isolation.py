"""Run a command in a network namespace that has loopback only.

Connections to chosen ports of the namespace's loopback are relayed to this machine's loopback.
Names that the command looks up are recorded, and none exists.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.agents.relay import UnixRelay

_ROOT = str(Path(__file__).resolve().parents[2])
_INSIDE = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); from tests.agents.inside import main; "
    "sys.exit(main(*sys.argv[1:]))"
)
_NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child")


class NotPermitted(Exception):
    """This machine does not permit network namespaces."""


class Isolation:
    """Runs commands without a network, except for the ports in `ports` of this machine's loopback.

    Raises NotPermitted if this machine permits no namespaces.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._prefix = _unshare()
        # The paths of sockets are limited to 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="relay-"))
        self._relays = {port: UnixRelay(self._folder / str(port), port) for port in ports}

    def close(self) -> None:
        """Stop the relays."""
        for relay in self._relays.values():
            relay.close()
        shutil.rmtree(self._folder)

    @contextlib.contextmanager
    def started(
        self, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path
    ) -> Iterator[tuple[subprocess.Popen[str], Path]]:
        """Start a command in `folder`. Yield its process, and the file with the names it looks up.

        All processes that it started end with the block.
        """
        with tempfile.TemporaryDirectory(prefix="names-") as made:
            names = Path(made) / "names"
            relays = [f"{port}={relay.path}" for port, relay in self._relays.items()]
            process = subprocess.Popen(
                [
                    *(*self._prefix, sys.executable, "-I", "-c", _INSIDE),
                    *(made, ",".join(relays), *command),
                ],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            try:
                yield process, names
            finally:
                process.kill()
                process.wait()
                for stream in (process.stdout, process.stderr):
                    assert stream is not None
                    stream.close()


def _unshare() -> list[str]:
    """Return the command that makes namespaces here: as root, or as root of a user namespace."""
    found = shutil.which("unshare")
    if found is None:
        raise NotPermitted(
            "The tests of agents need network namespaces: install util-linux's `unshare` (Linux)."
        )
    failure = ""
    for options in ((), ("--user", "--map-root-user")):
        if not options and os.geteuid() != 0:
            continue
        prefix = [found, *options, *_NAMESPACES]
        tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return prefix
        failure = tried.stderr.strip()
    raise NotPermitted(
        "The tests of agents need network namespaces, which this machine does not permit: "
        f"{failure}. Run them as root, in a container with CAP_SYS_ADMIN, or permit user "
        "namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)."
    )
